"""errata diff of two pulled folders and of what is in the cache, without a hub."""

import shutil
from pathlib import Path
from typing import Any

import errata
import pytest
from errata.cli import main
from errata.reasons import reasons

from tests.client.commands import run
from tests.client.releases import (
    FakeHub,
    json_lines,
    listing,
    make_release,
    make_row,
    write_release,
)

Capsys = pytest.CaptureFixture[str]
LOG = """# Changelog of Tea

## 1.1.0 – 2026-03-01

- `not/an/entry` of the notes

### Label changes

- `b/1` (Colours (of tea)): green → a\\*b (changed). Limits exact → ±1. Typo. It says \\`red\\`.
- Colours: 2 labels by one ruling (2 changed). Ruling 01X.
- `` a`2 ``: 1 → removed. Twice there.
- `quiet`: 1 → 2 (changed).

## 1.0.1 – 2026-02-01

- `b/1`: black → green (changed). Seen again.

## 1.0.0 – 2026-01-01

- `b/1`: white → black (changed). Too long ago.
"""


@pytest.mark.parametrize("heading", ["Label changes", "Fixed"])  # of older hubs, and of now
def test_reasons_are_those_between_two_versions(heading: str) -> None:
    said = "Limits exact → ±1. Typo. It says `red`."
    log = LOG.replace("### Label changes", f"### {heading}")
    assert reasons(log, "1.0.0", "1.1.0") == {
        "b/1": f"1.0.1: Seen again. 1.1.0: {said}",
        "a`2": "1.1.0: Twice there.",
    }
    assert reasons(LOG, "1.0.1", "1.1.0")["b/1"] == f"1.1.0: {said}"
    assert reasons(LOG, "1.0.0", "1.0.1") == {"b/1": "1.0.1: Seen again."}
    assert reasons(LOG, "1.1.0", "1.0.0") == reasons("", "1.0.0", "1.1.0") == {}


def row(key: str, answer: str, note: str | None, **more: Any) -> dict[str, Any]:
    told = {"split": "test", "limits": {}, "group": "g", "tier": "expert", "revision": 1}
    inputs = None if note is None else {"note": note}
    digest = make_row(key + answer + str(note), "")["digest"]
    return make_row(key, answer, inputs=inputs, digest=digest) | told | more


OLD = [row("b/1", "green", "A cup"), row("a`2", "1", "x"), row("c", "1", None), row("d", "1", "y")]
NEW = [row("b/1", "red", "A big cup"), row("c", "1", "z"), row("d", "1", "y", tier="consensus")]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for sequence, (version, rows) in enumerate((("1.0.0", OLD), ("1.1.0", NEW)), start=1):
        files = make_release(
            test=json_lines(rows),
            more={"data/train.jsonl": b"", "CHANGELOG.md": LOG.encode()},
            version=version,
            sequence=sequence,
        )
        write_release(tmp_path / version, files)


@pytest.mark.usefixtures("folders")
def test_two_folders(capsys: Capsys) -> None:
    code, told, _ = run(capsys, "diff", "1.0.0", "1.1.0")
    assert (code, told["benchmark"], told["since"], told["version"]) == (0, "tea", "1.0.0", "1.1.0")
    changed, unreadable, tier, removed = told["results"]
    assert changed["changelog"].startswith("1.0.1: Seen again. 1.1.0: ")
    [note] = changed["inputs"]
    assert [(piece["op"], piece["text"]) for piece in note["pieces"]] == [
        ("same", "A"), ("added", " big"), ("same", " cup")
    ]  # fmt: skip
    assert unreadable["inputs"] == []  # one side was removed
    assert (tier["kind"], tier["changelog"]) == ("tier", "")
    assert removed["changelog"] == "1.1.0: Twice there."
    assert main(["diff", "1.0.0", "1.1.0"]) == 0
    shown = capsys.readouterr().out
    assert "    note: A{+ big+} cup" in shown
    assert "    1.1.0: Twice there." in shown


@pytest.mark.usefixtures("folders")
def test_folders_that_cannot_be_compared(capsys: Capsys) -> None:
    code, told, _ = run(capsys, "diff", "1.0.0", "2.0.0")
    assert (code, told["code"]) == (2, "bad_reference")
    shutil.move("1.0.0", "older")
    assert "1.0.1" in run(capsys, "diff", "older", "1.1.0")[1]["results"][0]["changelog"]
    code, told, _ = run(capsys, "diff", "1.1.0", "older")
    assert (code, told["code"]) == (2, "wrong_order")
    Path("1.1.0/CHANGELOG.md").write_text("## 1.1.0 – 2026-01-01\n\n- `b/1`: forged.\n")
    assert run(capsys, "diff", "older", "1.1.0")[1]["results"][0]["changelog"] == ""
    Path("older/data/test.jsonl").write_text("")
    code, told, _ = run(capsys, "diff", "older", "1.1.0")
    assert (code, told["code"]) == (1, "bad_release")
    write_release(Path("coffee"), make_release(benchmark={"slug": "coffee"}))
    code, told, _ = run(capsys, "diff", "coffee", "1.1.0")
    assert (code, told["code"]) == (2, "other_benchmark")


def test_what_is_in_the_cache(hub: FakeHub, capsys: Capsys) -> None:
    files = make_release(test=json_lines(OLD), more={"data/train.jsonl": b""})
    hub.files = hub.sent = files
    hub.listed = listing(files)
    assert errata.load("tea@1.1.0")
    code, told, _ = run(capsys, "diff", "tea", "1.1.0", "1.1.0", "--offline")
    assert (code, told["results"]) == (0, [])


def test_a_change_is_told_with_what_stands_behind_it(hub: FakeHub, capsys: Capsys) -> None:
    side = {"answer": "1"}
    pages = {name: f"https://errata.example/{name}/01X/" for name in ("instance", "report", "case")}
    links = [{"type": name, "url": url} for name, url in pages.items()]
    entry = {"key": "a", "kind": "revised", "change": "changed", "before": side, "after": side}
    hub.says = {
        "benchmark": "tea",
        "since": "1.0.0",
        "version": "1.1.0",
        "totals": {},
        "next": None,
        "results": [entry | {"links": links, "reason": "Typo."}, entry],  # and of an older hub
    }
    assert main(["diff", "tea", "1.0.0", "1.1.0"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  a: 1 → 1 (changed)",
        "    Typo.",
        f"    {pages['report']}",
        f"    {pages['case']}",
        "  a: 1 → 1 (changed)",
    ]
