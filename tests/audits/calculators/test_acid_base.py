"""Worked by hand from the published formulas."""

from typing import Any

import pytest

from audits.calculators import NotComputable, Unreadable
from tests.audits.calculators.worked import LIKE, of, result


def blood(sodium: Any, chloride: Any, bicarbonate: Any, albumin: Any = None) -> dict[str, Any]:
    found = {"Sodium": sodium, "Chloride": chloride, "Bicarbonate": bicarbonate}
    return found if albumin is None else {**found, "Albumin": albumin}


ACIDOTIC = blood([140, "mEq/L"], [104, "mmol/L"], [12, "mEq/L"])


@pytest.mark.parametrize(
    ("group", "entities", "expected"),
    [
        ("Anion Gap", ACIDOTIC, 24),  # 140 − 104 − 12
        ("Delta Gap", ACIDOTIC, 0),  # Wrenn: (24 − 12) − (24 − 12), one disorder alone
        ("Delta Gap", blood(150, 100, 20), 14),  # (30 − 12) − (24 − 20)
        ("Delta Gap", blood(136, 116, 10), -16),  # (10 − 12) − (24 − 10)
        ("Delta Ratio", ACIDOTIC, 1),
        ("Delta Ratio", blood(139, 104, 28.2), 1.238),  # −5.2 / −4.2
        ("Albumin Corrected Anion Gap", blood(140, 104, 26, [2, "g/dL"]), 15),  # 10 + 2.5 × 2
        ("Albumin Corrected Anion Gap", blood(140, 104, 26, [20, "g/L"]), 15),
        ("Albumin Corrected Delta Gap", blood(140, 104, 16, [2, "g/dL"]), 13),  # 25 − 12
        ("Albumin Corrected Delta Ratio", blood(140, 104, 16, [2, "g/dL"]), 1.625),  # 13 / 8
    ],
)
def test_worked_examples(group: str, entities: dict[str, Any], expected: float) -> None:
    assert result(group, entities) == pytest.approx(expected, **LIKE)


@pytest.mark.parametrize("group", ["Delta Ratio", "Albumin Corrected Delta Ratio"])
def test_a_normal_bicarbonate_has_no_ratio(group: str) -> None:
    with pytest.raises(NotComputable, match="bicarbonate is normal"):
        result(group, blood(140, 104, 24, 4))


def test_a_miswritten_unit_is_seen_by_the_amount() -> None:
    entities = blood([137, "mg/dL"], [95, "mmol/L"], [30, "mmol/L"], [3.6, "mg/dL"])
    assert result("Albumin Corrected Delta Gap", entities) == pytest.approx(1)  # 12 + 1 − 12


def test_an_albumin_that_nobody_has_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"Albumin cannot be read: no patient has 17\.1 g/dL"):
        result("Albumin Corrected Anion Gap", blood(136, 101, 5, [17.1, "g/dL"]))


@pytest.mark.parametrize("name", ["Sodium", "Chloride", "Bicarbonate", "Albumin"])
def test_every_value_is_needed(name: str) -> None:
    entities = blood(140, 104, 20, 4)
    del entities[name]
    with pytest.raises(NotComputable, match=f"{name} is not given"):
        result("Albumin Corrected Anion Gap", entities)


def test_bands() -> None:
    assert [of("Anion Gap").band(gap) for gap in (7, 8, 15.9, 16)] == [
        "low",
        "normal",
        "normal",
        "high",
    ]
    assert of("Delta Gap").band(0) == "no second disorder"
    assert of("Delta Ratio").band(1.5) == "high gap acidosis alone"
