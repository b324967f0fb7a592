"""What tasks take from a release's folder: pinned rows without the excluded ones."""

import json
from pathlib import Path

import pytest
from errata.contract import Contract
from errata.harness import NotPinned, pinned
from errata.manifest import canonical_json, file_sha256

ROWS = [
    {
        "key": key,
        "group": "g",
        "tier": "expert",
        "kind": "number",
        "answer": "10",
        "limits": {},
        "inputs": {"question": f"{key}?"},
    }
    for key in ("q1", "q2", "q3")
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data/excluded").mkdir(parents=True)
    lines = "".join(canonical_json(row) + "\n" for row in ROWS)
    (tmp_path / "data/test.jsonl").write_text(lines, encoding="utf-8")
    excluded = {"key": "q2", "mask": ["contested"]}
    (tmp_path / "data/excluded/test.jsonl").write_text(json.dumps(excluded) + "\n")
    return tmp_path


def pins(folder: Path) -> str:
    paths = ("data/test.jsonl", "data/excluded/test.jsonl")
    files = {path: file_sha256(folder / path) for path in paths}
    return json.dumps({"release": "small@1.0.0", "files": files, "contract": Contract().to_dict()})


def test_questions_come_in_order_without_the_excluded(folder: Path) -> None:
    task = pinned(str(folder / "tasks/lm-eval/utils.py"), pins(folder))
    questions = task.questions("test")
    assert [question["key"] for question in questions] == ["q1", "q3"]
    assert questions[0]["prompt"] == Contract().prompt({"question": "q1?"}, "number")
    assert task.grade(questions[0], "<answer>10.0</answer>").is_correct
    assert not task.grade(questions[0], "10").is_correct


@pytest.mark.parametrize("path", ["data/test.jsonl", "data/excluded/test.jsonl"])
@pytest.mark.parametrize("fate", ["changed", "gone"])
def test_another_file_is_refused(folder: Path, path: str, fate: str) -> None:
    task = pinned(str(folder / "tasks/lm-eval/utils.py"), pins(folder))
    if fate == "gone":
        (folder / path).unlink()
    else:
        (folder / path).write_text("{}\n")
    with pytest.raises(NotPinned, match=r"missing or not the one of small@1\.0\.0"):
        task.questions("test")


def test_an_unknown_split_is_refused(folder: Path) -> None:
    task = pinned(str(folder / "tasks/lm-eval/utils.py"), pins(folder))
    with pytest.raises(NotPinned, match="has no data/train"):
        task.questions("train")
