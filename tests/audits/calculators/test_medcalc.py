"""What the calculators say of the real labels and of their correction by physicians."""

import ast
import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from errata.answers import parse_answer

from audits.calculators import NotComputable, Unreadable, find
from tests.services import needs_medcalc

Value = float | date | None  # None: not computable, or not readable

# By group: rows; labels that the calculator agrees with; corrected labels, those that it agrees
# with; corrected labels that differ from the first one, those of them where it objected to the
# first one; objections to labels that the correction left as they were; rows it cannot read.
FIGURES = {
    "Adjusted Body Weight": (20, 20, 18, 18, 0, 0, 0, 0),
    "Albumin Corrected Anion Gap": (20, 18, 14, 11, 3, 0, 0, 1),
    "Albumin Corrected Delta Gap": (20, 18, 10, 10, 1, 1, 0, 0),
    "Albumin Corrected Delta Ratio": (20, 18, 20, 19, 2, 1, 0, 1),
    "Anion Gap": (20, 20, 16, 13, 3, 0, 0, 0),
    "Body Mass Index (BMI)": (20, 20, 20, 20, 0, 0, 0, 0),
    "Body Surface Area Calculator": (20, 20, 20, 20, 0, 0, 0, 0),
    "CKD-EPI Equations for Glomerular Filtration Rate": (20, 18, 17, 17, 2, 2, 0, 0),
    "Calcium Correction for Hypoalbuminemia": (19, 17, 19, 19, 2, 2, 0, 0),
    "Creatinine Clearance (Cockcroft-Gault Equation)": (20, 20, 19, 18, 1, 0, 0, 0),
    "Delta Gap": (20, 0, 9, 6, 8, 8, 1, 0),
    "Delta Ratio": (20, 19, 18, 13, 5, 0, 0, 0),
    "Estimated Due Date": (20, 2, 18, 18, 16, 16, 0, 0),
    "Estimated Gestational Age": (20, 20, 20, 20, 0, 0, 0, 0),
    "Estimated of Conception": (20, 1, 20, 18, 18, 18, 1, 0),
    "Fibrosis-4 (FIB-4) Index for Liver Fibrosis": (20, 19, 19, 18, 1, 0, 0, 1),
    "Fractional Excretion of Sodium (FENa)": (5, 5, 5, 3, 2, 0, 0, 0),
    "Free Water Deficit": (20, 16, 19, 18, 5, 4, 0, 0),
    "HOMA-IR (Homeostatic Model Assessment for Insulin Resistance)": (2, 2, 2, 0, 2, 0, 0, 0),
    "Ideal Body Weight": (20, 20, 17, 17, 0, 0, 0, 0),
    "LDL Calculated": (20, 18, 20, 13, 8, 2, 0, 0),
    "MDRD GFR Equation": (20, 19, 14, 8, 6, 0, 0, 0),
    "MELD Na (UNOS/OPTN)": (5, 1, 3, 1, 3, 3, 0, 0),
    "Maintenance Fluids Calculations": (20, 20, 19, 14, 5, 0, 0, 0),
    "Mean Arterial Pressure (MAP)": (20, 20, 20, 20, 0, 0, 0, 0),
    "Morphine Milligram Equivalents (MME) Calculator": (20, 5, 15, 13, 8, 8, 2, 0),
    "QTc Bazett Calculator": (20, 20, 20, 20, 0, 0, 0, 0),
    "QTc Framingham Calculator": (20, 20, 20, 20, 0, 0, 0, 0),
    "QTc Fridericia Calculator": (20, 20, 20, 20, 0, 0, 0, 0),
    "QTc Hodges Calculator": (20, 20, 20, 20, 0, 0, 0, 0),
    "QTc Rautaharju Calculator": (20, 20, 20, 20, 0, 0, 0, 0),
    "Serum Osmolality": (20, 20, 19, 19, 0, 0, 0, 0),
    "Sodium Correction for Hyperglycemia": (20, 18, 19, 19, 1, 1, 0, 0),
    "Steroid Conversion Calculator": (20, 20, 18, 18, 0, 0, 0, 0),
    "Target weight": (20, 20, 20, 20, 0, 0, 0, 0),
}


def test_agreement_with_labels_and_their_correction() -> None:
    folder = needs_medcalc()
    corrected = {row["Unique ID"]: row for row in _rows(folder / "v1.0_corrected.csv")}
    found = {group: Counter[str]() for group in FIGURES}
    for row in _rows(folder / "v1.0_test.csv"):
        if row["Calculator Name"] in FIGURES:
            found[row["Calculator Name"]] += _compared(row, corrected.get(row["Unique ID"]))
    names = ("rows", "agree", "corrected", "agree_corrected", "wrong", "caught", "false", "dark")
    assert {group: tuple(counts[n] for n in names) for group, counts in found.items()} == FIGURES


def test_every_group_has_a_calculator() -> None:
    groups = {row["Calculator Name"] for row in _rows(needs_medcalc() / "v1.0_test.csv")}
    assert len(groups) == 55
    assert [group for group in sorted(groups) if find(group) is None] == []


def test_every_result_on_the_real_entities_is_a_possible_one() -> None:
    for row in _rows(needs_medcalc() / "v1.0_test.csv"):
        one, (value, _) = find(row["Calculator Name"]), _recomputed(row)
        if one is not None and isinstance(value, float):
            lowest, highest = one.possible
            assert lowest is None or value >= lowest, row["Unique ID"]
            assert highest is None or value <= highest, row["Unique ID"]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _compared(row: dict[str, str], corrected: dict[str, str] | None) -> Counter[str]:
    """What one row adds to the counts of its group."""
    kind, label = _kind(row), _read(row, _kind(row))
    mine, dark = _recomputed(row)
    agrees = not dark and _same(mine, label)
    counts = Counter(rows=1, agree=int(agrees), dark=int(dark))
    if corrected is None:
        return counts
    truth = _read(corrected, kind)
    wrong, objects = not _same(label, truth), not agrees and not dark
    counts["corrected"] = 1
    counts["agree_corrected"] = int(not dark and _same(mine, truth))
    counts["wrong"] = int(wrong)
    counts["caught"] = int(wrong and objects)
    counts["false"] = int(not wrong and objects)
    return counts


def _kind(row: dict[str, str]) -> str:
    if row["Calculator Name"] == "Estimated Gestational Age":
        return "duration"
    return "date" if row["Output Type"] == "date" else "number"


def _read(row: dict[str, str], kind: str) -> Value:
    text = row["Ground Truth Answer"]
    value = parse_answer(text, kind, unanswerable=["N/A"]).value  # type: ignore[arg-type]
    return value if value is None or isinstance(value, date) else float(value)


def _recomputed(row: dict[str, str]) -> tuple[Value, bool]:
    """The calculator's result, and whether it could not read the entities."""
    one = find(row["Calculator Name"])
    assert one is not None
    try:
        return one.compute(one.read(ast.literal_eval(row["Relevant Entities"]))), False
    except NotComputable:
        return None, False
    except Unreadable:
        return None, True


def _same(one: Value, other: Value) -> bool:
    """Equal, or for numbers within 5 % of the other."""
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=0.05)
    return one == other
