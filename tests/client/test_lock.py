"""errata.lock: exactly these releases, or nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from errata.cli import main
from errata.lockfile import LOCK, Locked, read_lock, write_lock
from errata.manifest import sha256_hex
from errata.pulling import open_release

from tests.client.commands import run
from tests.client.keys import handover, key, signature
from tests.client.releases import FakeHub, listing, make_release

Capsys = pytest.CaptureFixture[str]
REFERENCE = "tea@1.1.0"


def serve(hub: FakeHub, number: int = 1, *handovers: object, **manifest: object) -> None:
    """Have the hub serve another tea@1.1.0."""
    hub.files = hub.sent = make_release(
        signed=lambda body: signature(body, number, *handovers),  # type: ignore[arg-type]
        **manifest,
    )
    hub.listed = listing(hub.files)


def test_a_lock_pins_version_digest_and_key(hub: FakeHub, capsys: Capsys) -> None:
    code, report, _ = run(capsys, "lock", "tea@latest")
    pinned = {
        "benchmark": "tea",
        "version": "1.1.0",
        "hub": hub.address,
        "manifest": sha256_hex(hub.files["manifest.json"]),
        "key": key(1),
    }
    assert (code, report) == (0, {"ok": True, "lock": LOCK, "releases": [pinned]})
    assert json.loads(Path(LOCK).read_text()) == {"format": 1, "releases": [pinned]}
    assert not any("data" in path for path in hub.asked_files)
    text = Path(LOCK).read_bytes()
    assert run(capsys, "lock", REFERENCE, "--key", key(3))[1]["code"] == "other_key"
    assert main(["lock", REFERENCE]) == 0
    assert main(["lock"]) == 0
    assert Path(LOCK).read_bytes() == text


@pytest.mark.usefixtures("hub")
def test_what_another_locks_while_the_hub_answers_stays(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Locked("coffee", "2.0.0", "http://hub", "0" * 64, key(2))

    def open_slowly(*arguments: Any) -> Any:
        write_lock([other])
        return open_release(*arguments)

    monkeypatch.setattr("errata.locking.open_release", open_slowly)
    assert run(capsys, "lock", REFERENCE)[0] == 0
    assert [str(entry) for entry in read_lock()] == [str(other), REFERENCE]
    assert not list(Path().glob(f"{LOCK}?*"))


def test_a_locked_pull_takes_exactly_that(
    hub: FakeHub, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "lock", REFERENCE)
    monkeypatch.delenv("ERRATA_HUB")  # the lock knows the hub
    code, report, _ = run(capsys, "pull", "--locked")
    assert (code, [each["trust"] for each in report["releases"]]) == (0, ["locked"])
    assert run(capsys, "verify", "tea-1.1.0")[1]["trust"] == "locked"
    for name in ("tea", REFERENCE):
        assert run(capsys, "pull", "--locked", name)[0] == 0
    shutil.rmtree("tea-1.1.0")
    text = Path(LOCK).read_bytes()
    for changed, code in (({"bump": "patch"}, "other_manifest"), ({}, "other_key")):
        serve(hub, 2, **changed)
        got = run(capsys, "pull", "--locked")
        assert (got[0], got[1]["code"]) == (1, code)
        assert not Path("tea-1.1.0").exists()
    assert run(capsys, "lock")[1]["code"] == "other_key"
    assert run(capsys, "lock", REFERENCE, "--hub", hub.address)[0] == 1
    assert Path(LOCK).read_bytes() == text


def test_a_folder_that_is_not_what_is_locked(hub: FakeHub, capsys: Capsys) -> None:
    run(capsys, "pull", REFERENCE)
    serve(hub, bump="patch")
    shutil.rmtree("cache")
    run(capsys, "lock", REFERENCE)
    code, report, _ = run(capsys, "verify", "tea-1.1.0")
    assert (code, [each["code"] for each in report["findings"]]) == (1, ["other_manifest"])


def test_the_key_of_a_locked_version_counts_for_the_next(hub: FakeHub, capsys: Capsys) -> None:
    run(capsys, "lock", REFERENCE)
    document = json.loads(Path(LOCK).read_text())
    document["releases"][0] |= {"version": "1.0.0", "key": key(3)}
    Path(LOCK).write_text(json.dumps(document))
    assert run(capsys, "lock", REFERENCE)[1]["code"] == "other_key"
    serve(hub, 1, handover(3, 1))
    assert run(capsys, "lock", REFERENCE, "tea@latest")[0] == 0
    [entry] = json.loads(Path(LOCK).read_text())["releases"]
    assert (entry["version"], entry["key"]) == ("1.1.0", key(1))


def test_what_cannot_be_locked_or_was_not(hub: FakeHub, capsys: Capsys) -> None:
    for arguments in (["lock"], ["pull", "--locked"]):
        code, report, _ = run(capsys, *arguments)
        assert (code, report["code"]) == (2, "not_locked")
    serve(hub)
    run(capsys, "lock", REFERENCE)
    for arguments in (["coffee"], ["tea@latest"], ["--key", key(1)]):
        code, report, _ = run(capsys, "pull", "--locked", *arguments)
        assert (code, report["code"]) == (2, "not_locked")
    Path(LOCK).unlink()
    hub.files = hub.sent = make_release(signed=lambda _: b"")
    hub.listed = listing(hub.files)
    Path(str(Path.cwd() / "x")).write_text("")
    assert run(capsys, "lock", REFERENCE)[0] == 1
    assert not Path(LOCK).exists()


@pytest.mark.usefixtures("hub")
def test_a_lock_that_cannot_be_read(capsys: Capsys) -> None:
    run(capsys, "lock", REFERENCE)
    whole = json.loads(Path(LOCK).read_text())
    other = [{**whole["releases"][0], "key": "x"}]
    for text in ("{", "[]", '{"format": 2}', json.dumps(whole | {"releases": other})):
        Path(LOCK).write_text(text)
        for arguments in (["lock"], ["lock", REFERENCE], ["pull", "--locked"], ["pull", REFERENCE]):
            code, report, _ = run(capsys, *arguments)
            assert (code, report["code"]) == (1, "bad_lock")
        assert Path(LOCK).read_text() == text
