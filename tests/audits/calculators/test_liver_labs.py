"""Worked by hand from the published formulas."""

from typing import Any

import pytest

from tests.audits.calculators.worked import LIKE, of, result

FIB4 = "Fibrosis-4 (FIB-4) Index for Liver Fibrosis"
MELD = "MELD Na (UNOS/OPTN)"


def blood(creatinine: float, bilirubin: float, inr: float, sodium: float) -> dict[str, Any]:
    return {
        "creatinine": [creatinine, "mg/dL"],
        "Bilirubin": [bilirubin, "mg/dL"],
        "international normalized ratio": inr,
        "Sodium": [sodium, "mEq/L"],
    }


@pytest.mark.parametrize("platelets", [[200000, "µL"], [200e9, "L"]])
def test_fib_4(platelets: list[Any]) -> None:
    entities = {
        "age": [40, "years"],
        "Aspartate aminotransferase": [50, "U/L"],
        "Alanine aminotransferase": [25, "U/L"],
        "Platelet count": platelets,
    }
    assert result(FIB4, entities) == pytest.approx(2, **LIKE)  # 40 × 50 / (200 × 5)
    assert [of(FIB4).band(x) for x in (1.44, 1.45, 3.25)] == [
        "advanced fibrosis unlikely",
        "indeterminate",
        "advanced fibrosis",
    ]


@pytest.mark.parametrize(
    ("entities", "expected"),
    [
        (blood(0.5, 0.5, 0.9, 140), 6),  # all count as 1: 0.643 → 0.6 → 6
        # 0.6633 + 0.4153 + 0.4541 + 0.643 = 2.1757 → 22; 22 + 1.32 × 7 − 0.033 × 22 × 7 = 26.158
        (blood(2, 3, 1.5, 130), 26),
        (blood(2, 3, 1.5, 150), 22),  # sodium counts at most 137
        (blood(1, 1.8, 1.15, 120), 10),  # 10 is not above 11: sodium does not count
        (blood(2, 3, 1.5, 100), 29),  # … and at least 125: 22 + 15.84 − 8.712 = 29.128
        (blood(10, 50, 10, 137), 40),
        # On dialysis creatinine is 4: 1.3267 + 0.4153 + 0.4541 + 0.643 = 2.8391 → 28
        ({**blood(2, 3, 1.5, 137), "Dialysis at least twice in the past week": True}, 28),
    ],
)
def test_meld_na(entities: dict[str, Any], expected: float) -> None:
    assert result(MELD, entities) == expected


def test_continuous_haemodialysis_counts_as_dialysis() -> None:
    name = "Continuous veno-venous hemodialysis for ≥24 hours in the past week"
    assert result(MELD, {**blood(2, 3, 1.5, 137), name: True}) == 28


def test_mortality_bands() -> None:
    assert of(MELD).band(9) == "3-month mortality 1.9 %"
    assert of(MELD).band(40) == "3-month mortality 71.3 %"
