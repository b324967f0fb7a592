"""Rows on their way into files: as quick as can be, and the same bytes as the plain way."""

import csv
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from errata.manifest import canonical_json

from versions.ahead import read_ahead
from versions.exports.csv import CsvRows
from versions.exports.jsonl import json_line

WILD = ["", "plain", "a,b", 'say "so"', "two\nlines", "\t\x01\x7f\u2028", "µ😀", " 1 ", "\\"]


def test_a_line_is_canonical_json_whatever_of_it_is_known() -> None:
    row: dict[str, Any] = dict(zip("hgfedcba", WILD, strict=False))
    row |= {"n": 2**53 - 1, "no": None, "yes": True, "list": WILD, "deep": {"😀": 1, "\uffff": {}}}
    whole = canonical_json(row).encode() + b"\n"
    assert json_line(row) == whole
    assert json_line(row, {name: canonical_json(row[name]) for name in ("a", "deep")}) == whole


def test_cells_are_written_as_by_the_csv_module(tmp_path: Any) -> None:
    columns = [(f"column {place}", "inputs", str(place)) for place in range(len(WILD))]
    row = {"inputs": {str(place): text for place, text in enumerate(WILD)}}
    with CsvRows(tmp_path / "rows.csv", columns, "the canary", trust=False) as file:
        file.write(row, "[]", "")
    plain = io.StringIO()
    header = [*(name for name, _, _ in columns), "canary"]
    csv.writer(plain, lineterminator="\n").writerows([header, [*WILD, "the canary"]])
    assert (tmp_path / "rows.csv").read_bytes().decode() == plain.getvalue()


def test_a_lone_carriage_return_ends_no_row(tmp_path: Path) -> None:
    path, cells = tmp_path / "rows.csv", {"one\rname": 'a\rb "c"', "other": "\r"}
    with CsvRows(path, [(name, "inputs", name) for name in cells], "canary", trust=True) as file:
        file.write({"inputs": cells, "mask": [], "tier": "gold", "valid": True}, "[]", "")
    with path.open(encoding="utf-8", newline="") as read:
        (row,) = csv.DictReader(read)
    assert cells.items() <= row.items()


def test_trust_stands_behind_the_columns_that_came_in(tmp_path: Path) -> None:
    """A new column that is called as one that came in gets another name."""
    columns = [("tier", "meta", "tier"), ("answer", "answer", "")]
    row = {"meta": {"tier": "gold"}, "answer": "7", "tier": "contested", "valid": False}
    posterior = canonical_json([{"answer": "7", "probability": "1.0000"}])
    path = tmp_path / "rows.csv"
    with CsvRows(path, columns, "canary, the", trust=True) as file:
        file.write(row | {"mask": ["contested"]}, posterior, "")
        file.write(row | {"mask": [], "valid": True}, posterior, "")
    with path.open(encoding="utf-8", newline="") as read:
        one, two = csv.DictReader(read)
    assert list(one.items()) == [
        ("tier", "gold"),
        ("answer", "7"),
        ("errata_tier", "contested"),
        ("posterior", posterior),
        ("valid", "false"),
        ("mask", '["contested"]'),
        ("canary", "canary, the"),
    ]
    assert (two["valid"], two["mask"]) == ("true", "[]")


def test_the_next_item_is_made_while_the_last_is_worked_on() -> None:
    made, threads = [], set()

    def items() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            threads.add(threading.current_thread() is threading.main_thread())
            another.set()
            yield number

    another = threading.Event()
    ahead = read_ahead(items())
    assert made == []
    assert next(ahead) == 0
    another.clear()
    assert next(ahead) == 1
    assert another.wait(10)
    assert [*ahead] == [2, 3]
    assert threads == {True, False}


def test_what_fails_ahead_fails_where_it_is_asked_for() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="no more"):
        next(ahead)
    assert [*read_ahead(())] == []
