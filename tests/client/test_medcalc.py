"""Answers and grading on the real MedCalc-Bench files, against independently counted facts."""

import csv
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from errata.answers import Kind, parse_answer
from errata.grading import (
    Label,
    LabelChange,
    Limits,
    Verdict,
    compare,
    grade,
    limits_by_rule,
    read_limits,
)

KINDS: dict[str, Kind] = {"decimal": "number", "integer": "integer", "date": "date"}
ABSTAINED = re.compile(r"name 'N' is not defined|time data 'N/A' does not match format .*")


@pytest.fixture(scope="module")
def data() -> Path:
    path = os.environ.get("ERRATA_MEDCALC")
    if not path:
        if os.environ.get("ERRATA_REQUIRE_SERVICES") == "1":
            pytest.fail("Set ERRATA_MEDCALC to the folder with the MedCalc-Bench files.")
        pytest.skip("ERRATA_MEDCALC does not name the folder with the MedCalc-Bench files.")
    return Path(path)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def label(row: dict[str, str], kind: Kind) -> Label:
    text = row["Ground Truth Answer"]
    answer = parse_answer(text, kind)
    return Label(answer, text, read_limits(row["Lower Limit"], row["Upper Limit"], answer))


@pytest.fixture(scope="module")
def original(data: Path) -> dict[str, Label]:
    labels = {}
    for row in rows(data / "v1.0_test.csv"):
        weeks = row["Calculator Name"] == "Estimated Gestational Age"
        kind = "duration" if weeks else KINDS[row["Output Type"]]
        labels[row["Unique ID"]] = label(row, kind)
    return labels


@pytest.fixture(scope="module")
def corrected(data: Path, original: dict[str, Label]) -> dict[str, Label]:
    return {
        row["Unique ID"]: label(row, original[row["Unique ID"]].answer.kind)
        for row in rows(data / "v1.0_corrected.csv")
    }


@pytest.fixture(scope="module")
def applied(original: dict[str, Label], corrected: dict[str, Label]) -> dict[str, Label]:
    """v1.0 with just the labels that really changed, with limits by v1.0's own rule."""
    labels = dict(original)
    for key, new in corrected.items():
        change = compare(original[key], new).change
        if change in (LabelChange.CHANGED, LabelChange.BECAME_UNANSWERABLE):
            number = new.answer.kind == "number"
            rule = Limits.within(relative="0.05") if number else Limits.exact()
            labels[key] = Label(new.answer, new.text, limits_by_rule(new.answer, rule))
    return labels


def test_the_two_files_compare_as_counted(
    original: dict[str, Label], corrected: dict[str, Label]
) -> None:
    comparisons = [compare(original[key], new) for key, new in corrected.items()]
    assert Counter(comparison.change for comparison in comparisons) == {
        LabelChange.IDENTICAL: 256,
        LabelChange.REFORMATTED: 20,
        LabelChange.WITHIN_TOLERANCE: 332,
        LabelChange.CHANGED: 210,
        LabelChange.BECAME_UNANSWERABLE: 69,
    }
    identical = [c for c in comparisons if c.change == LabelChange.IDENTICAL]
    assert sum(comparison.limits_changed for comparison in identical) == 107


@pytest.mark.parametrize(
    ("model", "abstained", "correct", "correct_when_applied"),
    [("gpt-oss-20b-high", 19, 47, 54), ("qwq-32b", 9, 35, 36)],
)
def test_predictions_are_graded_as_upstream_did(
    data: Path,
    original: dict[str, Label],
    applied: dict[str, Label],
    model: str,
    abstained: int,
    correct: int,
    correct_when_applied: int,
) -> None:
    lines = (data / f"predictions_{model}.jsonl").read_text(encoding="utf-8").splitlines()
    predictions = [json.loads(line) for line in lines]
    assert len(predictions) == 100
    grades, later = [], []
    for prediction in predictions:
        raw = prediction["LLM Answer"]
        read = "N/A" if ABSTAINED.fullmatch(raw) else raw
        key = str(prediction["Row Number"])
        grades.append(grade(read, original[key]))
        later.append(grade(read, applied[key]).verdict == Verdict.CORRECT)
        assert (grades[-1].verdict == Verdict.CORRECT) == (prediction["Result"] == "Correct")
    assert sum(grade.abstained for grade in grades) == abstained
    assert sum(grade.verdict == Verdict.CORRECT for grade in grades) == correct
    assert sum(later) == correct_when_applied
