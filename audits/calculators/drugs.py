"""Equivalent doses of drugs."""

from collections.abc import Mapping
from itertools import product
from typing import Any

from audits.calculators.base import (
    Amount,
    Input,
    NotComputable,
    Quantity,
    bands,
    calculator,
    dose,
    number,
    quantity,
    word,
)

# Milligrams with the anti-inflammatory effect of 20 mg of hydrocortisone.
_STEROIDS = {
    "betamethasone": 0.75,
    "cortisone": 25,
    "dexamethasone": 0.75,
    "hydrocortisone": 20,
    "methylprednisolone": 4,
    "prednisolone": 5,
    "prednisone": 5,
    "triamcinolone": 4,
}
_ROUTES = ("", " IV", " PO", " IM")
_EQUIVALENT = {f"{drug}{route}": mg for (drug, mg), route in product(_STEROIDS.items(), _ROUTES)}

# Milligrams of oral morphine per milligram of the drug, unless a comment says otherwise.
_FACTORS = {
    "codeine": 0.15,
    "fentanyl_buccal": 0.13,  # per µg
    "fentanyl_patch": 2.4,  # a day, per µg/h
    "hydrocodone": 1,
    "hydromorphone": 4,
    "morphine": 1,
    "oxycodone": 1.5,
    "oxymorphone": 3,
    "tapentadol": 0.4,
    "tramadol": 0.1,
}
_FACTORS_2022 = {**_FACTORS, "hydromorphone": 5, "methadone": 4.7, "tramadol": 0.2}
_METHADONE = ((20, 4), (40, 8), (60, 10), (float("inf"), 12))  # up to mg a day: factor


@calculator(
    "Steroid conversion",
    groups=("Steroid Conversion Calculator",),
    unit="mg",
    possible=(0, None),
    given=dose(_EQUIVALENT, "mg", "input steroid"),
    target=word(_EQUIVALENT, "target steroid"),
)
def steroid_conversion(given: tuple[float, Amount], target: float) -> Amount:
    """The dose of one glucocorticoid with the anti-inflammatory effect of a dose of another.

    Source: Schimmer BP, Funder JW. ACTH, adrenal steroids, and pharmacology of the adrenal cortex.
    In: Goodman & Gilman's the pharmacological basis of therapeutics, 12th ed., McGraw-Hill 2011,
    chapter 42: hydrocortisone 20 mg, cortisone 25, prednisone and prednisolone 5,
    methylprednisolone and triamcinolone 4, betamethasone and dexamethasone 0.75; by mouth or into
    a vein. Labels from factors rounded to two digits are within 2 % of this.
    """
    equivalent, amount = given
    return amount * (target / equivalent)


def _dose(drug: str) -> Input:
    return quantity("mg", f"{drug} Dose", missing=None)


def _a_day(drug: str) -> Input:
    return quantity("1/day", f"{drug} Dose Per Day", missing=None)


def _by_cdc_2022(**given: Any) -> dict[str, float]:
    return {drug: _FACTORS_2022[drug] * a_day for drug, a_day in _taken(given).items()}


@calculator(
    "Morphine milligram equivalents",
    groups=("Morphine Milligram Equivalents (MME) Calculator",),
    possible=(0, None),
    bands=bands("usual care", 50, "to be reassessed", 90, "to be avoided or justified"),
    others={"CDC 2022": _by_cdc_2022},
    codeine=_dose("Codeine"),
    codeine_a_day=_a_day("Codeine"),
    fentanyl_buccal=quantity("µg", "FentaNYL buccal Dose", missing=None),
    fentanyl_buccal_a_day=_a_day("FentaNYL buccal"),
    fentanyl_patch=number("FentANYL patch Dose", missing=None),
    fentanyl_patch_a_day=_a_day("FentANYL patch"),
    hydrocodone=_dose("HYDROcodone"),
    hydrocodone_a_day=_a_day("HYDROcodone"),
    hydromorphone=_dose("HYDROmorphone"),
    hydromorphone_a_day=_a_day("HYDROmorphone"),
    methadone=_dose("Methadone"),
    methadone_a_day=_a_day("Methadone"),
    morphine=_dose("Morphine"),
    morphine_a_day=_a_day("Morphine"),
    oxycodone=_dose("OxyCODONE"),
    oxycodone_a_day=_a_day("OxyCODONE"),
    oxymorphone=_dose("OxyMORphone"),
    oxymorphone_a_day=_a_day("OxyMORphone"),
    tapentadol=_dose("Tapentadol"),
    tapentadol_a_day=_a_day("Tapentadol"),
    tramadol=_dose("TraMADol"),
    tramadol_a_day=_a_day("TraMADol"),
)
def morphine_equivalents(**given: Any) -> dict[str, float]:
    """Milligrams of oral morphine a day that equal the opioids taken, by drug.

    Source: Dowell D, Haegerich TM, Chou R. CDC guideline for prescribing opioids for chronic pain,
    United States, 2016. MMWR Recomm Rep 2016;65(RR-1):1-49, with its bands; tramadol and buccal
    fentanyl from the CDC's compilation of opioids with conversion factors to that guideline (2017
    version). The guideline of 2022 (MMWR Recomm Rep 2022;71(RR-3):1-95) has other factors for
    hydromorphone (5), methadone (4.7 at any dose) and tramadol (0.2) but none for buccal fentanyl,
    which benchmarks ask for: only the older table serves every row, and labels made with the newer
    one differ in those three drugs. A patch has no dose in milligrams: its number is read as its
    strength in µg/h, whatever unit is written, and the patches a day as those worn together. An
    opioid that is not mentioned is not taken; one of which only the dose or only the number of
    doses is told has no equivalent.
    """
    return {drug: _factor(drug, a_day) * a_day for drug, a_day in _taken(given).items()}


def _taken(given: Mapping[str, Any]) -> dict[str, float]:
    """What is taken a day of each drug, in the unit that its factor is for."""
    found = {drug: _daily(drug, given[drug], given[f"{drug}_a_day"]) for drug in _FACTORS_2022}
    if not any(found.values()):
        raise NotComputable("no opioid is given")
    return {drug: a_day for drug, a_day in found.items() if a_day}


def _daily(drug: str, amount: Any, times: Amount | None) -> float:
    if amount is None and times is None:
        return 0.0
    if amount is None or times is None:
        raise NotComputable(f"of {drug} both the dose and the doses a day are needed")
    amount = amount.magnitude if isinstance(amount, Quantity) else amount
    return float(amount * times.magnitude)


def _factor(drug: str, a_day: float) -> float:
    if drug == "methadone":
        return next(factor for most, factor in _METHADONE if a_day <= most)
    return _FACTORS[drug]
