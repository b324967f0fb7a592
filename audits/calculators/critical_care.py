"""Scores of intensive care."""

from dataclasses import replace
from typing import Any

from audits.calculators.base import (
    Amount,
    Input,
    NotComputable,
    bands,
    calculator,
    flag,
    graded,
    number,
    quantity,
    word,
)
from audits.calculators.inputs import (
    AGE,
    BILIRUBIN,
    CREATININE,
    DIASTOLIC,
    HEART_RATE,
    HEMATOCRIT,
    PLATELETS,
    POTASSIUM,
    RESPIRATORY_RATE,
    SODIUM,
    SYSTOLIC,
    TEMPERATURE,
    WHITE_CELLS,
)

_OXYGEN = quantity("mmHg", "Partial pressure of oxygen (PaO₂) for Apache II")
_FIO2 = quantity("percent", "FiO₂")
_COMA = number("Glasgow Coma Score")
_RATE = "mcg/kg/min"


def _drug(name: str) -> Input:
    """A dose that nobody mentions is none."""
    return quantity(_RATE, name, missing=0)


@calculator(
    "SIRS criteria",
    groups=("SIRS Criteria",),
    kind="integer",
    possible=(0, 4),
    bands=bands("no SIRS", 2, "SIRS"),
    temperature=TEMPERATURE,
    heart_rate=HEART_RATE,
    respiratory_rate=RESPIRATORY_RATE,
    carbon_dioxide=quantity("mmHg", "PaCO₂", missing=None),
    white_cells=WHITE_CELLS,
)
def sirs(
    temperature: Amount,
    heart_rate: Amount,
    respiratory_rate: Amount,
    carbon_dioxide: Amount | None,
    white_cells: Amount,
) -> dict[str, float]:
    """A point each for temperature, pulse, breathing and white cells.

    Source: Bone RC et al. Definitions for sepsis and organ failure and guidelines for the use of
    innovative therapies in sepsis (ACCP/SCCM). Chest 1992;101:1644-1655. A PaCO2 that was not
    measured does not count.
    """
    low_carbon_dioxide = carbon_dioxide is not None and carbon_dioxide.magnitude < 32
    return {
        "temperature": 1 * (not 36 <= temperature.magnitude <= 38),
        "pulse above 90": 1 * (heart_rate.magnitude > 90),
        "breathing": 1 * (respiratory_rate.magnitude > 20 or low_carbon_dioxide),
        "white cells": 1 * (not 4000 <= white_cells.magnitude <= 12000),
    }


@calculator(
    "SOFA score",
    groups=("Sequential Organ Failure Assessment (SOFA) Score",),
    kind="integer",
    possible=(0, 24),
    oxygen=_OXYGEN,
    fio2=_FIO2,
    ventilated=flag("On mechanical ventilation"),
    cpap=flag("Continous positive airway pressure", "Continuous positive airway pressure"),
    platelets=PLATELETS,
    bilirubin=BILIRUBIN,
    coma=_COMA,
    systolic=replace(SYSTOLIC, missing=None),
    diastolic=replace(DIASTOLIC, missing=None),
    hypotension=flag("Hypotension"),
    dopamine=_drug("DOPamine"),
    dobutamine=_drug("DOBUTamine"),
    epinephrine=_drug("EPINEPHrine"),
    norepinephrine=_drug("norEPINEPHrine"),
    creatinine=replace(CREATININE, missing=None),
    urine=quantity("mL/day", "Urine Output", missing=None),
)
def sofa(
    oxygen: Amount,
    fio2: Amount,
    ventilated: bool,
    cpap: bool,
    platelets: Amount,
    bilirubin: Amount,
    coma: float,
    systolic: Amount | None,
    diastolic: Amount | None,
    hypotension: bool,
    dopamine: Amount,
    dobutamine: Amount,
    epinephrine: Amount,
    norepinephrine: Amount,
    creatinine: Amount | None,
    urine: Amount | None,
) -> dict[str, float]:
    """Six organs of 0 to 4 points each.

    Source: Vincent JL et al. The SOFA (Sepsis-related Organ Failure Assessment) score to describe
    organ dysfunction/failure. Intensive Care Med 1996;22:707-710. Three and four points for the
    lungs need respiratory support. The mean pressure is (systolic + 2 diastolic) / 3; where a
    pressure is not given, hypotension as told counts. Creatinine or urine output is required.
    """
    if creatinine is None and urine is None:
        raise NotComputable("neither creatinine nor urine output is given")
    return {
        "lungs": _lungs(oxygen.magnitude / (fio2.magnitude / 100), ventilated or cpap),
        "platelets": graded(platelets, 4, 20e3, 3, 50e3, 2, 100e3, 1, 150e3, 0),
        "liver": graded(bilirubin, 0, 1.2, 1, 2, 2, 6, 3, 12, 4),
        "circulation": max(
            _pressors(dopamine.magnitude, epinephrine.magnitude, norepinephrine.magnitude),
            2 * (dobutamine.magnitude > 0),
            _low_pressure(systolic, diastolic, hypotension),
        ),
        "consciousness": graded(coma, 4, 6, 3, 10, 2, 13, 1, 15, 0),
        "kidneys": max(
            0 if creatinine is None else graded(creatinine, 0, 1.2, 1, 2, 2, 3.5, 3, 5, 4),
            0 if urine is None else graded(urine, 4, 200, 3, 500, 0),
        ),
    }


def _lungs(ratio: float, supported: bool) -> float:
    points = graded(ratio, 4, 100, 3, 200, 2, 300, 1, 400, 0)
    return points if supported else min(points, 2)


def _pressors(dopamine: float, epinephrine: float, norepinephrine: float) -> float:
    if dopamine > 15 or epinephrine > 0.1 or norepinephrine > 0.1:
        return 4
    if dopamine > 5 or epinephrine > 0 or norepinephrine > 0:
        return 3
    return 2 * (dopamine > 0)


def _low_pressure(systolic: Amount | None, diastolic: Amount | None, hypotension: bool) -> float:
    if systolic is None or diastolic is None:
        return 1 * hypotension
    return 1 * (_mean(systolic, diastolic) < 70)


def _mean(systolic: Amount, diastolic: Amount) -> float:
    """The mean arterial pressure, mmHg."""
    return float(systolic.magnitude + 2 * diastolic.magnitude) / 3


def _coma_added(**given: Any) -> dict[str, float]:
    return {**apache_ii(**given), "consciousness": given["coma"]}


@calculator(
    "APACHE II",
    groups=("APACHE II Score",),
    kind="integer",
    possible=(0, 71),
    bands=bands(
        "4 % (non-operative mortality)",
        5,
        "8 %",
        10,
        "15 %",
        15,
        "25 %",
        20,
        "40 %",
        25,
        "55 %",
        30,
        "73 %",
        35,
        "85 %",
    ),
    others={"the Glasgow Coma Scale is added, not what it lacks of 15": _coma_added},
    temperature=TEMPERATURE,
    systolic=SYSTOLIC,
    diastolic=DIASTOLIC,
    heart_rate=HEART_RATE,
    respiratory_rate=RESPIRATORY_RATE,
    fio2=_FIO2,
    gradient=number("A-a gradient", missing=None),
    oxygen=replace(_OXYGEN, missing=None),
    ph=number("pH"),
    sodium=SODIUM,
    potassium=POTASSIUM,
    creatinine=CREATININE,
    acute_renal_failure=flag("Acute renal failure"),
    hematocrit=HEMATOCRIT,
    white_cells=WHITE_CELLS,
    coma=_COMA,
    age=AGE,
    chronic=flag("History of severe organ failure or immunocompromise"),
    surgery=word({"nonoperative": 5, "emergency": 5, "elective": 2}, "Surgery Type", missing=5),
)
def apache_ii(
    temperature: Amount,
    systolic: Amount,
    diastolic: Amount,
    heart_rate: Amount,
    respiratory_rate: Amount,
    fio2: Amount,
    gradient: float | None,
    oxygen: Amount | None,
    ph: float,
    sodium: Amount,
    potassium: Amount,
    creatinine: Amount,
    acute_renal_failure: bool,
    hematocrit: Amount,
    white_cells: Amount,
    coma: float,
    age: Amount,
    chronic: bool,
    surgery: int,
) -> dict[str, float]:
    """Twelve physiological values, age, and chronic health.

    Source: Knaus WA et al. APACHE II: a severity of disease classification system. Crit Care Med
    1985;13:818-829. From FiO2 50 % on the A-a gradient counts, below it the PaO2. Creatinine counts
    twice in acute renal failure. Patients of whom no surgery is told are non-operative.
    """
    kidneys = graded(creatinine, 2, 0.6, 0, 1.5, 2, 2, 3, 3.5, 4)
    return {
        "temperature": graded(temperature, 4, 30, 3, 32, 2, 34, 1, 36, 0, 38.5, 1, 39, 3, 41, 4),
        "mean pressure": graded(
            _mean(systolic, diastolic), 4, 50, 2, 70, 0, 110, 2, 130, 3, 160, 4
        ),
        "pulse": graded(heart_rate, 4, 40, 3, 55, 2, 70, 0, 110, 2, 140, 3, 180, 4),
        "breathing": graded(respiratory_rate, 4, 6, 2, 10, 1, 12, 0, 25, 1, 35, 3, 50, 4),
        "oxygenation": _oxygenation(fio2.magnitude, gradient, oxygen),
        "pH": graded(ph, 4, 7.15, 3, 7.25, 2, 7.33, 0, 7.5, 1, 7.6, 3, 7.7, 4),
        "sodium": graded(sodium, 4, 111, 3, 120, 2, 130, 0, 150, 1, 155, 2, 160, 3, 180, 4),
        "potassium": graded(potassium, 4, 2.5, 2, 3, 1, 3.5, 0, 5.5, 1, 6, 3, 7, 4),
        "creatinine": kidneys * (2 if acute_renal_failure else 1),
        "haematocrit": graded(hematocrit, 4, 20, 2, 30, 0, 46, 1, 50, 2, 60, 4),
        "white cells": graded(white_cells, 4, 1e3, 2, 3e3, 0, 15e3, 1, 20e3, 2, 40e3, 4),
        "consciousness": 15 - coma,
        "age": graded(age, 0, 45, 2, 55, 3, 65, 5, 75, 6),
        "chronic health": surgery * chronic,
    }


def _oxygenation(fio2: float, gradient: float | None, oxygen: Amount | None) -> float:
    if fio2 >= 50:
        if gradient is None:
            raise NotComputable("FiO2 is from 50 % on, but no A-a gradient is given")
        return graded(gradient, 0, 200, 2, 350, 3, 500, 4)
    if oxygen is None:
        raise NotComputable("FiO2 is below 50 %, but no PaO2 is given")
    return 0 if oxygen.magnitude > 70 else graded(oxygen, 4, 55, 3, 61, 1)
