"""What `recalculate` says of labels, and which step it names."""

import json
from dataclasses import replace
from typing import Any

import pytest
from errata.grading import Limits

from audits import calculators
from audits.calculators import base, find
from audits.verifiers.base import Ballot, Item
from audits.verifiers.recalculate import RecalculateVerifier

GCS = "Glasgow Coma Score (GCS)"
COMA = {
    "Best eye response": "eye opening to verbal command",
    "Best verbal response": "confused",
    "Best motor response": "localizes pain",
}
ANION = "Anion Gap"
SALTS = {"Sodium": [140, "mEq/L"], "Chloride": [104, "mEq/L"], "Bicarbonate": [24, "mEq/L"]}
FRAMINGHAM = "Framingham Risk Score for Hard Coronary Heart Disease"
SMOKER = {
    "sex": "Male",
    "age": [54, "years"],
    "Systolic Blood Pressure": [139.0, "mm hg"],
    "Smoker": True,
    "Total cholesterol": [235.0, "mg/dL"],
    "high-density lipoprotein cholesterol": [46.0, "mg/dL"],
}
CENTOR = "Centor Score (Modified/McIsaac) for Strep Pharyngitis"
THROAT = {"age": [30, "years"], "Temperature": [39.0, "degrees celsius"], "Cough Absent": True}
CALCIUM = "Calcium Correction for Hypoalbuminemia"
DUE = "Estimated Due Date"


def item(group: str, entities: Any, answer: str, kind: str = "integer", **more: Any) -> Item:
    return Item(
        key="1",
        kind=kind,
        group=group,
        answer=answer,
        derivation={"entities": entities if isinstance(entities, str) else repr(entities)},
        **more,
    )


def vote(group: str, entities: Any, answer: str, kind: str = "integer", **more: Any) -> Ballot:
    verifier = RecalculateVerifier()
    given = verifier.look(item(group, entities, answer, kind, **more))
    assert given is not None
    assert json.loads(json.dumps(given)) == given
    return verifier.judge(given)


def test_a_label_that_the_calculator_comes_to_gets_no_objection_and_no_support() -> None:
    assert vote(GCS, COMA, "12") == Ballot("abstain")
    assert vote(ANION, SALTS, "12", "number") == Ballot("abstain")
    assert vote(
        DUE, {"Last menstrual date": "01/01/2023", "cycle length": 28}, "10/08/2023", "date"
    ).verdict == ("abstain")


def test_an_objection_tells_the_sum_the_answer_and_the_step() -> None:
    ballot = vote(GCS, COMA, "16")
    assert ballot.verdict == "object"
    assert ballot.answer == "12"
    assert ballot.category == "calculator_logic_mismatch"
    assert ballot.rationale == (
        "Glasgow Coma Scale comes to 12 (eye response 3, verbal response 4, motor response 5), "
        "but the label is 16: verbal response is counted twice."
    )
    assert ballot.detail == {
        "step": "formula",
        "calculator": "Glasgow Coma Scale",
        "version": "1",
        "computed": "12",
    }


@pytest.mark.parametrize(
    ("group", "entities", "label", "kind", "step", "words"),
    [
        (
            GCS,
            COMA,
            "8",
            "integer",
            "formula",
            "verbal response is left out",
        ),
        (
            "SIRS Criteria",
            {
                "Temperature": [37, "degrees celsius"],
                "Heart Rate or Pulse": [80, "beats per minute"],
                "respiratory rate": [14, "breaths per minute"],
                "White blood cell count": [13000, "µL"],
            },
            "2",
            "integer",
            "unit",
            "Temperature is put into the formula in °F instead of °C",
        ),
        (
            FRAMINGHAM,
            SMOKER,
            "1.36",
            "number",
            "unit",
            "Total cholesterol and high-density lipoprotein cholesterol are put into the formula "
            "in mmol/L instead of mg/dL",
        ),
        (
            CALCIUM,
            {"Calcium": [9, "mg/dL"], "Albumin": [30, "g/L"]},
            "-11.8",
            "number",
            "unit",
            "Albumin is put into the formula in g/L instead of g/dL",
        ),
        (
            CENTOR,
            THROAT,
            "3",
            "integer",
            "missing-input policy",
            "Tender/swollen anterior cervical lymph nodes, which is not given, counts as present, "
            "or Exudate or swelling on tonsils, which is not given, counts as present",
        ),
        (
            "Child-Pugh Score for Cirrhosis Mortality",
            {
                "Bilirubin": [2.5, "mg/dL"],
                "Albumin": [3.0, "g/dL"],
                "international normalized ratio": 2.0,
                "Encephalopathy": "Grade 1-2",
            },
            "8",
            "integer",
            "missing-input policy",
            "ascites, which is not given, is left out",
        ),
        (
            CALCIUM,
            {"Calcium": [2.26, "mmol/L"], "Albumin": [28, "g/L"]},
            "8.98",
            "number",
            "rounding",
            "Calcium rounded to 0 decimals before the conversion",
        ),
        (
            "Creatinine Clearance (Cockcroft-Gault Equation)",
            {
                "age": [60, "years"],
                "sex": "Male",
                "weight": [70, "kg"],
                "height": [175, "cm"],
                "creatinine": [1.46, "mg/dL"],
            },
            "77.5",
            "number",
            "rounding",
            "creatinine is rounded to 1 mg/dL on the way",
        ),
        (
            DUE,
            {"Last menstrual date": "01/01/2023", "cycle length": 30},
            "10/06/2023",
            "date",
            "formula",
            "it follows another version (280 days, corrected for the cycle the wrong way round)",
        ),
        (
            "Sodium Correction for Hyperglycemia",
            {"Sodium": [130, "mEq/L"], "Glucose": [600, "mg/dL"]},
            "142",
            "number",
            "formula",
            "it follows another version (Hillier 1999: 2.4 mEq/L for each 100 mg/dL)",
        ),
        (GCS, COMA, "3", "integer", "formula", "no single step explains it"),
        (
            DUE,
            {"Last menstrual date": "01/01/2023", "cycle length": 28},
            "10/18/2023",
            "date",
            "formula",
            "that is 10 days later",
        ),
    ],
)
def test_the_step_that_differs(
    group: str, entities: dict[str, Any], label: str, kind: str, step: str, words: str
) -> None:
    ballot = vote(group, entities, label, kind)
    assert (ballot.verdict, ballot.detail["step"]) == ("object", step), ballot.rationale
    assert ballot.rationale.endswith(f"but the label is {label}: {words}."), ballot.rationale


WARM = {
    "Temperature": [37, "degrees celsius"],
    "Heart Rate or Pulse": [80, "beats per minute"],
    "respiratory rate": [14, "breaths per minute"],
    "White blood cell count": [7000, "µL"],
}
ILL = WARM | {
    "Systolic Blood Pressure": [120, "mm Hg"],
    "Diastolic Blood Pressure": [80, "mm Hg"],
    "FiO₂": [21, "%"],
    "Partial pressure of oxygen (PaO₂) for Apache II": [90, "mm Hg"],
    "pH": 7.4,
    "Sodium": [140, "mEq/L"],
    "Potassium": [4, "mEq/L"],
    "creatinine": [1, "mg/dL"],
    "Hematocrit": [40, "%"],
    "Glasgow Coma Score": 13,
    "age": [40, "years"],
}
UNITS = (
    "Temperature is put into the formula in °F instead of °C and "
    "White blood cell count is put into the formula in 10^9/L instead of /µL"
)
ADDED = "it follows another version (the Glasgow Coma Scale is added, not what it lacks of 15)"


@pytest.mark.parametrize(
    ("group", "entities", "label", "step", "words"),
    [
        ("SIRS Criteria", WARM, "2", "unit", UNITS),
        ("APACHE II Score", ILL, "13", "formula", ADDED),  # instead of 2
        ("APACHE II Score", ILL, "21", "formula", f"{ADDED}, and {UNITS}"),  # and 4 points for each
    ],
)
def test_a_score_that_no_single_step_explains_may_have_confused_two_units(
    group: str, entities: dict[str, Any], label: str, step: str, words: str
) -> None:
    ballot = vote(group, entities, label)
    assert ballot.detail["step"] == step
    assert ballot.rationale.endswith(f"but the label is {label}: {words}."), ballot.rationale


def test_a_result_rounded_too_far() -> None:
    ballot = vote(FRAMINGHAM, SMOKER | {"Smoker": False}, "9", "number")
    assert ballot.detail["step"] == "rounding"
    assert ballot.rationale.endswith("but the label is 9: it is rounded too far.")


def test_the_limits_of_the_label_and_the_rule_of_the_preset_both_excuse_a_difference() -> None:
    within = Limits.between("11", "13").to_json()
    rule = Limits.within(relative="0.1").to_json()
    assert vote(ANION, SALTS, "12.5", "number").verdict == "object"
    assert vote(ANION, SALTS, "12.5", "number", limits=within).verdict == "abstain"
    assert vote(ANION, SALTS, "12.5", "number", rule=rule).verdict == "abstain"


def test_a_missing_or_unreadable_input_is_no_objection() -> None:
    without = {name: value for name, value in SALTS.items() if name != "Chloride"}
    ballot = vote(ANION, without, "50", "number")
    assert ballot == Ballot("abstain", "Anion gap cannot be recomputed: Chloride is not given.")
    assert vote(ANION, SALTS | {"Chloride": "much"}, "50", "number").verdict == "abstain"
    assert vote(ANION, "not entities", "50", "number") == Ballot("abstain")
    assert vote(ANION, "[1, 2]", "50", "number") == Ballot("abstain")
    assert vote(GCS, COMA | {"Best verbal response": "not testable"}, "11").verdict == "abstain"


def test_an_impossible_result_speaks_against_a_label_that_agrees_with_it_alone() -> None:
    small = {"weight": [300, "kg"], "height": [40, "cm"]}
    told = "Body mass index comes to 1875 from these entities, which is impossible"
    ballot = vote("Body Mass Index (BMI)", small, "25", "number")
    assert ballot == Ballot("abstain", f"{told}.")
    ballot = vote("Body Mass Index (BMI)", small, "1875", "number")
    assert (ballot.verdict, ballot.detail["step"]) == ("object", "unit")
    assert ballot.rationale == f"{told}, and yet the label is 1875."


@pytest.mark.parametrize("one", calculators.known(), ids=lambda one: one.name)
def test_whatever_entities_hold_there_is_a_vote(one: calculators.Calculator) -> None:
    kind = one.kind if one.kind in ("date", "duration") else "number"
    answer = "2020-01-01" if kind == "date" else "7"
    plain = {name: 5 for form in one.inputs.values() for name in form.entities}
    for form in one.inputs.values():
        for odd in (10**400, float("inf"), -1, True, []):
            for written in (odd, [odd, form.unit]):
                told = repr(plain | {form.entities[0]: written}).replace("inf", "1e999")
                assert vote(one.groups[0], told, answer, kind).verdict != "support"


def test_a_label_that_is_wrong_whatever_the_missing_finding_is_gets_an_objection() -> None:
    ballot = vote(GCS, COMA | {"Best verbal response": "not testable"}, "15")
    assert (ballot.verdict, ballot.answer) == ("object", "")
    assert ballot.rationale == (
        "Glasgow Coma Scale is 9 to 13, whatever Best verbal response is taken for, "
        "but the label is 15."
    )
    assert ballot.detail["computed"] == "9 to 13"
    unknown = dict.fromkeys(COMA, "not testable")
    assert vote(GCS, unknown, "18").verdict == "abstain"


def test_an_unanswerable_label_is_left_alone() -> None:
    assert vote(GCS, COMA, "N/A") == Ballot("abstain")


def test_there_is_nothing_to_look_at_without_calculator_or_entities() -> None:
    verifier = RecalculateVerifier()
    assert verifier.look(item("Apgar", COMA, "7")) is None
    assert verifier.look(replace(item(GCS, COMA, "7"), derivation={})) is None
    assert verifier.look(replace(item(GCS, COMA, "7"), derivation={"entities": None})) is None


def test_a_changed_calculator_makes_a_new_input_for_its_own_group_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verifier = RecalculateVerifier()
    before = [verifier.look(item(group, COMA, "12")) for group in (GCS, ANION)]
    old = find(GCS)
    assert old is not None
    monkeypatch.setitem(base._REGISTRY, GCS, replace(old, version="2"))
    after = [verifier.look(item(group, COMA, "12")) for group in (GCS, ANION)]
    assert before[0] != after[0]
    assert before[1] == after[1]


@pytest.mark.parametrize(
    ("group", "answer", "kind", "band"),
    [
        (GCS, "8", "integer", "severe"),
        (GCS, "9", "integer", "moderate"),
        (FRAMINGHAM, "21.5", "number", "above 20 %"),
        (GCS, "N/A", "integer", ""),
        (GCS, "much", "integer", ""),
        (DUE, "2023-10-08", "date", ""),
        ("Sequential Organ Failure Assessment (SOFA) Score", "3", "integer", ""),
        ("Apgar", "7", "integer", ""),
    ],
)
def test_the_risk_band_of_an_answer(group: str, answer: str, kind: str, band: str) -> None:
    assert calculators.band_of(group, answer, kind) == band


def test_a_label_for_a_patient_that_the_calculator_does_not_hold_for_is_objected_to() -> None:
    lipids = {
        "Total cholesterol": [300, "mg/dL"],
        "high-density lipoprotein cholesterol": [40, "mg/dL"],
        "Triglycerides": [900, "mg/dL"],
    }
    ballot = vote("LDL Calculated", lipids, "80", "number")
    assert (ballot.verdict, ballot.answer) == ("object", "N/A")
    assert (
        "does not hold above 400 mg/dL of triglycerides, and yet the label is 80"
        in ballot.rationale
    )
    assert ballot.detail["step"] == "formula"


def test_a_label_from_an_amount_that_no_patient_has_is_objected_to() -> None:
    salts = {**SALTS, "Albumin": [17.1, "g/dL"]}
    ballot = vote("Albumin Corrected Anion Gap", salts, "-20.75", "number")
    assert (ballot.verdict, ballot.answer) == ("object", "")
    assert "no patient has 17.1 g/dL" in ballot.rationale
    assert ballot.detail["step"] == "unit"


def test_half_a_prescription_is_no_ground_for_an_objection() -> None:
    group = "Morphine Milligram Equivalents (MME) Calculator"
    assert vote(group, {"Morphine Dose": [10, "mg"]}, "10", "number").verdict == "abstain"
