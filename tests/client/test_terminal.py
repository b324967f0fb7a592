"""What reaches a terminal: text, whatever a hub says; and what happens where nobody reads."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from errata.cli import main
from errata.terminal import as_text

from tests.client.releases import FakeHub, make_release, write_release

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
    "totals": {"changed": 1},
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
