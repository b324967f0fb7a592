"""Which version a file is, without a hub: by what is in the cache."""

import json
from pathlib import Path
from typing import Any

import pytest

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
