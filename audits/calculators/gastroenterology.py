"""Scores of liver disease and of bleeding from the gut."""

from audits.calculators.base import Amount, bands, calculator, flag, graded, quantity, word
from audits.calculators.inputs import (
    ALBUMIN,
    BILIRUBIN,
    BUN,
    FEMALE,
    HEART_RATE,
    INR,
    SYSTOLIC,
)

_ASCITES = {"absent": 1, "none": 1, "false": 1, "slight": 2, "mild": 2, "moderate": 3, "severe": 3}
_ENCEPHALOPATHY = {
    "no encephalopathy": 1,
    "none": 1,
    "false": 1,
    "grade 0": 1,
    "grade 1": 2,
    "grade 2": 2,
    "grade 1-2": 2,
    "grade 3": 3,
    "grade 4": 3,
    "grade 3-4": 3,
}


@calculator(
    "Child-Pugh score",
    groups=("Child-Pugh Score for Cirrhosis Mortality",),
    kind="integer",
    possible=(5, 15),
    bands=bands("class A", 7, "class B", 10, "class C"),
    bilirubin=BILIRUBIN,
    albumin=ALBUMIN,
    inr=INR,
    ascites=word(_ASCITES, "Ascites", missing=1),
    encephalopathy=word(_ENCEPHALOPATHY, "Encephalopathy", missing=1),
)
def child_pugh(
    bilirubin: Amount, albumin: Amount, inr: float, ascites: int, encephalopathy: int
) -> dict[str, float]:
    """Five findings of 1 to 3 points each.

    Source: Pugh RNH et al. Transection of the oesophagus for bleeding oesophageal varices. Br J
    Surg 1973;60:646-649, with the INR in place of the prothrombin time (below 1.7, 1.7 to 2.3,
    above 2.3) as in EASL clinical practice guidelines, J Hepatol 2018;69:406-460. The lowest is a
    point each: ascites or encephalopathy that nobody mentions are absent and count 1.
    """
    milligrams, grams = bilirubin.magnitude, albumin.magnitude
    return {
        "bilirubin": 1 if milligrams < 2 else 2 if milligrams <= 3 else 3,
        "albumin": 1 if grams > 3.5 else 2 if grams >= 2.8 else 3,
        "INR": 1 if inr < 1.7 else 2 if inr <= 2.3 else 3,
        "ascites": ascites,
        "encephalopathy": encephalopathy,
    }


@calculator(
    "Glasgow-Blatchford score",
    groups=("Glasgow-Blatchford Bleeding Score (GBS)",),
    kind="integer",
    possible=(0, 23),
    bands=bands("very low risk", 1, "needs assessment in hospital"),
    bun=BUN,
    hemoglobin=quantity("g/dL", "Hemoglobin"),
    female=FEMALE,
    systolic=SYSTOLIC,
    heart_rate=HEART_RATE,
    melena=flag("Melena present"),
    syncope=flag("Recent syncope"),
    hepatic_disease=flag("Hepatic disease history"),
    cardiac_failure=flag("Cardiac failure present"),
)
def glasgow_blatchford(
    bun: Amount,
    hemoglobin: Amount,
    female: bool,
    systolic: Amount,
    heart_rate: Amount,
    melena: bool,
    syncope: bool,
    hepatic_disease: bool,
    cardiac_failure: bool,
) -> dict[str, float]:
    """Urea, haemoglobin by sex, systolic pressure and five findings.

    Source: Blatchford O, Murray WR, Blatchford M. A risk score to predict need for treatment for
    upper-gastrointestinal haemorrhage. Lancet 2000;356:1318-1321. Urea of 6.5, 8, 10 and 25 mmol/L
    is a urea nitrogen of 18.2, 22.4, 28 and 70 mg/dL. Band: Stanley AJ et al. Lancet
    2009;373:42-47 (0 can be treated as an outpatient).
    """
    by_sex = (6, 10, 1, 12, 0) if female else (6, 10, 3, 12, 1, 13, 0)
    return {
        "urea": graded(bun, 0, 18.2, 2, 22.4, 3, 28, 4, 70, 6),
        "haemoglobin": graded(hemoglobin, *by_sex),
        "systolic pressure": graded(systolic, 3, 90, 2, 100, 1, 110, 0),
        "pulse from 100": graded(heart_rate, 0, 100, 1),
        "melaena": 1 * melena,
        "syncope": 2 * syncope,
        "hepatic disease": 2 * hepatic_disease,
        "cardiac failure": 2 * cardiac_failure,
    }
