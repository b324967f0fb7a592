"""Matthews's definition of HOMA; Friedewald's formula worked by hand."""

from typing import Any

import pytest

from audits.calculators import NotComputable
from tests.audits.calculators.worked import LIKE, of, result

LDL = "LDL Calculated"
HOMA = "HOMA-IR (Homeostatic Model Assessment for Insulin Resistance)"


def lipids(total: float, hdl: float, triglycerides: float, unit: str = "mg/dL") -> dict[str, Any]:
    return {
        "Total cholesterol": [total, unit],
        "high-density lipoprotein cholesterol": [hdl, unit],
        "Triglycerides": [triglycerides, unit],
    }


@pytest.mark.parametrize(
    ("entities", "expected"),
    [
        (lipids(200, 50, 150), 120),
        (lipids(200, 50, 400), 70),
        # 5 and 1 mmol/L of cholesterol are 193.33 and 38.666 mg/dL, 2 of triglycerides 177.08
        (lipids(5, 1, 2, "mmol/L"), 119.248),
    ],
)
def test_ldl(entities: dict[str, Any], expected: float) -> None:
    assert result(LDL, entities) == pytest.approx(expected, **LIKE)


def test_ldl_is_not_computed_from_too_many_triglycerides() -> None:
    with pytest.raises(NotComputable, match="does not hold above 400"):
        result(LDL, lipids(300, 40, 401))


def test_classes_of_the_adult_treatment_panel() -> None:
    assert [of(LDL).band(ldl) for ldl in (99, 100, 130, 160, 190)] == [
        "optimal",
        "near optimal",
        "borderline high",
        "high",
        "very high",
    ]


@pytest.mark.parametrize(
    ("glucose", "expected"),
    [
        ([4.5, "mmol/L"], 1),  # Matthews: 4.5 mmol/L and 5 µU/mL are the reference of 1
        ([81, "mg/dL"], 0.9991),
    ],
)
def test_homa(glucose: list[Any], expected: float) -> None:
    entities = {"Glucose": glucose, "Insulin": [5, "µIU/mL"]}
    assert result(HOMA, entities) == pytest.approx(expected, **LIKE)
