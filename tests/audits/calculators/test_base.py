"""How calculators read their inputs and what they give."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from audits import calculators
from audits.calculators import NotComputable, Unreadable
from audits.calculators.base import (
    Calculator,
    Input,
    Quantity,
    bands,
    calculator,
    day,
    dose,
    flag,
    number,
    quantity,
    word,
)
from audits.calculators.inputs import (
    BUN,
    HEMATOCRIT,
    PLATELETS,
    SODIUM,
    TEMPERATURE,
    WHITE_CELLS,
)


@pytest.mark.parametrize(
    ("form", "written", "expected"),
    [
        (quantity("m", "x"), [70, "in"], Quantity(1.778, "m")),
        (quantity("m", "x"), [5, "feet"], Quantity(1.524, "m")),
        (quantity("m", "x"), [10, "inches"], Quantity(0.254, "m")),
        (quantity("kg", "x"), [10, "stone"], Quantity(63.5029318, "kg")),
        (quantity("mmHg", "x"), [13.3322387415, "kPa"], Quantity(100, "mmHg")),
        (quantity("mEq/L", "x"), [4.1, "meq/l"], Quantity(4.1, "mEq/L")),
        (quantity("ng/mL", "x"), [3, "mcg/L"], Quantity(3, "ng/mL")),
        (quantity("kg", "x"), [10.0, "lbs"], Quantity(4.5359237, "kg")),
        (quantity("kg", "x"), (2180.0, "g"), Quantity(2.18, "kg")),
        (quantity("kg", "x"), 70, Quantity(70, "kg")),
        (quantity("year", "x"), [18, "months"], Quantity(1.5, "year")),
        (quantity("mmHg", "x"), [118.0, "mm hg"], Quantity(118, "mmHg")),
        (quantity("ms", "x"), [330, "msec"], Quantity(330, "ms")),
        (quantity("1/minute", "x"), [93.0, "beats per minute"], Quantity(93, "1/minute")),
        (quantity("1/day", "x"), [2, "per day"], Quantity(2, "1/day")),
        (quantity("µIU/mL", "x"), [4.8, "μIU/mL"], Quantity(4.8, "µIU/mL")),
        (quantity("IU/L", "x"), [4.8, "µIU/mL"], Quantity(0.0048, "IU/L")),
        (quantity("U/L", "x"), [82.8, "U/L"], Quantity(82.8, "U/L")),
        (quantity("mcg/kg/min", "x"), [0.3, "mc/kg/min"], Quantity(0.3, "mcg/kg/min")),
        (quantity("mOsm/kg", "x"), [290, "mmol/kg"], Quantity(290, "mOsm/kg")),
        (SODIUM, [140, "mmol/L"], Quantity(140, "mEq/L")),
        (HEMATOCRIT, [38.0, "%"], Quantity(38, "percent")),
        (TEMPERATURE, [100.4, "degrees fahreinheit"], Quantity(38, "degC")),
        (PLATELETS, [149000.0, "µL"], Quantity(149000, "1/µL")),
        (PLATELETS, [147e9, "L"], Quantity(147000, "1/µL")),
        # The unit cannot be meant: no patient has 9400 white cells per litre.
        (WHITE_CELLS, [9400, "L"], Quantity(9400, "1/µL")),
        (WHITE_CELLS, [9400, "m^3"], Quantity(9400, "1/µL")),
        (SODIUM, [137, "mg/dL"], Quantity(137, "mEq/L")),
        (BUN, [10, "mmol/L"], Quantity(28.014, "mg/dL")),
    ],
)
def test_amounts_are_read_in_the_units_that_medicine_writes(
    form: Input, written: Any, expected: Any
) -> None:
    found = form.read({form.entities[0]: written})
    assert found.units == Quantity(1, form.unit).units
    assert found.magnitude == expected.magnitude


@pytest.mark.parametrize(
    ("form", "written", "why"),
    [
        (quantity("mEq/L", "x"), [137, "mg/dL"], "mg/dL cannot be turned into mEq/L"),
        (quantity("mEq/L", "x"), [137, "furballs"], "'furballs' is unknown"),
        (WHITE_CELLS, [4.1, "m^3"], "no patient has 4.1e-09 1/µL"),
        (SODIUM, True, "True is no amount"),
        (SODIUM, [True, "mEq/L"], "is no amount"),
        (SODIUM, "high", "'high' is no amount"),
        (number("x"), "two", "'two' is no number"),
        (number("x"), False, "False is no number"),
        (flag("x"), "perhaps", "neither true nor false"),
        (word({"mild": 1}, "x"), "severe", "'severe' is none of mild"),
        (dose({"cortisone": 1}, "mg", "x"), [5, "mg"], "is no drug with an amount"),
        (day("x"), "2/30/2020", "is no date"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_name_of_the_entity(
    form: Input, written: Any, why: str
) -> None:
    name = form.entities[0]
    with pytest.raises(Unreadable, match=f"{name} cannot be read") as error:
        form.read({name: written})
    assert why in str(error.value)


def test_other_kinds_of_input() -> None:
    assert number("x").read({"x": [1.2, ""]}) == 1.2
    assert word({"Mild  one": 1}, "x").read({"x": " mild One "}) == 1
    assert word({"true": 2}, "x").read({"x": True}) == 2
    assert flag("x").read({"x": "Yes"}) is True
    assert flag("x").read({"x": "absent"}) is False
    assert dose({"Cortisone PO": 25}, "mg", "x").read({"x": ("cortisone po", 1, "g")}) == (
        25,
        Quantity(1000, "mg"),
    )
    assert day("x").read({"x": "10/23/2006"}) == date(2006, 10, 23)
    assert number("x", "y").read({"y": 3}) == 3


@pytest.mark.parametrize("nothing", [{}, {"x": None}, {"x": "Not mentinoed"}, {"x": "unknown"}])
def test_a_missing_input_counts_as_its_policy_says(nothing: dict[str, Any]) -> None:
    assert flag("x").read(nothing) is False
    assert flag("x", missing=True).read(nothing) is True
    assert quantity("mg", "x", missing=0).read(nothing) == Quantity(0, "mg")
    assert quantity("mg", "x", missing=None).read(nothing) is None
    for required in (number("x"), quantity("mg", "x"), word({}, "x"), day("x")):
        with pytest.raises(NotComputable, match="x is not given"):
            required.read(nothing)


def made(function: Any, unit: str = "", **inputs: Input) -> Calculator:
    return Calculator("it", (), unit, "number", inputs, function, (None, None), (), "1")


def test_results_come_in_the_unit_of_the_calculator() -> None:
    assert made(lambda: Quantity(1, "g/L"), "mg/dL").compute({}) == pytest.approx(100)
    assert made(lambda: {"age": 2, "sex": 1.5}).compute({}) == 3.5
    assert made(lambda: {"age": 2}).points({}) == {"age": 2}
    assert made(lambda: 3).points({}) == {}
    assert made(lambda: date(2020, 1, 2)).compute({}) == date(2020, 1, 2)


@pytest.mark.parametrize("x", [0.0, -1.0, float("inf")])
def test_where_a_formula_has_no_value_nothing_is_computed(x: float) -> None:
    with pytest.raises(NotComputable, match="it has no value"):
        made(lambda x: (1 / x) ** 0.5 + x).compute({"x": x})


def test_bands_open_at_their_cut_off() -> None:
    one = calculators.find("Glasgow Coma Score (GCS)")
    assert one is not None
    assert [one.band(score) for score in (3, 8, 9, 12, 13, 15)] == [
        "severe",
        "severe",
        "moderate",
        "moderate",
        "mild",
        "mild",
    ]
    assert bands("low", 5, "high") == ((float("-inf"), "low"), (5.0, "high"))


def test_two_calculators_cannot_serve_one_group() -> None:
    with pytest.raises(ValueError, match="two calculators serve Glasgow"):
        calculator("again", groups=("Glasgow Coma Score (GCS)",))(lambda: 3)


def test_other_published_versions_give_their_own_results() -> None:
    one = replace(
        made(lambda x: 2 * x, x=number("x")),
        others={"root": lambda x: Quantity(x**0.5), "inverse": lambda x: 1 / x},
    )
    assert one.compute({"x": 4.0}) == 8
    assert one.by_others({"x": 4.0}) == {"root": 2, "inverse": 0.25}
    assert one.by_others({"x": 0.0}) == {"root": 0}
