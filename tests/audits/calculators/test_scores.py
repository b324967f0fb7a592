"""Scores against the tables and worked examples that were published with them.

Each score has its healthiest and its worst patient, who must reach the ends of the published range,
and the cut-offs of its table, each from both sides.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from audits import calculators
from audits.calculators import Calculator, NotComputable, Unreadable

Entities = dict[str, Any]


def score(group: str) -> Calculator:
    """The one calculator whose group begins so."""
    (found,) = {one for one in calculators.known() for name in one.groups if name.startswith(group)}
    return found


def flags(one: Calculator, present: bool) -> Entities:
    """All findings of a score, there or not."""
    return {
        name: present
        for form in one.inputs.values()
        if form.kind == "flag"
        for name in form.entities
    }


WELL: Mapping[str, Entities] = {
    "Glasgow Coma": {
        "Best eye response": "no eye opening",
        "Best verbal response": "no verbal response",
        "Best motor response": "no motor response",
    },
    "Child-Pugh": {
        "Bilirubin": [1, "mg/dL"],
        "Albumin": [4, "g/dL"],
        "international normalized ratio": 1.0,
    },
    "Glasgow-Blatchford": {
        "Blood Urea Nitrogen (BUN)": [10, "mg/dL"],
        "Hemoglobin": [14, "g/dL"],
        "sex": "Male",
        "Systolic Blood Pressure": [120, "mm Hg"],
        "Heart Rate or Pulse": [80, "beats per minute"],
    },
    "FeverPAIN": {},
    "Centor": {"age": [50, "years"], "Temperature": [37, "degrees celsius"]},
    "CURB-65": {
        "age": [40, "years"],
        "Blood Urea Nitrogen (BUN)": [10, "mg/dL"],
        "respiratory rate": [14, "breaths per minute"],
        "Systolic Blood Pressure": [120, "mm Hg"],
        "Diastolic Blood Pressure": [80, "mm Hg"],
    },
    "PSI": {
        "age": [40, "years"],
        "sex": "Female",
        "respiratory rate": [14, "breaths per minute"],
        "Systolic Blood Pressure": [120, "mm Hg"],
        "Temperature": [37, "degrees celsius"],
        "Heart Rate or Pulse": [80, "beats per minute"],
        "pH": 7.4,
        "Blood Urea Nitrogen (BUN)": [10, "mg/dL"],
        "Sodium": [140, "mEq/L"],
        "Glucose": [100, "mg/dL"],
        "Hematocrit": [40, "%"],
        "Partial pressure of oxygen (PaO₂) for Apache II": [90, "mm Hg"],
    },
    "SIRS": {
        "Temperature": [37, "degrees celsius"],
        "Heart Rate or Pulse": [80, "beats per minute"],
        "respiratory rate": [14, "breaths per minute"],
        "White blood cell count": [7000, "µL"],
    },
    "Sequential": {
        "Partial pressure of oxygen (PaO₂) for Apache II": [90, "mm Hg"],
        "FiO₂": [21, "%"],
        "Platelet count": [250000, "µL"],
        "Bilirubin": [1, "mg/dL"],
        "Glasgow Coma Score": 15,
        "Systolic Blood Pressure": [120, "mm Hg"],
        "Diastolic Blood Pressure": [80, "mm Hg"],
        "creatinine": [1, "mg/dL"],
        "Urine Output": [1500, "mL/day"],
    },
    "APACHE": {
        "Temperature": [37, "degrees celsius"],
        "Systolic Blood Pressure": [120, "mm Hg"],
        "Diastolic Blood Pressure": [80, "mm Hg"],
        "Heart Rate or Pulse": [80, "beats per minute"],
        "respiratory rate": [14, "breaths per minute"],
        "FiO₂": [21, "%"],
        "Partial pressure of oxygen (PaO₂) for Apache II": [90, "mm Hg"],
        "pH": 7.4,
        "Sodium": [140, "mEq/L"],
        "Potassium": [4, "mEq/L"],
        "creatinine": [1, "mg/dL"],
        "Hematocrit": [40, "%"],
        "White blood cell count": [7000, "µL"],
        "Glasgow Coma Score": 15,
        "age": [40, "years"],
    },
    "HEART": {
        "Suspicion History": "Slightly suspicious",
        "Electrocardiogram Test": "Normal",
        "age": [40, "years"],
        "Initial troponin": "less than or equal to normal limit",
    },
    "Revised Cardiac": {"Pre-operative creatinine": [1, "mg/dL"]},
    "CHA2DS2": {"age": [40, "years"], "sex": "Male"},
    "HAS-BLED": {"age": [40, "years"]},
    "PERC": {
        "age": [40, "years"],
        "Heart Rate or Pulse": [80, "beats per minute"],
        "O₂ saturation percentage": [98, "%"],
    },
    "Wells' Criteria for Pulmonary": {"Heart Rate or Pulse": [80, "beats per minute"]},
    "Wells' Criteria for DVT": {},
    "Caprini": {"age": [30, "years"], "Body Mass Index (BMI)": [22, "kg/m^2"]},
    "Charlson": {"age": [40, "years"]},
}

# What makes the worst patient of the well one, besides all findings being there.
ILL: Mapping[str, Entities] = {
    "Glasgow Coma": {
        "Best eye response": "eyes open spontaneously",
        "Best verbal response": "oriented",
        "Best motor response": "obeys commands",
    },
    "Child-Pugh": {
        "Bilirubin": [4, "mg/dL"],
        "Albumin": [2, "g/dL"],
        "international normalized ratio": 3.0,
        "Ascites": "moderate",
        "Encephalopathy": "Grade 3-4",
    },
    "Glasgow-Blatchford": {
        "Blood Urea Nitrogen (BUN)": [80, "mg/dL"],
        "Hemoglobin": [9, "g/dL"],
        "Systolic Blood Pressure": [80, "mm Hg"],
        "Heart Rate or Pulse": [110, "beats per minute"],
    },
    "FeverPAIN": {},
    "Centor": {"age": [10, "years"], "Temperature": [39, "degrees celsius"]},
    "CURB-65": {
        "age": [70, "years"],
        "Blood Urea Nitrogen (BUN)": [30, "mg/dL"],
        "respiratory rate": [30, "breaths per minute"],
        "Systolic Blood Pressure": [80, "mm Hg"],
    },
    "PSI": {
        "age": [130, "years"],
        "sex": "Male",
        "respiratory rate": [30, "breaths per minute"],
        "Systolic Blood Pressure": [80, "mm Hg"],
        "Temperature": [40, "degrees celsius"],
        "Heart Rate or Pulse": [125, "beats per minute"],
        "pH": 7.2,
        "Blood Urea Nitrogen (BUN)": [30, "mg/dL"],
        "Sodium": [120, "mEq/L"],
        "Glucose": [250, "mg/dL"],
        "Hematocrit": [25, "%"],
        "Partial pressure of oxygen (PaO₂) for Apache II": [50, "mm Hg"],
    },
    "SIRS": {
        "Temperature": [39, "degrees celsius"],
        "Heart Rate or Pulse": [100, "beats per minute"],
        "respiratory rate": [30, "breaths per minute"],
        "White blood cell count": [17000, "µL"],
    },
    "Sequential": {
        "Partial pressure of oxygen (PaO₂) for Apache II": [50, "mm Hg"],
        "FiO₂": [100, "%"],
        "Platelet count": [10000, "µL"],
        "Bilirubin": [14, "mg/dL"],
        "Glasgow Coma Score": 3,
        "norEPINEPHrine": [0.2, "mcg/kg/min"],
        "creatinine": [6, "mg/dL"],
    },
    "APACHE": {
        "Temperature": [42, "degrees celsius"],
        "Systolic Blood Pressure": [50, "mm Hg"],
        "Diastolic Blood Pressure": [30, "mm Hg"],
        "Heart Rate or Pulse": [190, "beats per minute"],
        "respiratory rate": [60, "breaths per minute"],
        "FiO₂": [100, "%"],
        "A-a gradient": 600,
        "pH": 7.0,
        "Sodium": [100, "mEq/L"],
        "Potassium": [8, "mEq/L"],
        "creatinine": [5, "mg/dL"],
        "Hematocrit": [15, "%"],
        "White blood cell count": [500, "µL"],
        "Glasgow Coma Score": 3,
        "age": [80, "years"],
    },
    "HEART": {
        "Suspicion History": "Highly suspicious",
        "Electrocardiogram Test": "Significant ST deviation",
        "age": [70, "years"],
        "Initial troponin": "greater than three times normal limit",
    },
    "Revised Cardiac": {"Pre-operative creatinine": [3, "mg/dL"]},
    "CHA2DS2": {"age": [80, "years"], "sex": "Female"},
    "HAS-BLED": {"age": [70, "years"], "Number of Alcoholic Drinks Per Week": 10},
    "PERC": {
        "age": [60, "years"],
        "Heart Rate or Pulse": [110, "beats per minute"],
        "O₂ saturation percentage": [90, "%"],
    },
    "Wells' Criteria for Pulmonary": {"Heart Rate or Pulse": [110, "beats per minute"]},
    "Wells' Criteria for DVT": {
        "Alternative diagnosis to Deep Vein Thrombosis as likely or more likely": False
    },
    "Caprini": {
        "age": [80, "years"],
        "Body Mass Index (BMI)": [30, "kg/m^2"],
        "Surgery Type": "elective major lower extremity arthroplasty",
        "Mobility": "confined to bed >72 hours",
    },
    "Charlson": {
        "age": [85, "years"],
        "Liver disease severity": "Moderate to Severe",
        "Diabetes mellitus criteria for CCI rule": "End-organ damage",
        "Moderate to severe Chronic Kidney Disease": True,
        "Solid tumor": "Metastatic",
    },
}
# The healthiest patient of these has a finding, or is older.
HEALTHIEST: Mapping[str, Entities] = {
    "Wells' Criteria for DVT": {
        "Alternative diagnosis to Deep Vein Thrombosis as likely or more likely": True
    },
    "PSI": {"age": [0, "years"]},
}


def worst(group: str) -> Entities:
    one = score(group)
    return WELL[group] | flags(one, True) | ILL[group]


@pytest.mark.parametrize("group", WELL)
def test_the_worst_and_the_healthiest_patient_reach_the_ends_of_the_published_range(
    group: str,
) -> None:
    one = score(group)
    well = flags(one, False) | WELL[group] | HEALTHIEST.get(group, {})
    assert (one.compute(one.read(well)), one.compute(one.read(worst(group)))) == one.possible


@pytest.mark.parametrize("group", WELL)
def test_findings_that_nobody_mentions_count_as_absent(group: str) -> None:
    one = score(group)
    told = one.compute(one.read(flags(one, False) | WELL[group]))
    assert one.compute(one.read(WELL[group])) == told


@pytest.mark.parametrize(
    "group", [group for group, given in WELL.items() if group != "HAS-BLED" and given]
)
def test_without_a_required_value_there_is_no_score(group: str) -> None:
    one = score(group)
    for name in WELL[group]:
        rest = {key: value for key, value in WELL[group].items() if key != name}
        if group == "Sequential" and name not in ("Bilirubin", "Platelet count", "FiO₂"):
            continue
        with pytest.raises(NotComputable):
            one.compute(one.read(rest))


DVT = "Previously documented Deep Vein Thrombosis"
PE = "Previously Documented Pulmonary Embolism"
OPERATED = "Major surgery within 12 weeks"
A = "Partial pressure of oxygen (PaO₂) for Apache II"
BUN = "Blood Urea Nitrogen (BUN)"
SBP, DBP = "Systolic Blood Pressure", "Diastolic Blood Pressure"
# Group, component, entity, unit, and the points on both sides of each cut-off.
CUT_OFFS: list[tuple[str, str, str, str, dict[float, float]]] = [
    ("Child-Pugh", "bilirubin", "Bilirubin", "mg/dL", {1.9: 1, 2: 2, 3: 2, 3.1: 3}),
    ("Child-Pugh", "albumin", "Albumin", "g/dL", {3.6: 1, 3.5: 2, 2.8: 2, 2.7: 3}),
    ("Child-Pugh", "INR", "international normalized ratio", "", {1.6: 1, 1.7: 2, 2.3: 2, 2.4: 3}),
    (
        "Glasgow-Blatchford",
        "urea",
        BUN,
        "mmol/L",
        {6.4: 0, 6.5: 2, 7.9: 2, 8: 3, 9.9: 3, 10: 4, 24.9: 4, 25: 6},
    ),
    (
        "Glasgow-Blatchford",
        "haemoglobin",
        "Hemoglobin",
        "g/dL",
        {13: 0, 12.9: 1, 12: 1, 11.9: 3, 10: 3, 9.9: 6},
    ),
    (
        "Glasgow-Blatchford",
        "systolic pressure",
        SBP,
        "mm Hg",
        {110: 0, 109: 1, 100: 1, 99: 2, 90: 2, 89: 3},
    ),
    ("Glasgow-Blatchford", "pulse from 100", "Heart Rate or Pulse", "bpm", {99: 0, 100: 1}),
    ("Centor", "age", "age", "years", {3: 1, 14: 1, 15: 0, 44: 0, 45: -1}),
    ("Centor", "temperature above 38 °C", "Temperature", "degrees celsius", {38: 0, 38.1: 1}),
    ("Centor", "temperature above 38 °C", "Temperature", "degrees fahrenheit", {100.4: 0, 101: 1}),
    ("CURB-65", "urea above 7 mmol/L", BUN, "mmol/L", {7: 0, 7.1: 1}),
    ("CURB-65", "urea above 7 mmol/L", BUN, "mg/dL", {19: 0, 20: 1}),
    ("CURB-65", "respiratory rate from 30", "respiratory rate", "/min", {29: 0, 30: 1}),
    ("CURB-65", "low blood pressure", SBP, "mm Hg", {90: 0, 89: 1}),
    ("CURB-65", "low blood pressure", DBP, "mm Hg", {61: 0, 60: 1}),
    ("CURB-65", "age from 65", "age", "years", {64: 0, 65: 1}),
    (
        "PSI",
        "temperature below 35 or from 40 °C",
        "Temperature",
        "degrees celsisus",
        {34.9: 15, 35: 0, 39.9: 0, 40: 15},
    ),
    ("PSI", "pulse from 125", "Heart Rate or Pulse", "bpm", {124: 0, 125: 10}),
    ("PSI", "pH below 7.35", "pH", "", {7.35: 0, 7.34: 30}),
    ("PSI", "urea nitrogen from 30 mg/dL", BUN, "mg/dL", {29: 0, 30: 20}),
    ("PSI", "sodium below 130", "Sodium", "mmol/L", {130: 0, 129: 20}),
    ("PSI", "glucose from 250 mg/dL", "Glucose", "mmol/L", {13.8: 0, 14: 10}),
    ("PSI", "haematocrit below 30 %", "Hematocrit", "%", {30: 0, 29: 10}),
    ("PSI", "oxygen below 60 mmHg", A, "mm Hg", {60: 0, 59: 10}),
    ("SIRS", "temperature", "Temperature", "degrees celsius", {35.9: 1, 36: 0, 38: 0, 38.1: 1}),
    ("SIRS", "pulse above 90", "Heart Rate or Pulse", "bpm", {90: 0, 91: 1}),
    ("SIRS", "breathing", "respiratory rate", "/min", {20: 0, 21: 1}),
    ("SIRS", "breathing", "PaCO₂", "mm hg", {32: 0, 31: 1}),
    (
        "SIRS",
        "white cells",
        "White blood cell count",
        "µL",
        {3999: 1, 4000: 0, 12000: 0, 12001: 1},
    ),
    ("Sequential", "lungs", A, "mm Hg", {84: 0, 83.9: 1, 63: 1, 62.9: 2, 41.9: 2, 20: 2}),
    (
        "Sequential",
        "platelets",
        "Platelet count",
        "µL",
        {150e3: 0, 149e3: 1, 100e3: 1, 99e3: 2, 50e3: 2, 49e3: 3, 20e3: 3, 19e3: 4},
    ),
    (
        "Sequential",
        "liver",
        "Bilirubin",
        "mg/dL",
        {1.1: 0, 1.2: 1, 1.9: 1, 2: 2, 5.9: 2, 6: 3, 11.9: 3, 12.1: 4},
    ),
    ("Sequential", "circulation", SBP, "mm Hg", {50: 0, 49: 1}),
    ("Sequential", "circulation", "DOPamine", "mcg/kg/min", {0: 0, 5: 2, 5.1: 3, 15: 3, 15.1: 4}),
    ("Sequential", "circulation", "DOBUTamine", "mcg/kg/min", {0: 0, 3: 2}),
    ("Sequential", "circulation", "EPINEPHrine", "mcg/kg/min", {0: 0, 0.1: 3, 0.11: 4}),
    ("Sequential", "circulation", "norEPINEPHrine", "mc/kg/min", {0: 0, 0.1: 3, 0.11: 4}),
    (
        "Sequential",
        "consciousness",
        "Glasgow Coma Score",
        "",
        {15: 0, 14: 1, 13: 1, 12: 2, 10: 2, 9: 3, 6: 3, 5: 4},
    ),
    (
        "Sequential",
        "kidneys",
        "creatinine",
        "mg/dL",
        {1.1: 0, 1.2: 1, 1.9: 1, 2: 2, 3.4: 2, 3.5: 3, 4.9: 3, 5.1: 4},
    ),
    ("Sequential", "kidneys", "Urine Output", "mL/day", {500: 0, 499: 3, 200: 3, 199: 4}),
    (
        "APACHE",
        "temperature",
        "Temperature",
        "degrees celsius",
        {
            41: 4, 40.9: 3, 39: 3, 38.9: 1, 38.5: 1, 38.4: 0, 36: 0, 35.9: 1, 34: 1, 33.9: 2,
            32: 2, 31.9: 3, 30: 3, 29.9: 4,
        },
    ),
    (
        "APACHE",
        "mean pressure",
        DBP,
        "mm Hg",
        {180: 4, 179: 3, 135: 3, 134: 2, 105: 2, 104: 0, 45: 0, 44: 2, 15: 2, 14: 4},
    ),
    (
        "APACHE",
        "pulse",
        "Heart Rate or Pulse",
        "bpm",
        {
            180: 4, 179: 3, 140: 3, 139: 2, 110: 2, 109: 0, 70: 0, 69: 2, 55: 2, 54: 3, 40: 3,
            39: 4,
        },
    ),
    (
        "APACHE",
        "breathing",
        "respiratory rate",
        "/min",
        {50: 4, 49: 3, 35: 3, 34: 1, 25: 1, 24: 0, 12: 0, 11: 1, 10: 1, 9: 2, 6: 2, 5: 4},
    ),
    ("APACHE", "oxygenation", A, "mm Hg", {71: 0, 70: 1, 61: 1, 60: 3, 55: 3, 54: 4}),
    (
        "APACHE",
        "pH",
        "pH",
        "",
        {
            7.7: 4, 7.69: 3, 7.6: 3, 7.59: 1, 7.5: 1, 7.49: 0, 7.33: 0, 7.32: 2, 7.25: 2, 7.24: 3,
            7.15: 3, 7.14: 4,
        },
    ),
    (
        "APACHE",
        "sodium",
        "Sodium",
        "mEq/L",
        {
            180: 4, 179: 3, 160: 3, 159: 2, 155: 2, 154: 1, 150: 1, 149: 0, 130: 0, 129: 2, 120: 2,
            119: 3, 111: 3, 110: 4,
        },
    ),
    (
        "APACHE",
        "potassium",
        "Potassium",
        "mmol/L",
        {7: 4, 6.9: 3, 6: 3, 5.9: 1, 5.5: 1, 5.4: 0, 3.5: 0, 3.4: 1, 3: 1, 2.9: 2, 2.5: 2, 2.4: 4},
    ),
    (
        "APACHE",
        "creatinine",
        "creatinine",
        "mg/dL",
        {3.5: 4, 3.4: 3, 2: 3, 1.9: 2, 1.5: 2, 1.4: 0, 0.6: 0, 0.5: 2},
    ),
    (
        "APACHE",
        "haematocrit",
        "Hematocrit",
        "%",
        {60: 4, 59.9: 2, 50: 2, 49.9: 1, 46: 1, 45.9: 0, 30: 0, 29.9: 2, 20: 2, 19.9: 4},
    ),
    (
        "APACHE",
        "white cells",
        "White blood cell count",
        "µL",
        {
            40e3: 4, 39.9e3: 2, 20e3: 2, 19.9e3: 1, 15e3: 1, 14.9e3: 0, 3e3: 0, 2.9e3: 2, 1e3: 2,
            900: 4,
        },
    ),
    ("APACHE", "consciousness", "Glasgow Coma Score", "", {15: 0, 3: 12}),
    (
        "APACHE",
        "age",
        "age",
        "years",
        {44: 0, 45: 2, 54: 2, 55: 3, 64: 3, 65: 5, 74: 5, 75: 6},
    ),
    ("HEART", "age", "age", "years", {44: 0, 45: 1, 64: 1, 65: 2}),
    (
        "Revised Cardiac",
        "creatinine above 2 mg/dL",
        "Pre-operative creatinine",
        "mg/dL",
        {2: 0, 2.1: 1},
    ),
    ("CHA2DS2", "age", "age", "years", {64: 0, 65: 1, 74: 1, 75: 2}),
    ("HAS-BLED", "age above 65", "age", "years", {65: 0, 66: 1}),
    ("HAS-BLED", "alcohol", "Number of Alcoholic Drinks Per Week", "", {7: 0, 8: 1}),
    ("PERC", "age from 50", "age", "years", {49: 0, 50: 1}),
    ("PERC", "pulse from 100", "Heart Rate or Pulse", "bpm", {99: 0, 100: 1}),
    ("PERC", "saturation below 95 %", "O₂ saturation percentage", "%", {95: 0, 94: 1}),
    (
        "Wells' Criteria for Pulmonary",
        "pulse above 100",
        "Heart Rate or Pulse",
        "bpm",
        {100: 0, 101: 1.5},
    ),
    ("Caprini", "age", "age", "years", {40: 0, 41: 1, 60: 1, 61: 2, 74: 2, 75: 3}),
    ("Caprini", "BMI above 25", "Body Mass Index (BMI)", "kg/m^2", {25: 0, 25.1: 1}),
    (
        "Charlson",
        "age",
        "age",
        "years",
        {49: 0, 50: 1, 59: 1, 60: 2, 69: 2, 70: 3, 79: 3, 80: 4},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("group", "component", "entity", "unit", "expected"),
    CUT_OFFS,
    ids=[f"{group}: {entity}" for group, _, entity, _, _ in CUT_OFFS],
)
def test_each_cut_off_of_the_published_table(
    group: str, component: str, entity: str, unit: str, expected: dict[float, float]
) -> None:
    one = score(group)
    found = {
        value: one.points(one.read(WELL[group] | {entity: [value, unit] if unit else value}))[
            component
        ]
        for value in expected
    }
    assert found == expected


def total(group: str, **more: Any) -> float:
    one = score(group)
    found = one.compute(one.read(WELL[group] | {k.replace("_", " "): v for k, v in more.items()}))
    assert isinstance(found, float)
    return found


@pytest.mark.parametrize(
    ("group", "finding", "points"),
    [
        *[
            ("Glasgow-Blatchford", name, points)
            for name, points in (
                ("Melena present", 1),
                ("Recent syncope", 2),
                ("Hepatic disease history", 2),
                ("Cardiac failure present", 2),
            )
        ],
        *[
            ("PSI", name, points)
            for name, points in (
                ("Nursing home resident", 10),
                ("Neoplastic disease", 30),
                ("Liver disease severity", 20),
                ("Congestive Heart Faliure", 10),
                ("Cerebrovascular disease history", 10),
                ("Renal disease", 10),
                ("Altered mental status", 20),
                ("Pleural effusion on x-ray", 10),
            )
        ],
        *[
            ("CHA2DS2", name, points)
            for name, points in (
                ("Congestive Heart Faliure", 1),
                ("Hypertension history", 1),
                ("Diabetes history", 1),
                ("Stroke", 2),
                ("Transient Ischemic Attacks History", 2),
                ("Thromboembolism history", 2),
                ("Vascular disease history", 1),
            )
        ],
        *[
            ("Wells' Criteria for Pulmonary", name, points)
            for name, points in (
                ("Clinical signs and symptoms of Deep Vein Thrombosis", 3),
                ("Pulmonary Embolism is #1 diagnosis OR equally likely", 3),
                ("Immobilization for at least 3 days", 1.5),
                ("Surgery in the previous 4 weeks", 1.5),
                ("Previously documented Deep Vein Thrombosis", 1.5),
                ("Hemoptysis", 1),
                ("Malignancy with treatment within 6 months or palliative", 1),
            )
        ],
        *[
            ("Caprini", name, points)
            for name, points in (
                ("Major Surgery in the last month", 1),
                ("Pneumonia in the last month", 1),
                ("Chronic Obstructive Pulmonary Disease", 1),
                ("Varicose veins", 1),
                ("Present or previous malignancy", 2),
                ("Immobilizing plaster cast in the last month", 2),
                ("Current central venous access", 2),
                ("Previously documented Deep Vein Thrombosis", 3),
                ("Family history of thrombosis", 3),
                ("Heparin-induced thrombocytopenia", 3),
                ("Hip, pelvis, or leg fracture in the last month", 5),
                ("Stroke in the last month", 5),
                ("Multiple trauma in the last month", 5),
            )
        ],
        *[
            ("Charlson", name, points)
            for name, points in (
                ("Myocardial infarction", 1),
                ("Dementia", 1),
                ("Peptic ulcer disease", 1),
                ("Connective tissue disease", 1),
                ("Hemiplegia", 2),
                ("Leukemia", 2),
                ("Lymphoma", 2),
                ("AIDS", 6),
            )
        ],
    ],
)
def test_a_single_finding_has_its_published_points(group: str, finding: str, points: float) -> None:
    one = score(group)
    well = one.compute(one.read(WELL[group]))
    assert one.compute(one.read(WELL[group] | {finding: True})) == well + points


@pytest.mark.parametrize(
    ("group", "pair"),
    [
        ("CHA2DS2", ("Stroke", "Transient Ischemic Attacks History")),
        ("PERC", (DVT, PE)),
        ("Caprini", (DVT, PE)),
        ("Charlson", ("Cerebrovascular Accident", "Transient Ischemic Attacks History")),
        (
            "Wells' Criteria for Pulmonary",
            ("Immobilization for at least 3 days", "Surgery in the previous 4 weeks"),
        ),
        (
            "Wells' Criteria for DVT",
            ("Bedridden recently >3 days or major surgery within 12 weeks", OPERATED),
        ),
    ],
)
def test_findings_of_one_criterion_count_once(group: str, pair: tuple[str, str]) -> None:
    one = score(group)
    first, second = (WELL[group] | {name: True} for name in pair)
    assert one.compute(one.read(first)) == one.compute(one.read(first | second))


def test_words_of_grade_have_their_published_points() -> None:
    for word, points in {"none": 0, "Mild": 1, "Moderate": 3, "Severe": 3}.items():
        assert total("Charlson", Liver_disease_severity=word) == points
    for word, points in {"Uncomplicated": 1, "End-organ damage": 2}.items():
        assert total("Charlson", Diabetes_mellitus_criteria_for_CCI_rule=word) == points
    for word, points in {"Localized": 2, "Metastatic": 6}.items():
        assert total("Charlson", Solid_tumor=word) == points
    for word, points in {"slight": 6, "moderate": 7}.items():
        assert total("Child-Pugh", Ascites=word) == points
    for word, points in {"Grade 0": 5, "Grade 1-2": 6, "Grade 3-4": 7}.items():
        assert total("Child-Pugh", Encephalopathy=word) == points
    for word, points in {"minor": 1, "major": 2, "laparoscopic": 2}.items():
        assert total("Caprini", Surgery_Type=word) == points
    assert total("Caprini", Mobility="on bed rest") == 1


def test_lungs_in_sofa_need_support_for_three_points() -> None:
    low = {"FiO₂": [50, "%"]}
    assert total("Sequential", **low) == 2
    assert total("Sequential", **low, On_mechanical_ventilation=True) == 3
    assert total("Sequential", **low, Continous_positive_airway_pressure=True) == 3
    assert total("Sequential", **{"FiO₂": [95, "%"]}, On_mechanical_ventilation=True) == 4


def test_hypotension_as_told_counts_in_sofa_where_no_pressure_is_given() -> None:
    one = score("Sequential")
    given = {k: v for k, v in WELL["Sequential"].items() if "Pressure" not in k}
    assert one.compute(one.read(given | {"Hypotension": True})) == 1
    assert one.compute(one.read(given)) == 0
    for name in ("creatinine", "Urine Output"):
        del given[name]
    with pytest.raises(NotComputable, match="neither creatinine nor urine output"):
        one.compute(one.read(given))


def test_apache_takes_the_gradient_from_half_oxygen_on() -> None:
    for gradient, points in {199: 0, 200: 2, 349: 2, 350: 3, 499: 3, 500: 4}.items():
        assert total("APACHE", **{"FiO₂": [50, "%"], "A-a gradient": gradient}) == points
    with pytest.raises(NotComputable, match="no A-a gradient is given"):
        total("APACHE", **{"FiO₂": [50, "%"]})


def test_apache_counts_chronic_health_by_surgery_and_acute_renal_failure_twice() -> None:
    chronic = {"History of severe organ failure or immunocompromise": True}
    assert total("APACHE", **chronic) == 5
    assert total("APACHE", **chronic, Surgery_Type="Elective") == 2
    assert total("APACHE", **chronic, Surgery_Type="Nonoperative ") == 5
    assert total("APACHE", creatinine=[2, "mg/dL"], Acute_renal_failure=True) == 6


def test_heart_counts_risk_factors_in_groups() -> None:
    assert total("HEART", smoking=True) == 1
    assert total("HEART", smoking=True, obesity=True) == 1
    assert total("HEART", smoking=True, obesity=True, hypercholesterolemia=True) == 2
    assert total("HEART", atherosclerotic_disease=True) == 2


def test_haemoglobin_of_women_has_no_point_from_twelve() -> None:
    for grams, points in {12: 0, 11.9: 1, 10: 1, 9.9: 6}.items():
        assert total("Glasgow-Blatchford", sex="Female", Hemoglobin=[grams, "g/dL"]) == points


def test_a_woman_of_sixty_from_a_nursing_home_has_sixty_points_in_psi() -> None:
    assert total("PSI", age=[60, "years"], Nursing_home_resident=True) == 60


def test_a_response_that_cannot_be_tested_has_no_total() -> None:
    with pytest.raises(Unreadable, match="not testable"):
        total("Glasgow Coma", Best_verbal_response="not testable")


def test_centor_is_for_children_from_three_years_on() -> None:
    with pytest.raises(NotComputable, match="from 3 years on"):
        total("Centor", age=[17, "months"])


# Profiles in the middle of their rows in ATP III's tables of points, and the risk their points have
# there (NIH Publication 01-3305, 2001). The points round the function that is computed here.
FRAMINGHAM = [
    ("Male", 52, 220, 45, 135, False, False, 8),
    ("Male", 52, 220, 45, 135, False, True, 16),
    ("Male", 42, 180, 55, 115, False, False, 1),
    ("Male", 62, 260, 35, 150, True, True, 33),
    ("Female", 57, 220, 45, 125, False, True, 6),
    ("Female", 67, 260, 55, 150, True, False, 11),
    ("Female", 42, 180, 65, 115, False, False, 1),
]


@pytest.mark.parametrize(
    ("sex", "age", "cholesterol", "hdl", "pressure", "treated", "smoker", "percent"), FRAMINGHAM
)
def test_framingham_agrees_with_the_tables_of_points(
    sex: str,
    age: int,
    cholesterol: int,
    hdl: int,
    pressure: int,
    treated: bool,
    smoker: bool,
    percent: int,
) -> None:
    one = score("Framingham")
    given = {
        "sex": sex,
        "age": [age, "years"],
        "Total cholesterol": [cholesterol, "mg/dL"],
        "high-density lipoprotein cholesterol": [hdl, "mg/dL"],
        "Systolic Blood Pressure": [pressure, "mm hg"],
        "Smoker": smoker,
        "Blood pressure being treated with medicines": treated,
    }
    assert one.compute(one.read(given)) == pytest.approx(percent, abs=2.5)
    moles = given | {"Total cholesterol": [cholesterol / 38.666, "mmol/L"]}
    assert one.compute(one.read(moles)) == pytest.approx(one.compute(one.read(given)), rel=1e-4)
