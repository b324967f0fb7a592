"""Kidney: filtration, clearance and the handling of sodium."""

from audits.calculators.base import (
    Amount,
    Inapplicable,
    Quantity,
    bands,
    calculator,
    quantity,
    word,
)
from audits.calculators.body import (
    adjusted_body_weight,
    body_mass_index,
    check_weight,
    ideal_body_weight,
)
from audits.calculators.inputs import AGE, CREATININE, FEMALE, HEIGHT, SODIUM, WEIGHT
from audits.calculators.units import MOLAR_MASS

ADULT = 18  # years
_BLACK = {
    "black": True,
    "african american": True,
    "african-american": True,
    "white": False,
    "caucasian": False,
    "asian": False,
    "hispanic": False,
    "other": False,
}
# KDIGO 2012 clinical practice guideline for chronic kidney disease. Kidney Int Suppl 2013;3:1-150.
_STAGES = bands("G5", 15, "G4", 30, "G3b", 45, "G3a", 60, "G2", 90, "G1")


@calculator(
    "Estimated GFR by CKD-EPI",
    groups=("CKD-EPI Equations for Glomerular Filtration Rate",),
    possible=(0, 250),
    bands=_STAGES,
    age=AGE,
    female=FEMALE,
    creatinine=CREATININE,
)
def gfr_ckd_epi(age: Amount, female: bool, creatinine: Amount) -> float:
    """The CKD-EPI creatinine equation of 2021, without race, in mL/min/1.73 m².

    Source: Inker LA et al. New creatinine- and cystatin C-based equations to estimate GFR without
    race. N Engl J Med 2021;385:1737-1749. For adults (from 18 years).
    """
    years = _adult(age)
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    ratio = creatinine.magnitude / kappa
    shape = min(ratio, 1) ** alpha * max(ratio, 1) ** -1.200
    return float(142 * shape * 0.9938**years * (1.012 if female else 1))


@calculator(
    "Estimated GFR by MDRD",
    groups=("MDRD GFR Equation",),
    possible=(0, 1000),
    bands=_STAGES,
    age=AGE,
    female=FEMALE,
    creatinine=CREATININE,
    black=word(_BLACK, "Race", missing=False),
)
def gfr_mdrd(age: Amount, female: bool, creatinine: Amount, black: bool) -> float:
    """The re-expressed four-variable MDRD equation, in mL/min/1.73 m².

    Source: Levey AS et al. Using standardized serum creatinine values in the modification of diet
    in renal disease study equation for estimating glomerular filtration rate. Ann Intern Med
    2006;145:247-254. For adults (from 18 years). The factor for Black patients is applied only
    where the race is told, as laboratories report it; an expert may hold instead that without the
    race there is no answer, and labels differ in that.
    """
    years = _adult(age)
    gfr = 175 * creatinine.magnitude**-1.154 * years**-0.203
    return float(gfr * (0.742 if female else 1) * (1.212 if black else 1))


@calculator(
    "Creatinine clearance by Cockcroft and Gault",
    groups=("Creatinine Clearance (Cockcroft-Gault Equation)",),
    unit="mL/min",
    possible=(0, 1000),
    bands=bands("failure", 15, "severe", 30, "moderate", 60, "mild", 90, "normal"),
    age=AGE,
    female=FEMALE,
    weight=WEIGHT,
    height=HEIGHT,
    creatinine=CREATININE,
)
def creatinine_clearance(
    age: Amount, female: bool, weight: Amount, height: Amount, creatinine: Amount
) -> Amount:
    """(140 − age) × weight / (72 × creatinine), times 0.85 for women.

    Source: Cockcroft DW, Gault MH. Prediction of creatinine clearance from serum creatinine.
    Nephron 1976;16:31-41. The weight (Winter MA, Guhr KN, Berg GM. Pharmacotherapy 2012;32:604-612)
    is the actual one of the underweight, the lower of ideal and actual one where the body mass
    index is normal, and the adjusted one from a body mass index of 25. Bands: FDA guidance,
    Pharmacokinetics in patients with impaired renal function (2020 draft).
    """
    check_weight(weight, age)
    kilograms = _dosing_weight(female, weight, height).magnitude
    clearance = (140 - age.magnitude) * kilograms / (72 * creatinine.magnitude)
    if clearance < 0:
        raise Inapplicable("the equation has no value above 140 years")
    return Quantity(clearance * (0.85 if female else 1), "mL/min")


@calculator(
    "Fractional excretion of sodium",
    groups=("Fractional Excretion of Sodium (FENa)",),
    unit="percent",
    possible=(0, 100),
    bands=bands("prerenal", 1, "intrinsic"),
    sodium=SODIUM,
    creatinine=CREATININE,
    urine_sodium=quantity("mEq/L", "Urine sodium", plausible=(0, 500)),
    urine_creatinine=quantity(
        "mg/dL", "Urine creatinine", molar_mass=MOLAR_MASS["creatinine"], plausible=(0.5, 1000)
    ),
)
def fractional_excretion_of_sodium(
    sodium: Amount, creatinine: Amount, urine_sodium: Amount, urine_creatinine: Amount
) -> Amount:
    """The share of the filtered sodium that is excreted.

    Source: Espinel CH. The FENa test: use in the differential diagnosis of acute renal failure.
    JAMA 1976;236:579-581. Bands: Miller TR et al. Urinary diagnostic indices in acute renal
    failure. Ann Intern Med 1978;89:47-50 (in oliguria).
    """
    return (urine_sodium / sodium) / (urine_creatinine / creatinine)


def _adult(age: Amount) -> float:
    years = float(age.magnitude)
    if years < ADULT:
        raise Inapplicable("the equation is for adults, from 18 years")
    return years


def _dosing_weight(female: bool, weight: Amount, height: Amount) -> Amount:
    ideal = ideal_body_weight(female, height)
    index = body_mass_index(weight, height).magnitude
    if index < 18.5:
        return weight
    if index < 25:
        return min(ideal, weight)
    return adjusted_body_weight(female, weight, height)
