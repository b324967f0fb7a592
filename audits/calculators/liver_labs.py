"""Liver scores computed from laboratory values."""

from math import floor, log

from audits.calculators.base import Amount, bands, calculator, flag, quantity
from audits.calculators.inputs import AGE, BILIRUBIN, CREATININE, INR, PLATELETS, SODIUM


@calculator(
    "FIB-4",
    groups=("Fibrosis-4 (FIB-4) Index for Liver Fibrosis",),
    possible=(0, 1000),
    bands=bands("advanced fibrosis unlikely", 1.45, "indeterminate", 3.25, "advanced fibrosis"),
    age=AGE,
    ast=quantity("U/L", "Aspartate aminotransferase", plausible=(0.5, 1e5)),
    alt=quantity("U/L", "Alanine aminotransferase", plausible=(0.5, 1e5)),
    platelets=PLATELETS,
)
def fib_4(age: Amount, ast: Amount, alt: Amount, platelets: Amount) -> float:
    """Age × AST / (platelets in 10⁹/L × √ALT).

    Source: Sterling RK et al. Development of a simple noninvasive index to predict significant
    fibrosis in patients with HIV/HCV coinfection. Hepatology 2006;43:1317-1325, with its cut-offs.
    """
    billions = platelets.magnitude / 1000  # 10⁹/L is 1,000 per µL
    return float(age.magnitude * ast.magnitude / (billions * alt.magnitude**0.5))


def _meld(creatinine: Amount, bilirubin: Amount, inr: float, dialysis: bool) -> float:
    """A tenth of the MELD, not rounded."""
    kidney = 4.0 if dialysis else min(max(creatinine.magnitude, 1), 4)
    return (
        0.957 * log(kidney)
        + 0.378 * log(max(bilirubin.magnitude, 1))
        + 1.120 * log(max(inr, 1))
        + 0.643
    )


def _with_sodium(meld: float, sodium: Amount) -> float:
    if meld > 11:
        lack = 137 - min(max(sodium.magnitude, 125), 137)
        meld += 1.32 * lack - 0.033 * meld * lack
    return float(min(floor(meld + 0.5), 40))


def _rounded_early(
    creatinine: Amount,
    bilirubin: Amount,
    inr: float,
    sodium: Amount,
    dialysis: bool,
    haemodialysis: bool,
) -> float:
    tenth = _meld(creatinine, bilirubin, inr, dialysis or haemodialysis)
    return _with_sodium(10 * floor(tenth + 0.5), sodium)


@calculator(
    "MELD-Na",
    groups=("MELD Na (UNOS/OPTN)",),
    kind="integer",
    possible=(6, 40),
    bands=bands(
        "3-month mortality 1.9 %",
        10,
        "3-month mortality 6.0 %",
        20,
        "3-month mortality 19.6 %",
        30,
        "3-month mortality 52.6 %",
        40,
        "3-month mortality 71.3 %",
    ),
    others={"MELD rounded to a whole before it is multiplied by ten": _rounded_early},
    creatinine=CREATININE,
    bilirubin=BILIRUBIN,
    inr=INR,
    sodium=SODIUM,
    dialysis=flag("Dialysis at least twice in the past week"),
    haemodialysis=flag(
        "Continuous veno-venous hemodialysis for ≥24 hours in the past week",
    ),
)
def meld_na(
    creatinine: Amount,
    bilirubin: Amount,
    inr: float,
    sodium: Amount,
    dialysis: bool,
    haemodialysis: bool,
) -> float:
    """MELD with sodium, as the OPTN allocated livers by from January 2016 to July 2023.

    Source: OPTN policy 9.1.D (2016), after Kim WR et al. Hyponatremia and mortality among patients
    on the liver-transplant waiting list. N Engl J Med 2008;359:1018-1026. Creatinine, bilirubin and
    INR count at least 1, creatinine at most 4 and exactly 4 on dialysis, sodium 125 to 137; MELD is
    rounded to a tenth before it is multiplied by ten, sodium counts only above 11, 40 is the most.
    Bands: Wiesner R et al. Gastroenterology 2003;124:91-96. Labels that round the MELD to a whole
    before multiplying differ by up to 5 points. Dialysis that is not mentioned did not happen.
    """
    tenth = _meld(creatinine, bilirubin, inr, dialysis or haemodialysis)
    return _with_sodium(10 * (floor(10 * tenth + 0.5) / 10), sodium)
