"""Calcium, sodium, water and osmolality."""

from audits.calculators.base import Amount, Quantity, bands, calculator, quantity
from audits.calculators.body import check_weight
from audits.calculators.inputs import AGE, ALBUMIN, BUN, FEMALE, GLUCOSE, SODIUM, WEIGHT
from audits.calculators.units import MOLAR_MASS


@calculator(
    "Calcium corrected for albumin",
    groups=("Calcium Correction for Hypoalbuminemia",),
    unit="mg/dL",
    possible=(0, 40),
    bands=bands("hypocalcaemia", 8.5, "normal", 10.5, "hypercalcaemia"),
    calcium=quantity("mg/dL", "Calcium", molar_mass=MOLAR_MASS["calcium"], plausible=(2, 30)),
    albumin=ALBUMIN,
)
def corrected_calcium(calcium: Amount, albumin: Amount) -> Amount:
    """Calcium and 0.8 mg/dL for each g/dL of albumin below 4.

    Source: Correcting the calcium (editorial). Br Med J 1977;1:598 (0.02 mmol/L per g/L below 40),
    after Payne RB et al. Interpretation of serum calcium in patients with abnormal serum proteins.
    Br Med J 1973;4:643-646. Bands: Bushinsky DA, Monk RD. Electrolyte quintet: calcium. Lancet
    1998;352:306-311. Labels that take mmol/L for another unit than it is (4.0 mg/dL each) differ.
    """
    per_albumin = Quantity(0.8, "mg/dL") / Quantity(1, "g/dL")
    return calcium + per_albumin * (Quantity(4, "g/dL") - albumin)


def _hillier(sodium: Amount, glucose: Amount) -> Amount:
    return sodium + Quantity(0.024 * (glucose.magnitude - 100), "mEq/L")


@calculator(
    "Sodium corrected for glucose",
    groups=("Sodium Correction for Hyperglycemia",),
    unit="mEq/L",
    possible=(80, 260),
    bands=bands(
        "profound hyponatraemia",
        125,
        "moderate hyponatraemia",
        130,
        "mild hyponatraemia",
        135,
        "normal",
        145,
        "hypernatraemia",
    ),
    others={"Hillier 1999: 2.4 mEq/L for each 100 mg/dL": _hillier},
    sodium=SODIUM,
    glucose=GLUCOSE,
)
def corrected_sodium(sodium: Amount, glucose: Amount) -> Amount:
    """Sodium and 1.6 mEq/L for each 100 mg/dL of glucose above 100.

    Source: Katz MA. Hyperglycemia-induced hyponatremia. N Engl J Med 1973;289:843-844, the factor
    of the ADA's consensus (Kitabchi AE et al. Diabetes Care 2009;32:1335-1343). At or below 100
    mg/dL there is no hyperglycaemia and nothing is added. Labels by Hillier TA et al. Am J Med
    1999;106:399-403 add 2.4 instead: within 5 % of this up to glucose of about 900 mg/dL. Bands:
    Spasovski G et al. Eur J Endocrinol 2014;170:G1-G47.
    """
    excess = max(glucose.magnitude - 100, 0)
    return sodium + Quantity(0.016 * excess, "mEq/L")


@calculator(
    "Serum osmolality",
    groups=("Serum Osmolality",),
    unit="mOsm/kg",
    possible=(150, 600),
    bands=bands("hypotonic", 275, "normal", 295, "hypertonic"),
    sodium=SODIUM,
    urea_nitrogen=BUN,
    glucose=GLUCOSE,
)
def serum_osmolality(sodium: Amount, urea_nitrogen: Amount, glucose: Amount) -> Amount:
    """Twice sodium, glucose over 18 and urea nitrogen over 2.8 (mg/dL).

    Source: Smithline N, Gardner KD. Gaps: anionic and osmolal. JAMA 1976;236:1594-1597. Bands:
    Spasovski G et al. Eur J Endocrinol 2014;170:G1-G47 (hypotonic below 275) and the usual upper
    limit of 295 mOsm/kg. Labels that put urea nitrogen where glucose belongs differ.
    """
    total = 2 * sodium.magnitude + glucose.magnitude / 18 + urea_nitrogen.magnitude / 2.8
    return Quantity(total, "mOsm/kg")


@calculator(
    "Free water deficit",
    groups=("Free Water Deficit",),
    unit="L",
    possible=(-150, 150),
    age=AGE,
    female=FEMALE,
    weight=WEIGHT,
    sodium=SODIUM,
)
def free_water_deficit(age: Amount, female: bool, weight: Amount, sodium: Amount) -> Amount:
    """Body water times (sodium / 140 − 1); negative where there is too much water.

    Source: Adrogué HJ, Madias NE. Hypernatremia. N Engl J Med 2000;342:1493-1499: water is 0.6 of
    the weight of children and non-elderly men, 0.5 of non-elderly women and elderly men, 0.45 of
    elderly women. Elderly is taken from 65 years, a child is below 18. A weight that nobody of that
    age has gives no deficit.
    """
    check_weight(weight, age)
    water = Quantity(_water_share(age.magnitude, female) * weight.magnitude, "L")
    return water * (sodium.magnitude / 140 - 1)


def _water_share(years: float, female: bool) -> float:
    if years < 18:
        return 0.6
    if years < 65:
        return 0.5 if female else 0.6
    return 0.45 if female else 0.5
