"""Which version a file is, without a hub: by what is in the cache."""

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from errata.cache import Cache
from errata.cli import main
from errata.manifest import File
from openpyxl import Workbook

from tests.client.commands import run
from tests.client.releases import FakeHub, json_lines, listing, make_release, make_row

Capsys = pytest.CaptureFixture[str]
PLAIN = {"split": "test", "limits": {}, "inputs": {}, "tier": "unreviewed"}
ROWS = [make_row("b/1", "green", **PLAIN), make_row("a/2", "N/A", **PLAIN)]
TRAIN = [make_row("c/3", "black", **PLAIN)]
CSV = {
    "data/csv/test.csv": b"Row Number,Right\n7,green\n8,N/A\n",
    "data/csv/train.csv": b"Row Number,Right\n9,black\n",
}


@pytest.fixture(autouse=True)
def _pulled(hub: FakeHub, capsys: Capsys) -> None:
    """tea@1.1.0, with its rows in the columns that they came with, is in the cache."""
    more = CSV | {"data/train.jsonl": json_lines(TRAIN)}
    hub.files = hub.sent = make_release(test=json_lines(ROWS), more=more)
    hub.listed = listing(hub.files)
    assert run(capsys, "pull", "tea@1.1.0")[0] == 0
    hub.asked.clear()


def identify(capsys: Capsys, text: str, *arguments: str) -> tuple[int, dict[str, Any]]:
    Path("mine.csv").write_text(text)
    return run(capsys, "identify", "mine.csv", "--offline", *arguments)[:2]


def keep(hub: FakeHub, slug: str, version: str, *answers: str, status: str = "published") -> None:
    """Put a release into the cache whose rows k/1, k/2, … have these answers."""
    rows = [make_row(f"k/{n}", each, **PLAIN) for n, each in enumerate(answers, start=1)]
    more = {"data/train.jsonl": b""}
    told: dict[str, Any] = {"benchmark": {"slug": slug}, "version": version}
    files = make_release(test=json_lines(rows), more=more, **told)
    document = {"benchmark": slug, "version": version, "status": status, "files": listing(files)}
    cache = Cache()
    address = f"{hub.address}/api/v1/benchmarks/{slug}/releases/{version}/"
    cache.remember(address, {"etag": "", "document": document})
    for entry in document["files"]:
        with cache.writing(File(**entry)) as stream:
            stream.write(files[entry["path"]])


def test_a_file_of_a_release_is_known_by_its_digest(hub: FakeHub, capsys: Capsys) -> None:
    code, found = identify(capsys, CSV["data/csv/train.csv"].decode())
    assert (code, found["ok"]) == (0, True)
    assert found["exact"] == [
        {
            "benchmark": "tea",
            "version": "1.1.0",
            "path": "data/csv/train.csv",
            "upstream": "",
            "corrected_since": None,
            "status": "published",
        }
    ]
    assert hub.asked == []


def test_rows_are_found_by_the_ids_that_they_came_with(hub: FakeHub, capsys: Capsys) -> None:
    text = "Row Number,Right\n7,Green\n9,white\n8,unknown tea\n12,red\n"
    columns = ["--id-column", "Row Number", "--answer-column", "Right"]
    code, found = identify(capsys, text, "--of", "tea", *columns)
    assert (code, found["corrected_since"], hub.asked) == (1, 0, [])
    [nearest] = found["nearest"]
    counts = {name: count for name, count in nearest["counts"].items() if count}
    assert counts == {
        "reformatted": 1,
        "changed": 1,
        "became_unanswerable": 1,
        "only_in_file": 1,
    }
    code, found = identify(capsys, "id,answer\nb/1,green\n", "--of", "tea")
    assert found["nearest"][0]["counts"]["identical"] == 1
    assert found["nearest"][0]["counts"]["only_in_release"] == 2


def test_its_benchmark_is_looked_for(
    hub: FakeHub, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(hub, "coffee", "1.0.0", "mocha", "flat white", "latte")
    keep(hub, "cocoa", "1.0.0", "hot", "cold", "latte")
    code, found = identify(capsys, "key,answer\nk/1,mocha\nk/2,flat white\nk/3,latte\n")
    assert (code, found["ok"]) == (1, False)
    assert [each["benchmark"] for each in found["nearest"]] == ["coffee"]
    assert found["nearest"][0]["counts"]["identical"] == 3
    assert (found["looked_at"], found["passed_over"]) == (["cocoa", "coffee", "tea"], 0)
    assert main(["identify", "mine.csv", "--offline"]) == 1
    assert "Benchmarks that were looked at: cocoa, coffee, tea." in capsys.readouterr().err
    assert identify(capsys, "id,answer\nb/1,green\n")[1]["nearest"][0]["benchmark"] == "tea"
    assert hub.asked == []

    for bound in ("_READ", "_ASKED"):
        with monkeypatch.context() as patch:
            patch.setattr(f"errata.identifying.{bound}", 1)
            code, refused = identify(capsys, "key,answer\nk/1,mocha\n")
        assert (code, refused["code"]) == (1, "unknown_file")
        assert "none of cocoa; 2 more were not looked at" in refused["message"]
        assert "--of" in refused["message"]


def test_of_two_as_near_the_one_that_stands_goes_first(hub: FakeHub, capsys: Capsys) -> None:
    keep(hub, "coffee", "1.0.0", "mocha", "latte")
    keep(hub, "coffee", "1.1.0", "mocha", "latte")
    keep(hub, "coffee", "1.2.0", "mocha", "latte", status="withdrawn")
    _, found = identify(capsys, "key,answer\nk/1,mocha\n")
    told = [(each["version"], each["status"]) for each in found["nearest"]]
    standing = [("1.1.0", "published"), ("1.0.0", "published")]
    assert told == [*standing, ("1.2.0", "withdrawn")]
    assert main(["identify", "mine.csv", "--offline"]) == 1
    assert "  coffee@1.2.0 (withdrawn): 1 identical" in capsys.readouterr().err
    # The files of all three hold the same bytes.
    rows = "".join(
        json.dumps(make_row(f"k/{n}", each, **PLAIN)) + "\n"
        for n, each in enumerate(("mocha", "latte"), start=1)
    )
    code, found = identify(capsys, rows)
    told = [(each["version"], each["status"]) for each in found["exact"]]
    assert (code, sorted(told[:2], reverse=True), told[2:]) == (
        0,
        standing,
        [("1.2.0", "withdrawn")],
    )


def test_a_name_is_asked_for_as_it_was_given(hub: FakeHub, capsys: Capsys) -> None:
    hub.says = {"matches": []}
    Path("mine.csv").write_text("id,answer\n1,2\n")
    run(capsys, "identify", "mine.csv", "--of", "tea/x?y")
    assert [path.split("/")[4] for path in hub.asked[1:]] == ["tea%2Fx%3Fy"]


def test_parquet_and_workbooks_are_compared(
    hub: FakeHub, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(hub, "coffee", "1.0.0", "mocha", "7", "2020-01-31", "latte")
    rows = [("k/1", "mocha"), ("k/2", 7.0), ("k/3", "2020-01-31"), ("k/4", "N/A")]
    book = Workbook()
    for cells in [("key", "answer"), *rows]:
        book.active.append(cells)
    book.save("mine.xlsx")
    table = pa.table({"key": [key for key, _ in rows], "answer": [str(each) for _, each in rows]})
    pq.write_table(table, "mine.parquet")
    for name, same in (("mine.xlsx", 3), ("mine.parquet", 2)):  # "7.0" is no "7" where it is text
        code, found, _ = run(capsys, "identify", name, "--offline")
        assert (code, found["nearest"][0]["benchmark"]) == (1, "coffee")
        counts = found["nearest"][0]["counts"]
        assert (counts["identical"], counts["became_answerable"]) == (same, 1)
        Path(f"bad-{name}").write_bytes(Path(name).read_bytes()[:200])
        code, refused, _ = run(capsys, "identify", f"bad-{name}", "--offline", "--of", "coffee")
        assert (code, refused["code"]) == (2, "unreadable_file")
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    for name, package in (("mine.parquet", "pyarrow"), ("mine.xlsx", "openpyxl")):
        code, refused, _ = run(capsys, "identify", name, "--offline")
        assert (code, refused["code"]) == (1, "library_missing")
        assert refused["message"].endswith(f"pip install {package}.")
    Path("mine.docx").write_text("words")
    code, refused, _ = run(capsys, "identify", "mine.docx", "--offline")
    assert (code, refused["code"]) == (1, "unknown_form")


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("id,answer\nz/9,green\n", 1, "no_key_in_common"),
        ("number,answer\n1,green\n", 2, "column_missing"),
        ("id,label\nb/1,green\n", 2, "column_missing"),
        ("id,answer\nb/1\n", 2, "column_missing"),
        ("id,answer\n", 2, "empty_file"),
        ('id,answer\n"b/1,green\n', 2, "unreadable_file"),
    ],
)
def test_what_cannot_be_compared(capsys: Capsys, text: str, code: int, name: str) -> None:
    got, refused = identify(capsys, text, "--of", "tea")
    assert (got, refused["code"]) == (code, name)
    assert refused["message"].endswith(".")


def test_a_benchmark_that_was_never_pulled(capsys: Capsys) -> None:
    assert identify(capsys, "id,answer\nx,y\n")[1]["code"] == "unknown_file"
    assert identify(capsys, "id,answer\nx,y\n", "--of", "coffee")[1]["code"] == "not_found"
    code, refused, _ = run(capsys, "identify", "nowhere.csv", "--offline")
    assert (code, refused["code"]) == (2, "no_file")
    assert json.dumps(refused)
