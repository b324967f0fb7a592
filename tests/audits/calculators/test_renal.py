"""Worked by hand from the published equations."""

from typing import Any

import pytest

from audits.calculators import NotComputable, Unreadable
from tests.audits.calculators.worked import LIKE, of, result

CKD = "CKD-EPI Equations for Glomerular Filtration Rate"
MDRD = "MDRD GFR Equation"
CRCL = "Creatinine Clearance (Cockcroft-Gault Equation)"
FENA = "Fractional Excretion of Sodium (FENa)"


def adult(sex: str, age: float, creatinine: Any) -> dict[str, Any]:
    return {"sex": sex, "age": [age, "years"], "creatinine": creatinine}


@pytest.mark.parametrize(
    ("group", "entities", "expected"),
    [
        # At the knots (0.9 and 0.7 mg/dL) only age and sex remain: 142 × 0.9938^60 (× 1.012)
        (CKD, adult("Male", 60, [0.9, "mg/dL"]), 97.78),
        (CKD, adult("Female", 60, [0.7, "mg/dL"]), 98.95),
        # Twice the knot: × 2^−1.2 = 0.43528; half of it: × 2^0.302 = 1.23286, 2^0.241 = 1.18181
        (CKD, adult("Male", 60, [1.8, "mg/dL"]), 42.56),
        (CKD, adult("Male", 60, [0.45, "mg/dL"]), 120.55),
        (CKD, adult("Female", 60, [0.35, "mg/dL"]), 116.94),
        (CKD, adult("Male", 60, [79.56, "µmol/L"]), 97.78),
        # 175 × 60^−0.203 = 76.223
        (MDRD, adult("Male", 60, [1, "mg/dL"]), 76.223),
        (MDRD, adult("Female", 60, [1, "mg/dL"]), 56.557),
        (MDRD, {**adult("Male", 60, [1, "mg/dL"]), "Race": "Black"}, 92.382),
        (MDRD, {**adult("Male", 60, [1, "mg/dL"]), "Race": "White"}, 76.223),
        (MDRD, adult("Male", 60, [2, "mg/dL"]), 34.252),  # × 2^−1.154 = 0.44937
        # (20/140) / (100/1)
        (
            FENA,
            {
                "Sodium": [140, "mEq/L"],
                "Urine sodium": [20, "mmol/L"],
                "creatinine": [1, "mg/dL"],
                "Urine creatinine": [100, "mg/dL"],
            },
            0.142857,
        ),
    ],
)
def test_worked_examples(group: str, entities: dict[str, Any], expected: float) -> None:
    assert result(group, entities) == pytest.approx(expected, **LIKE)


@pytest.mark.parametrize(
    ("sex", "weight", "height", "expected"),
    [
        ("Male", [50, "kg"], [175, "cm"], 55.556),  # body mass index 16.3: actual weight, 50 kg
        ("Male", [72, "kg"], [70, "in"], 80),  # 22.8: actual, below the ideal 73 kg
        ("Male", [76, "kg"], [70, "in"], 81.111),  # 24.0: ideal, 73 kg
        ("Male", [100, "kg"], [70, "in"], 93.111),  # 31.6: adjusted, 83.8 kg
        ("Female", [100, "kg"], [70, "in"], 76.594),  # 31.6: adjusted, 81.1 kg; × 0.85
    ],
)
def test_clearance_takes_the_weight_that_fits_the_build(
    sex: str, weight: list[Any], height: list[Any], expected: float
) -> None:
    entities = {**adult(sex, 60, [1, "mg/dL"]), "weight": weight, "height": height}
    assert result(CRCL, entities) == pytest.approx(expected, **LIKE)


@pytest.mark.parametrize("group", [CKD, MDRD])
def test_filtration_of_children_is_not_estimated(group: str) -> None:
    with pytest.raises(NotComputable, match="for adults"):
        result(group, adult("Male", 17, [1, "mg/dL"]))


@pytest.mark.parametrize("name", ["age", "sex", "creatinine"])
def test_every_value_is_needed(name: str) -> None:
    entities = adult("Male", 60, [1, "mg/dL"])
    del entities[name]
    with pytest.raises(NotComputable, match=f"{name} is not given"):
        result(CKD, entities)


def test_a_race_that_the_equation_does_not_know_is_refused() -> None:
    with pytest.raises(Unreadable, match="Race cannot be read"):
        result(MDRD, {**adult("Male", 60, [1, "mg/dL"]), "Race": "Martian"})


def test_bands() -> None:
    assert [of(CKD).band(gfr) for gfr in (14, 15, 30, 45, 60, 90)] == [
        "G5",
        "G4",
        "G3b",
        "G3a",
        "G2",
        "G1",
    ]
    assert of(CRCL).band(45) == "moderate"
    assert of(FENA).band(0.5) == "prerenal"
