"""Pulling over real HTTP: what arrives whole, what is refused, and what people are told."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import errata
import pytest
from errata.cache import Cache, default_folder
from errata.cli import main
from errata.hub import PullError, split_reference
from errata.manifest import verify_directory

from tests.client.commands import run
from tests.client.keys import key
from tests.client.releases import TEST_ROWS, TRAIN_ROWS, FakeHub, listing, make_release, serving

REFERENCE = "tea@1.1.0"


def nothing_left(folder: Path) -> bool:
    """Whether neither a target nor a half-written file lies anywhere."""
    return not [
        path for path in folder.rglob("*") if path.name.startswith(".") or path.name == "tea-1.1.0"
    ]


def test_a_pull_puts_every_file_in_place(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report, errors = run(capsys, "pull", REFERENCE)
    target = tmp_path / "tea-1.1.0"
    assert (code, errors) == (0, "")
    assert report == {
        "ok": True,
        "benchmark": "tea",
        "version": "1.1.0",
        "status": "published",
        "reason": "",
        "instead": "",
        "path": str(target),
        "downloaded": 5,
        "key": key(1),
        "trust": "first_use",
        "files": listing(hub.files),
    }
    for path, data in hub.files.items():
        assert (target / path).read_bytes() == data
    assert verify_directory(target) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "tea-1.1.0"]


def test_a_second_pull_asks_for_no_file(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["pull", REFERENCE])
    assert "5 downloaded" in capsys.readouterr().out
    hub.asked.clear()
    code, report, _ = run(capsys, "pull", "tea@latest", "--to", "again", "--hub", hub.address)
    assert (code, report["downloaded"], report["version"]) == (0, 0, "1.1.0")
    code, report, _ = run(capsys, "pull", REFERENCE)  # in place already
    assert (code, report["downloaded"]) == (0, 0)
    assert hub.asked_files == []
    assert verify_directory(tmp_path / "again") == []


def test_an_empty_folder_is_filled(hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["pull", REFERENCE, "--to", "empty"]) == 0
    assert verify_directory(tmp_path / "empty") == []


@pytest.mark.usefixtures("hub")
def test_a_folder_with_something_else_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("dear")
    code, report, _ = run(capsys, "pull", REFERENCE, "--to", "mine")
    assert (code, report["code"]) == (1, "target_differs")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]
    main(["pull", REFERENCE])
    capsys.readouterr()
    (tmp_path / "tea-1.1.0" / "data" / "test.jsonl").write_bytes(b"{}")
    assert main(["pull", REFERENCE]) == 1
    message = capsys.readouterr().err
    assert "data/test.jsonl" in message
    assert "delete the folder and pull the release again" in message


def test_one_changed_byte_fails_loudly(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = hub.files["data/test.jsonl"]
    hub.sent["data/test.jsonl"] = data[:10] + bytes([data[10] ^ 1]) + data[11:]
    code, report, _ = run(capsys, "pull", REFERENCE)
    assert (code, report["ok"], report["code"]) == (1, False, "changed_bytes")
    assert report["message"].startswith("data/test.jsonl: ")
    assert "pull again" in report["message"]
    assert nothing_left(tmp_path)
    with pytest.raises(PullError, match=r"data/test\.jsonl"):
        errata.load(REFERENCE)
    hub.sent = hub.files
    assert main(["pull", REFERENCE]) == 0


def test_more_bytes_than_listed_are_not_even_received(hub: FakeHub, tmp_path: Path) -> None:
    hub.sent["data/test.jsonl"] += b"x" * 50_000_000
    assert main(["pull", REFERENCE]) == 1
    assert nothing_left(tmp_path)


@pytest.mark.parametrize("declares_length", [True, False])
@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_broken_download_is_taken_up_again(
    hub: FakeHub, tmp_path: Path, declares_length: bool, knows_ranges: bool
) -> None:
    hub.breaks = {"CHANGELOG.md": [100_000, 150_000]}
    hub.declares_length, hub.knows_ranges = declares_length, knows_ranges
    assert main(["pull", REFERENCE]) == 0
    assert verify_directory(tmp_path / "tea-1.1.0") == []
    assert len(hub.asked_files) == 5 + 2


@pytest.mark.parametrize("declares_length", [True, False])
def test_a_truncated_answer_fails_in_the_end(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str], declares_length: bool
) -> None:
    hub.breaks = {"CHANGELOG.md": [100_000, 1, 1]}
    hub.declares_length = declares_length
    code, report, _ = run(capsys, "pull", REFERENCE)
    assert (code, report["code"]) == (1, "unreachable")
    assert "CHANGELOG.md" in report["message"]
    assert nothing_left(tmp_path)


def test_an_interrupted_pull_leaves_nothing(
    hub: FakeHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copied: list[object] = []

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    def interrupt(*paths: object) -> None:
        copied.append(paths)
        if len(copied) == 2:
            stop()

    monkeypatch.setattr(shutil, "copyfile", interrupt)
    assert run(capsys, "pull", REFERENCE)[0] == 130
    assert nothing_left(tmp_path)
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ERRATA_CACHE", str(tmp_path / "other-cache"))
    monkeypatch.setattr(
        "errata.hub._Incoming.add", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    assert main(["pull", REFERENCE, "--hub", hub.address]) == 130
    assert nothing_left(tmp_path)


@pytest.mark.parametrize("path", ["../x", "/tmp/x", "data/../../x"])  # noqa: S108
def test_paths_that_lead_elsewhere_are_refused(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    hub.listed[0] = hub.listed[0] | {"path": path}
    code, report, _ = run(capsys, "pull", REFERENCE)
    assert (code, report["code"]) == (1, "bad_answer")
    assert hub.asked_files == []
    assert nothing_left(tmp_path)


def test_a_version_that_leads_elsewhere_is_refused(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.version = "1.1.0/../../x"
    files = make_release(version=hub.version)
    hub.sent, hub.listed = files, listing(files)
    code, report, _ = run(capsys, "pull", "tea@latest")
    assert (code, report["code"]) == (1, "bad_answer")
    assert hub.asked_files == []
    assert nothing_left(tmp_path)


def test_a_manifest_that_disagrees_is_refused(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for other in ({"version": "1.0.0"}, {"files": []}, {"format": 9}):
        files = make_release(**other)
        hub.sent, hub.listed = files, listing(files)
        code, report, _ = run(capsys, "pull", REFERENCE)
        assert (code, report["code"]) == (1, "bad_answer")
        assert nothing_left(tmp_path)
    hub.named = "coffee"
    assert run(capsys, "pull", REFERENCE)[1]["code"] == "bad_answer"
    hub.listed = [file for file in hub.listed if file["path"] != "manifest.json"]
    assert "manifest.json" in run(capsys, "pull", REFERENCE)[1]["message"]


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("tea", "bad_reference"),
        ("tea@", "bad_reference"),
        ("tea@1", "not_found"),
        ("../tea@1.0.0", "bad_reference"),
        ("tea@1.0.0/../../x", "bad_reference"),
        ("tea@9.0.0", "not_found"),
        ("coffee@1.1.0", "not_found"),
    ],
)
@pytest.mark.usefixtures("hub")
def test_what_is_not_there_was_asked_wrongly(
    reference: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report, _ = run(capsys, "pull", reference)
    assert (code, report["code"]) == (2, name)


def test_without_a_hub_people_learn_what_to_set(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ERRATA_HUB")
    assert main(["pull", REFERENCE]) == 2
    output, message = capsys.readouterr()
    assert output == ""
    assert "set ERRATA_HUB" in message
    assert main(["pull", REFERENCE, "--hub", "file:///etc"]) == 2
    assert hub.asked == []


def test_a_token_is_sent_and_its_lack_explained(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.token = "secret"
    code, report, _ = run(capsys, "pull", REFERENCE)
    assert (code, report["code"]) == (2, "not_allowed")
    assert "ERRATA_TOKEN" in report["message"]
    monkeypatch.setenv("ERRATA_TOKEN", "secret")
    assert main(["pull", REFERENCE]) == 0


def test_a_hub_that_fails_or_is_away(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    hub.fails_with = 503
    code, report, _ = run(capsys, "pull", REFERENCE)
    assert (code, report["code"]) == (1, "hub_failed")
    code, report, _ = run(capsys, "pull", REFERENCE, "--hub", "http://127.0.0.1:9")
    assert (code, report["code"]) == (1, "unreachable")
    assert "Check ERRATA_HUB" in report["message"]


def test_a_pinned_release_in_the_cache_needs_no_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERRATA_CACHE", str(tmp_path / "cache"))
    with serving(FakeHub(make_release())) as hub:
        assert len(errata.load(REFERENCE, hub=hub.address)) == 3
        errata.load("tea@latest", hub=hub.address)
    assert errata.load(REFERENCE, hub=hub.address) == TEST_ROWS + TRAIN_ROWS
    with pytest.raises(PullError, match="could not be reached"):
        errata.load("tea@latest", hub=hub.address)


def test_load_gives_rows(hub: FakeHub) -> None:
    assert errata.load(REFERENCE) == TEST_ROWS + TRAIN_ROWS
    assert errata.load(REFERENCE, split="train") == TRAIN_ROWS
    assert not any("CHANGELOG" in path for path in hub.asked_files)
    with pytest.raises(PullError, match="it has test, train"):
        errata.load(REFERENCE, split="dev")


def test_a_damaged_cache_is_not_used(hub: FakeHub, tmp_path: Path) -> None:
    errata.load(REFERENCE)
    hub.asked.clear()
    for path in (tmp_path / "cache" / "files").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[::-1])
    for path in (tmp_path / "cache" / "answers").iterdir():
        path.write_text("{")
    assert errata.load(REFERENCE) == TEST_ROWS + TRAIN_ROWS
    assert len(hub.asked_files) == 4


def test_a_withdrawn_release_warns(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    hub.status = "withdrawn"
    code, report, errors = run(capsys, "pull", REFERENCE)
    assert (code, report["status"]) == (0, "withdrawn")
    assert "tea@1.1.0 is withdrawn: see" in errors
    hub.withdrawal = {"reason": "A column was shifted.", "instead": "1.0.0"}
    code, report, errors = run(capsys, "pull", REFERENCE)
    assert (code, report["reason"], report["instead"]) == (0, "A column was shifted.", "1.0.0")
    assert "tea@1.1.0 is withdrawn: A column was shifted. Use tea@1.0.0 instead." in errors
    with pytest.warns(UserWarning, match="is withdrawn"):
        errata.load(REFERENCE)


def test_an_upstream_name_is_asked_for(
    hub: FakeHub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hub.upstream = {"v1.0/test": ["1.1.0"], "v1": ["1.0.0", "1.1.0"]}
    code, report, _ = run(capsys, "pull", "tea@v1.0/test", "--to", str(tmp_path / "named"))
    assert (code, report["version"]) == (0, "1.1.0")
    code, report, _ = run(capsys, "pull", "tea@v1")
    assert (code, report["code"]) == (2, "ambiguous_version")
    assert "tea@1.0.0, tea@1.1.0" in report["message"]
    code, report, _ = run(capsys, "pull", "tea@v2")
    assert (code, report["code"]) == (2, "not_found")
    assert run(capsys, "pull", "tea@v1.0/test", "--offline")[1]["code"] == "not_cached"
    assert run(capsys, "pull", "tea@1.1.0", "--offline", "--to", str(tmp_path / "it"))[0] == 0


class Terminal:
    """Standard error as a terminal has it."""

    def __init__(self) -> None:
        self.written = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.written += text
        return len(text)

    def flush(self) -> None:
        pass


@pytest.mark.usefixtures("hub")
def test_progress_is_shown_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["pull", REFERENCE, "--json"]) == 0
    json.loads(capsys.readouterr().out)
    assert "tea@1.1.0" in terminal.written
    assert "%" in terminal.written


def test_verify(tmp_path: Path, hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    main(["pull", REFERENCE])
    capsys.readouterr()
    asked = len(hub.asked)
    code, report, _ = run(capsys, "verify", "tea-1.1.0")
    assert (code, report.pop("findings")) == (0, [])
    assert report == {
        "ok": True,
        "path": "tea-1.1.0",
        "benchmark": "tea",
        "version": "1.1.0",
        "key": key(1),
        "trust": "known",
    }
    (tmp_path / "tea-1.1.0" / "data" / "train.jsonl").write_bytes(b"{}")
    code, report, _ = run(capsys, "verify", "tea-1.1.0")
    assert (code, report["ok"]) == (1, False)
    [finding] = report["findings"]
    assert (finding["path"], finding["code"]) == ("data/train.jsonl", "size")
    assert main(["verify", "tea-1.1.0"]) == 1
    assert "errata: data/train.jsonl: " in capsys.readouterr().err
    code, report, _ = run(capsys, "verify", "nowhere")
    assert (code, report["findings"][0]["code"]) == (2, "no_manifest")
    assert len(hub.asked) == asked


def test_wrong_arguments_exit_with_two() -> None:
    assert main(["pull"]) == 2
    for arguments in ([], ["verify"], ["push", REFERENCE]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 2


def test_an_unwritable_cache_is_a_finding(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ERRATA_CACHE", str(Path(__file__) / "no-folder"))
    code, report, _ = run(capsys, "pull", REFERENCE)
    assert (code, report["code"]) == (1, "file_system")
    assert hub.asked_files == []


def test_references() -> None:
    assert split_reference("medcalc-bench@1.1.0") == ("medcalc-bench", "1.1.0")
    assert split_reference("tea@latest") == ("tea", "latest")


def test_the_cache_lies_where_the_system_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ERRATA_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert Cache().folder == default_folder() == tmp_path / "errata"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert default_folder().parts[-3:] == ("Library", "Caches", "errata")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert default_folder() == tmp_path / "errata"


def test_the_pure_modules_need_no_network_library() -> None:
    code = (
        "import sys, errata.answers, errata.grading, errata.manifest, errata.cli;"
        "sys.exit(any(name in sys.modules for name in ('httpx', 'tqdm', 'ssl')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'push'"):
        errata.push  # noqa: B018


def test_a_download_that_broke_off_goes_on_with_the_next_pull(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = len(hub.files["CHANGELOG.md"])
    hub.breaks = {"CHANGELOG.md": [100_000, 1, 1]}
    code, report, _ = run(capsys, "pull", REFERENCE)
    assert (code, report["code"]) == (1, "unreachable")
    assert f"100002 of {size} bytes of CHANGELOG.md are here and kept" in report["message"]
    assert nothing_left(tmp_path)
    hub.ranges.clear()
    assert main(["pull", REFERENCE]) == 0
    assert hub.ranges == ["bytes=100002-"]
    assert verify_directory(tmp_path / "tea-1.1.0") == []
    assert not list((tmp_path / "cache").rglob("*.begun"))


def test_a_damaged_beginning_is_thrown_away(
    hub: FakeHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = len(hub.files["CHANGELOG.md"])
    for kept in (b"x" * 1_000, b"x" * size, b"x" * (size + 1)):
        hub.breaks = {"CHANGELOG.md": [100_000, 1, 1]}
        assert main(["pull", REFERENCE]) == 1
        [begun] = (tmp_path / "cache").rglob("*.begun")
        begun.write_bytes(kept)
        assert main(["pull", REFERENCE]) == 0
        assert verify_directory(tmp_path / "tea-1.1.0") == []
        shutil.rmtree(tmp_path / "tea-1.1.0")
        shutil.rmtree(tmp_path / "cache")


def test_offline_asks_nobody(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    code, report, _ = run(capsys, "pull", REFERENCE, "--offline")
    assert (code, report["code"]) == (1, "not_cached")
    errata.load(REFERENCE, split="test")
    hub.asked.clear()
    assert errata.load(REFERENCE, split="test", offline=True) == TEST_ROWS
    for reference, missing in ((REFERENCE, "data/train.jsonl"), ("tea@latest", "tea@latest")):
        code, report, _ = run(capsys, "pull", reference, "--offline")
        assert (code, report["code"]) == (1, "not_cached")
        assert missing in report["message"]
    assert hub.asked == []
    run(capsys, "pull", REFERENCE, "--to", "first")
    hub.asked.clear()
    code, report, _ = run(capsys, "pull", REFERENCE, "--offline")
    assert (code, report["downloaded"], hub.asked) == (0, 0, [])


def test_a_proxy_is_used(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HTTP_PROXY", hub.address)
    code, report, _ = run(capsys, "pull", REFERENCE, "--hub", "http://errata.example")
    assert (code, report["downloaded"]) == (0, 5)
    assert {path.partition("/api/")[0] for path in hub.asked} == {"http://errata.example"}
