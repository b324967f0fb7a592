"""Adrogué and Madias's first patient; the rest worked by hand from the published formulas."""

from typing import Any

import pytest

from audits.calculators import NotComputable
from tests.audits.calculators.worked import LIKE, of, result

CALCIUM = "Calcium Correction for Hypoalbuminemia"
SODIUM = "Sodium Correction for Hyperglycemia"
WATER = "Free Water Deficit"
BUN = "Blood Urea Nitrogen (BUN)"


def patient(sex: str, age: Any, weight: Any, sodium: float) -> dict[str, Any]:
    return {"sex": sex, "age": age, "weight": weight, "Sodium": [sodium, "mmol/L"]}


@pytest.mark.parametrize(
    ("group", "entities", "expected"),
    [
        (CALCIUM, {"Calcium": [8, "mg/dL"], "Albumin": [2, "g/dL"]}, 9.6),  # 8 + 0.8 × 2
        (CALCIUM, {"Calcium": [10.3, "mg/dL"], "Albumin": [4.8, "g/dL"]}, 9.66),
        # BMJ 1977: 2.00 mmol/L + 0.02 × (40 − 30) = 2.20 mmol/L
        (CALCIUM, {"Calcium": [2.0, "mmol/L"], "Albumin": [30, "g/L"]}, 2.2 * 4.0078),
        (SODIUM, {"Sodium": [130, "mEq/L"], "Glucose": [600, "mg/dL"]}, 138),  # Katz: 5 × 1.6
        (SODIUM, {"Sodium": [130, "mmol/L"], "Glucose": [33.3, "mmol/L"]}, 137.999),
        (SODIUM, {"Sodium": [134, "mEq/L"], "Glucose": [70, "mg/dL"]}, 134),
        # 280 + 90/18 + 14/2.8
        (
            "Serum Osmolality",
            {"Sodium": [140, "mEq/L"], "Glucose": [90, "mg/dL"], BUN: [14, "mg/dL"]},
            290,
        ),
        (
            "Serum Osmolality",
            {"Sodium": [140, "mmol/L"], "Glucose": [5, "mmol/L"], BUN: [5, "mmol/L"]},
            290.01,
        ),
        # Adrogué and Madias: a man of 76 and 68 kg with sodium 168 has 34 litres of water
        (WATER, patient("Male", [76, "years"], [68, "kg"], 168), 34 * 0.2),
        (WATER, patient("Male", [40, "years"], [70, "kg"], 154), 4.2),
        (WATER, patient("Female", [40, "years"], [70, "kg"], 154), 3.5),
        (WATER, patient("Female", [65, "years"], [70, "kg"], 154), 3.15),
        (WATER, patient("Female", [17, "months"], [10, "kg"], 154), 0.6),
        (WATER, patient("Male", [23, "years"], [142, "lbs"], 137), -0.828),
    ],
)
def test_worked_examples(group: str, entities: dict[str, Any], expected: float) -> None:
    assert result(group, entities) == pytest.approx(expected, **LIKE)


def test_every_value_is_needed() -> None:
    with pytest.raises(NotComputable, match="Albumin is not given"):
        result(CALCIUM, {"Calcium": [8, "mg/dL"]})
    with pytest.raises(NotComputable, match="sex is not given"):
        result(WATER, {"age": [50, "years"], "weight": [70, "kg"], "Sodium": [150, "mmol/L"]})


@pytest.mark.parametrize(
    ("age", "weight"), [([51, "years"], [8, "kg"]), ([17, "months"], [2, "kg"])]
)
def test_a_weight_that_nobody_has_gives_no_deficit(age: Any, weight: Any) -> None:
    with pytest.raises(NotComputable, match="is no body weight"):
        result(WATER, patient("Male", age, weight, 150))


def test_bands() -> None:
    assert of(CALCIUM).band(8.4) == "hypocalcaemia"
    assert of(SODIUM).band(124) == "profound hyponatraemia"
    assert of(SODIUM).band(140) == "normal"
    assert of("Serum Osmolality").band(300) == "hypertonic"
