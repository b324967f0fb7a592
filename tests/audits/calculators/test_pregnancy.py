"""Worked by hand on the calendar."""

from datetime import date

import pytest

from audits.calculators import NotComputable, Unreadable
from tests.audits.calculators.worked import result

DUE = "Estimated Due Date"
CONCEPTION = "Estimated of Conception"
AGE = "Estimated Gestational Age"


@pytest.mark.parametrize(
    ("last", "cycle", "expected"),
    [
        ("05/08/2020", 28, date(2021, 2, 15)),  # 8 February and seven days
        ("05/08/2020", 33, date(2021, 2, 20)),
        ("05/08/2020", 22, date(2021, 2, 9)),
        ("12/25/2021", 28, date(2022, 10, 2)),
        ("05/31/2023", 28, date(2024, 3, 7)),  # February has no 31st: 29 February and seven days
    ],
)
def test_due_date(last: str, cycle: int, expected: date) -> None:
    assert result(DUE, {"Last menstrual date": last, "cycle length": cycle}) == expected


@pytest.mark.parametrize(
    ("cycle", "expected"),
    [(28, date(2023, 1, 15)), (21, date(2023, 1, 8)), (35, date(2023, 1, 22))],
)
def test_conception(cycle: int, expected: date) -> None:
    found = result(CONCEPTION, {"Last menstrual date": "01/01/2023", "cycle length": cycle})
    assert found == expected


def test_gestational_age_is_in_whole_days() -> None:
    entities = {"Last menstrual date": "02/14/2024", "Current Date": "05/23/2024"}
    assert result(AGE, entities) == 99  # 15 + 31 + 30 + 23, over a leap day


@pytest.mark.parametrize("group", [DUE, CONCEPTION])
def test_the_cycle_is_needed(group: str) -> None:
    with pytest.raises(NotComputable, match="cycle length is not given"):
        result(group, {"Last menstrual date": "01/01/2023"})
    with pytest.raises(NotComputable, match="whole days"):
        result(group, {"Last menstrual date": "01/01/2023", "cycle length": 28.5})


def test_a_pregnancy_does_not_begin_tomorrow() -> None:
    entities = {"Last menstrual date": "05/24/2024", "Current Date": "05/23/2024"}
    with pytest.raises(NotComputable, match="after the current date"):
        result(AGE, entities)


def test_a_date_must_be_one() -> None:
    with pytest.raises(Unreadable, match="Last menstrual date cannot be read"):
        result(DUE, {"Last menstrual date": "in spring", "cycle length": 28})
