"""Examples of the CDC's guidelines, the rest worked by hand from the published factors."""

from typing import Any

import pytest

from audits.calculators import NotComputable, Unreadable
from tests.audits.calculators.worked import LIKE, of, result

MME = "Morphine Milligram Equivalents (MME) Calculator"
STEROID = "Steroid Conversion Calculator"


def taken(drug: str, dose: float, times: float, unit: str = "mg") -> dict[str, Any]:
    return {f"{drug} Dose": [dose, unit], f"{drug} Dose Per Day": [times, "per day"]}


@pytest.mark.parametrize(
    ("entities", "expected"),
    [
        # The guideline: hydrocodone 5 mg four times a day is 20, oxycodone 10 mg twice is 30.
        (taken("HYDROcodone", 5, 4), 20),
        (taken("OxyCODONE", 10, 2), 30),
        (taken("HYDROmorphone", 10, 1), 40),
        (taken("OxyMORphone", 10, 3), 90),
        (taken("Codeine", 30, 4), 18),
        (taken("Tapentadol", 50, 2), 40),
        (taken("TraMADol", 50, 4), 20),
        (taken("Morphine", 15, 2), 30),
        (taken("FentaNYL buccal", 100, 4, "µg"), 52),
        (taken("FentaNYL buccal", 0.1, 4, "mg"), 52),
        (taken("FentANYL patch", 25, 1, "mg"), 60),  # 25 µg/h is 60 a day
        (taken("Methadone", 10, 2), 80),  # 4 up to 20 mg a day
        (taken("Methadone", 20, 2), 320),  # 8 up to 40
        (taken("Methadone", 20, 3), 600),  # 10 up to 60
        (taken("Methadone", 61, 1), 732),  # 12 above
        ({**taken("Morphine", 10, 1), **taken("Codeine", 10, 3)}, 14.5),
    ],
)
def test_morphine_equivalents(entities: dict[str, Any], expected: float) -> None:
    assert result(MME, entities) == pytest.approx(expected, **LIKE)


def test_equivalents_are_told_by_drug() -> None:
    one = of(MME)
    entities = {**taken("Morphine", 10, 1), **taken("Codeine", 10, 3)}
    points = one.points(one.read(entities))
    assert points == pytest.approx({"morphine": 10, "codeine": 4.5})


@pytest.mark.parametrize(
    ("entities", "why"),
    [
        ({"Morphine Dose": [10, "mg"]}, "of morphine both"),
        ({"Morphine Dose Per Day": [1, "per day"]}, "of morphine both"),
        ({}, "no opioid is given"),
    ],
)
def test_half_a_prescription_has_no_equivalent(entities: dict[str, Any], why: str) -> None:
    with pytest.raises(NotComputable, match=why):
        result(MME, entities)


def test_bands_of_the_guideline() -> None:
    names = ["usual care", "to be reassessed", "to be avoided or justified"]
    assert [of(MME).band(mme) for mme in (49, 50, 90)] == names


@pytest.mark.parametrize(
    ("given", "target", "expected"),
    [
        (["PredniSONE PO", 5, "mg"], "Hydrocortisone IV", 20),
        (["Hydrocortisone IV", 20, "mg"], "Dexamethasone IV", 0.75),
        (["Dexamethasone PO", 0.75, "mg"], "MethylPrednisoLONE PO", 4),
        (["MethylPrednisoLONE IV", 4, "mg"], "PrednisoLONE PO", 5),
        (["Betamethasone IV", 750, "µg"], "Cortisone PO", 25),
        (["Cortisone PO", 25, "mg"], "Triamcinolone IV", 4),
    ],
)
def test_steroids_of_equal_effect(given: list[Any], target: str, expected: float) -> None:
    entities = {"input steroid": given, "target steroid": target}
    assert result(STEROID, entities) == pytest.approx(expected, **LIKE)


def test_an_unknown_steroid_is_refused() -> None:
    with pytest.raises(Unreadable, match="'Fludrocortisone PO' is none of"):
        result(STEROID, {"input steroid": ["Fludrocortisone PO", 1, "mg"], "target steroid": "x"})
