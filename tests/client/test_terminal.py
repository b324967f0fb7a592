"""What reaches a terminal: text, whatever a hub says; and what happens where nobody reads."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import errata.cli
import pytest
from errata.cli import main
from errata.commands.diff import _counted
from errata.terminal import as_text

from tests.client.commands import run
from tests.client.releases import FakeHub, listing, make_release, write_release

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b1A\x7f\u202egpj\r\nSigned by nobody.\t\ud800"
BAD = set(map(chr, [*range(10), *range(11, 32), *range(127, 160), 0x202E, 0x2028, 0xD800]))


def test_only_text_is_shown() -> None:
    shown = as_text(ESCAPES)
    assert not BAD & set(shown)
    assert shown.startswith(r"\x1b]0;owned\x07\x1b[2J\x9b1A\x7f\u202egpj")
    assert "\n      Signed by nobody.    \\ud800" in shown
    assert as_text("Grüner Tee → 茶 👩‍🔬") == "Grüner Tee → 茶 👩‍🔬"


FLAGS = dict.fromkeys(("limits_changed", "inputs_changed", "kind_changed"), False)
ROW = dict.fromkeys(("slug", "title", "licence", "version", "status", "frozen_at"), ESCAPES)
SIDE = {"answer": ESCAPES}
ENTRY = {"kind": "revised", "change": "changed", "before": SIDE, "after": SIDE, **FLAGS} | (
    dict.fromkeys(("key", "category", "reason"), ESCAPES)
)
SAID = {
    "results": [ROW | ENTRY],
    "totals": {"label_changes": 1, "changed": 1},
    **dict.fromkeys(("benchmark", "since", "version", "id", "status", "page"), ESCAPES),
}
REPORT = ["report", "tea", "b/1", "--category", "x", "--rationale", "y"]


@pytest.mark.parametrize(
    "arguments", [["list"], ["list", "tea"], ["diff", "tea", "1.0.0", "1.1.0"], REPORT]
)
def test_a_hub_s_words_are_shown_as_text(
    hub: FakeHub, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    hub.says = SAID
    for form in ([], ["--json"]):
        assert main([*arguments, *form]) == 0
        shown = capsys.readouterr().out
        assert "owned" in shown
        assert not BAD & set(shown)
    assert json.dumps(ESCAPES).replace("\x7f", r"\u007f") in shown


def test_a_hub_s_refusals_and_warnings_are_shown_as_text(
    hub: FakeHub, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.status, hub.withdrawal = "withdrawn", {"reason": ESCAPES, "instead": ESCAPES}
    assert main(["pull", "tea@1.1.0"]) == 0
    warned = capsys.readouterr().err
    hub.says, hub.fails_with = {"code": ESCAPES, "message": ESCAPES}, 400
    assert main(REPORT) == 2
    for shown in (warned, capsys.readouterr().err):
        assert "owned" in shown
        assert not BAD & set(shown)


def _errata(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    run = "import sys; from errata.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", run, *arguments]
    return subprocess.run(command, check=False, stderr=subprocess.PIPE, **options)


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    write_release(tmp_path / "tea", make_release())
    reading, writing = os.pipe()
    os.close(reading)
    ran = _errata("verify", str(tmp_path / "tea"), "--json", stdout=writing)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full, as Linux has it")
def test_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    write_release(tmp_path / "tea", make_release())
    with Path("/dev/full").open("wb") as full:
        ran = _errata("verify", str(tmp_path / "tea"), stdout=full)
    assert ran.returncode == 1
    assert ran.stderr.startswith(b"errata: the output could not be written")
    assert ran.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("status", "says", "exit_code", "code", "message"),
    [
        (400, "Name the older one first.", 2, "told", "Name the older one first."),
        (404, "It has 1.0.0.", 2, "not_found", "It has 1.0.0. Set ERRATA_TOKEN"),
        (404, "", 2, "not_found", "has no difference of tea"),
        (401, "Sign in.", 2, "told", "set your token as ERRATA_TOKEN"),
        (403, "Members only.", 2, "told", "Members only."),
        (403, "", 2, "not_allowed", "ERRATA_TOKEN"),
        (429, "Wait 9 s.", 1, "hub_failed", "try again later"),
        (502, "", 1, "hub_failed", "answered 502"),
    ],
)
def test_a_refusal_is_told_in_the_hub_s_words(
    hub: FakeHub,
    capsys: pytest.CaptureFixture[str],
    status: int,
    says: str,
    exit_code: int,
    code: str,
    message: str,
) -> None:
    hub.says = {"code": "told", "message": says} if says else {}
    hub.fails_with = status
    found, told, _ = run(capsys, "diff", "tea", "1.0.0", "1.1.0")
    assert (found, told["code"]) == (exit_code, code)
    assert message in told["message"]


@pytest.mark.parametrize(
    ("arguments", "says", "field"),
    [
        (["list"], {}, "results"),
        (["list"], {"results": ["tea"]}, "results"),
        (["list", "tea"], {"results": [{"version": "1.0.0"}]}, "status"),
        (["diff", "tea", "1.0.0", "1.1.0"], {"results": []}, "benchmark"),
        (["diff", "tea", "1.0.0", "1.1.0"], SAID | {"results": [{"kind": "added"}]}, "before"),
        (["identify", "cli.py"], {"matches": [{"benchmark": "tea"}]}, "version"),
        (REPORT, {"id": "1"}, "page"),
    ],
)
def test_a_hub_of_another_kind_is_named_as_such(
    hub: FakeHub,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    says: dict[str, Any],
    field: str,
) -> None:
    monkeypatch.chdir(Path(errata.cli.__file__).parent)
    hub.says = says
    code, told, _ = run(capsys, *arguments)
    assert (code, told["code"]) == (1, "bad_answer")
    assert "is no Errata hub of a version that this command knows" in told["message"]
    assert told["message"].endswith(
        f"no usable '{field}'. Check ERRATA_HUB, or use a newer errata."
    )


def test_a_newer_hub_may_tell_more(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    match = {"benchmark": "tea", "version": "1.0.0", "path": "x", "upstream": "", "new": 1}
    release: dict[str, Any] = {"benchmark": "tea", "version": "1.0.0", "status": "published"}
    release |= {"files": listing(hub.files), "more": 1}
    hub.says = release | {"matches": [match | {"corrected_since": 2}]}
    assert run(capsys, "identify", __file__)[0] == 0


def test_lists_stand_in_columns(hub: FakeHub, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("a", "Tea", "MIT"), ("coffee", "Coffee, black", "CC0-1.0")]
    hub.says = {
        "results": [dict(zip(("slug", "title", "licence"), row, strict=True)) for row in rows]
    }
    assert main(["list"]) == 0
    assert capsys.readouterr().out == (
        "a       Tea            MIT\ncoffee  Coffee, black  CC0-1.0\n"
    )


def test_many_findings_are_cut_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_release(tmp_path / "tea", make_release())
    for number in range(15):
        (tmp_path / "tea" / f"extra-{number:02}").touch()
    assert main(["verify", str(tmp_path / "tea")]) == 1
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == 11
    assert shown[-1] == "errata: … and 5 more; --json prints all."
    assert len(run(capsys, "verify", str(tmp_path / "tea"))[1]["findings"]) == 15


def test_a_difference_is_counted_for_people() -> None:
    totals = {"label_changes": 3, "changed": 2, "became_unanswerable": 1, "added": 0, "tier": 4}
    assert _counted(totals) == (
        "3 label changes (2 changed, 1 became unanswerable); 4 looked at again, label unchanged"
    )
    assert _counted({}) == "no difference"
