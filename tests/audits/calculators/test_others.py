"""Other versions that are met, worked by hand: what labels may follow instead."""

from datetime import date
from typing import Any

import pytest

from tests.audits.calculators.worked import LIKE, of

BLOOD = {"Sodium": 140, "Chloride": 100, "Bicarbonate": 20, "Albumin": [2, "g/dL"]}
PERIOD = {"Last menstrual date": "02/03/2012", "cycle length": 30}


@pytest.mark.parametrize(
    ("group", "entities", "expected"),
    [
        ("Delta Gap", BLOOD, 8),  # 20 − 12
        ("Albumin Corrected Delta Gap", BLOOD, 9),  # 25 − 12 − (24 − 20)
        # Hillier: 1.2 × 2.4 and 0.3 × −2.4
        ("Sodium Correction for Hyperglycemia", {"Sodium": 130, "Glucose": 220}, 132.88),
        ("Sodium Correction for Hyperglycemia", {"Sodium": 134, "Glucose": 70}, 133.28),
        ("Maintenance Fluids Calculations", {"weight": [7.2, "kg"]}, 30),  # 720 / 24
        ("Maintenance Fluids Calculations", {"weight": [45, "kg"]}, 83.333),  # 2,000 / 24
        ("Estimated of Conception", PERIOD, date(2012, 2, 17)),
        (
            "MELD Na (UNOS/OPTN)",
            {
                "creatinine": [2, "mg/dL"],
                "Bilirubin": [3, "mg/dL"],
                "international normalized ratio": 1.5,
                "Sodium": [137, "mEq/L"],
            },
            20,  # 2.18 is taken for 2
        ),
        (
            "Morphine Milligram Equivalents (MME) Calculator",
            {
                "HYDROmorphone Dose": [10, "mg"],
                "HYDROmorphone Dose Per Day": [1, "per day"],
                "Methadone Dose": [10, "mg"],
                "Methadone Dose Per Day": [3, "per day"],
                "TraMADol Dose": [50, "mg"],
                "TraMADol Dose Per Day": [2, "per day"],
            },
            211,  # 50 + 141 + 20
        ),
    ],
)
def test_worked_examples(group: str, entities: dict[str, Any], expected: Any) -> None:
    one = of(group)
    (found,) = one.by_others(one.read(entities)).values()
    assert found == (expected if isinstance(expected, date) else pytest.approx(expected, **LIKE))


def test_due_dates_by_280_days() -> None:
    one = of("Estimated Due Date")
    found = list(one.by_others(one.read(PERIOD)).values())
    assert found == [date(2012, 11, 11), date(2012, 11, 7)]  # 9 November, two days to and fro
