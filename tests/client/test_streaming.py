"""A list in a JSON document, read item by item."""

import json
from pathlib import Path

import pytest
from errata.streaming import items_of

ITEMS = [{"id": 1, "a": [1, {"b": "}],"}]}, 12345, -1.5e10, 'é\\" 茶', None, [], {}, True]
FIRST = {"version": 2, "eval": {"samples": [0]}, "list": [1, 2], "none": None}


@pytest.mark.parametrize("piece", [1, 2, 7, 1 << 20])
@pytest.mark.parametrize("indent", [None, 2])
def test_items(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, indent: int | None
) -> None:
    monkeypatch.setattr("errata.streaming._PIECE", piece)
    path = tmp_path / "log.json"
    for document in (FIRST | {"samples": ITEMS, "more": 1}, {"samples": ITEMS}):
        path.write_text(json.dumps(document, indent=indent, ensure_ascii=False))
        assert list(items_of(path, "samples", 1000)) == ITEMS
    for other in (FIRST, {}, [], 7, "x", {"samples": {}}, {"samples": []}, {"samples": 7}):
        path.write_text(json.dumps(other, indent=indent))
        assert list(items_of(path, "samples", 1000)) == []


@pytest.mark.parametrize(
    "text",
    ["", " ", "{", "x", '{"a" 1}', '{"samples": [1', '{"samples": [1 2]}', '{"a": 1 "b": 2}'],
)
def test_what_is_no_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "log.json").write_text(text)
    with pytest.raises(ValueError, match=r"."):
        list(items_of(tmp_path / "log.json", "samples", 1000))


def test_one_value_has_bounds_and_the_document_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("errata.streaming._PIECE", 16)
    path = tmp_path / "log.json"
    path.write_text(json.dumps({"samples": ["x" * 50] * 100}))
    assert len(list(items_of(path, "samples", 100))) == 100
    with pytest.raises(ValueError, match="more than 20 characters"):
        list(items_of(path, "samples", 20))
