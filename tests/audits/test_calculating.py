"""A calculator as a form: units, missing findings, results, and the derivation that is kept."""

import json
from typing import Any

import pytest

from audits.calculating import asked, calculate, derivation_of, entered, units_for
from audits.calculators import Calculator, Unreadable, find, known

BMI, GFR = "Body Mass Index (BMI)", "CKD-EPI Equations for Glomerular Filtration Rate"


def calculator(group: str) -> Calculator:
    found = find(group)
    assert found is not None
    return found


def test_amounts_in_other_units_come_to_the_same() -> None:
    one = calculator(BMI)
    metric = {"weight": "80", "weight.unit": "kg", "height": "2", "height.unit": "m"}
    other = {"weight": "80000", "weight.unit": "g", "height": "200", "height.unit": "cm"}
    for data in (metric, other):
        made = calculate(one, entered(one, data), "number")
        assert (made.answer, made.unit, made.band, made.problem) == ("20", "kg/m^2", "normal", "")


def test_mass_and_moles_where_the_molar_mass_is_known() -> None:
    one = calculator(GFR)
    units = units_for(one.inputs["creatinine"])
    assert units[0] == "mg/dL"
    assert {"µmol/L", "mg/L"} <= set(units)
    assert "kg" not in units
    data = {"age": "60", "female.word": "male", "creatinine.unit": "mg/dL", "creatinine": "1"}
    moles = data | {"creatinine.unit": "µmol/L", "creatinine": "88.4"}
    results = [calculate(one, entered(one, each), "number").answer for each in (data, moles)]
    assert float(results[0]) == pytest.approx(float(results[1]), rel=1e-3)


def test_what_is_needed_and_cannot_be_read_is_named() -> None:
    one = calculator(BMI)
    assert "height is not given" in calculate(one, entered(one, {"weight": "80"}), "number").problem
    with pytest.raises(Unreadable, match="weight: 'heavy' is no number"):
        entered(one, {"weight": "heavy"})
    huge = {"weight": "80", "height": "2", "height.unit": "inch"}
    with pytest.raises(Unreadable, match="height: no patient has 2 inch"):
        entered(one, huge)
    with pytest.raises(Unreadable, match="height: choose one of the units m, cm"):
        entered(one, huge | {"height.unit": "parsec"})


def test_points_by_component_and_findings_that_are_not_mentioned() -> None:
    scores = [one for one in known() if all(i.kind == "flag" for i in one.inputs.values())]
    assert scores
    for one in scores:
        nothing = calculate(one, entered(one, {}), "integer")
        data = {f"{name}.word": "present" for name in one.inputs}
        all_of_them = calculate(one, entered(one, data), "integer")
        assert float(all_of_them.answer) > float(nothing.answer), one.name
        assert sum(value for _, value in all_of_them.points) == float(all_of_them.answer)
        assert "present" in all_of_them.explanation


def test_every_calculator_is_a_form() -> None:
    """Each input can be given, whatever its kind, and its own unit is offered first."""
    for one in known():
        for field in asked(one, {}):
            given = one.inputs[field.name]
            assert field.label == given.entities[0]
            if field.kind in ("quantity", "dose"):
                assert field.units[0] == given.unit, one.name
            if field.kind in ("word", "flag", "dose"):
                assert len(field.words) >= 1, one.name
                for word in field.words if field.kind == "word" else ():
                    sent = entered(one, {f"{field.name}.word": word})
                    assert given.read(sent) == given.words[word]


def test_what_was_entered_is_the_derivation_of_its_result_alone() -> None:
    one = calculator(BMI)
    sent = entered(one, {"weight": "80", "height": "2"})
    text = json.dumps(sent)
    made: Any = derivation_of(BMI, "number", text, "20.0")
    assert json.loads(made["entities"]) == {"weight": [80, "kg"], "height": [2, "m"]}
    assert "Body mass index" in made["explanation"]
    assert "Result: 20 kg/m^2." in made["explanation"]
    forged = json.dumps(sent | {"note": "<b>whatever</b>"})
    assert "note" not in json.loads(derivation_of(BMI, "number", forged, "20")["entities"])  # type: ignore[index]
    for group, entities, answer in (
        (BMI, text, "21"),
        (BMI, text, "a lot"),
        (BMI, "{", "20"),
        (BMI, "[1]", "20"),
        (BMI, '{"weight": [80, "kg"]}', "20"),
        ("nothing serves it", text, "20"),
    ):
        assert derivation_of(group, "number", entities, answer) is None
