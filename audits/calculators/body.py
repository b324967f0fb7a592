"""Size of the body and what is dosed by it."""

from audits.calculators.base import Amount, Inapplicable, Quantity, bands, calculator, quantity
from audits.calculators.inputs import FEMALE, HEIGHT, WEIGHT

FIVE_FEET = Quantity(60, "inch")
PER_INCH = Quantity(2.3, "kg/inch")


@calculator(
    "Body mass index",
    groups=("Body Mass Index (BMI)",),
    unit="kg/m^2",
    possible=(4, 250),
    bands=bands(
        "underweight",
        18.5,
        "normal",
        25,
        "overweight",
        30,
        "obesity class I",
        35,
        "obesity class II",
        40,
        "obesity class III",
    ),
    weight=WEIGHT,
    height=HEIGHT,
)
def body_mass_index(weight: Amount, height: Amount) -> Amount:
    """Weight over height squared.

    Source: Keys A et al. Indices of relative weight and obesity. J Chronic Dis 1972;25:329-343.
    Bands, for adults: World Health Organization. Obesity. Technical Report Series 894, 2000.
    """
    return weight / height**2


def check_weight(weight: Amount, age: Amount) -> None:
    """Raises Inapplicable for a weight that nobody of that age has.

    Notes tell changes of weight and the weight of newborns too. The bounds are far below the third
    centile and more: 20 kg for adults (a body mass index under 9 at 1.5 m), 4 kg from one year (the
    WHO's child growth standards, 2006, have 6.3 kg at −3 standard deviations for girls).
    """
    least = 20 if age.magnitude >= 18 else 4 if age.magnitude >= 1 else 0
    if weight.magnitude < least:
        who = f"{weight.magnitude:g} kg at {age.magnitude:.3g} years"
        raise Inapplicable(f"{who} is no body weight: a change of weight, or another person's?")


@calculator(
    "Target weight",
    groups=("Target weight",),
    unit="kg",
    possible=(0, 700),
    index=quantity("kg/m^2", "Body Mass Index (BMI)", plausible=(5, 250)),
    height=HEIGHT,
)
def target_weight(index: Amount, height: Amount) -> Amount:
    """The weight at which a height has a body mass index.

    Source: Keys 1972 (see `body_mass_index`), solved for the weight.
    """
    return index * height**2


@calculator(
    "Ideal body weight",
    groups=("Ideal Body Weight",),
    unit="kg",
    possible=(0, 200),
    female=FEMALE,
    height=HEIGHT,
)
def ideal_body_weight(female: bool, height: Amount) -> Amount:
    """50 kg (women: 45.5 kg) and 2.3 kg for each inch above five feet.

    Source: Devine BJ. Gentamicin therapy. Drug Intell Clin Pharm 1974;8:650-655. He speaks of
    adults above five feet only; below, 2.3 kg are taken off for each inch, as clinical calculators
    do, as long as a weight is left.
    """
    weight = Quantity(45.5 if female else 50, "kg") + PER_INCH * (height - FIVE_FEET)
    if weight.magnitude <= 0:
        raise Inapplicable("the formula is for adults: at this height it gives no weight")
    return weight


@calculator(
    "Adjusted body weight",
    groups=("Adjusted Body Weight",),
    unit="kg",
    possible=(0, 500),
    female=FEMALE,
    weight=WEIGHT,
    height=HEIGHT,
)
def adjusted_body_weight(female: bool, weight: Amount, height: Amount) -> Amount:
    """Ideal weight and 0.4 of what the actual weight differs from it.

    Source: Winter MA, Guhr KN, Berg GM. Impact of various body weights and serum creatinine
    concentrations on the bias and accuracy of the Cockcroft-Gault equation. Pharmacotherapy
    2012;32:604-612, on Devine's ideal weight. It is meant for the overweight; below the ideal
    weight the same formula is applied, since the question asks for it.
    """
    ideal = ideal_body_weight(female, height)
    return ideal + 0.4 * (weight - ideal)


@calculator(
    "Body surface area",
    groups=("Body Surface Area Calculator",),
    unit="m^2",
    possible=(0, 6),
    weight=WEIGHT,
    height=HEIGHT,
)
def body_surface_area(weight: Amount, height: Amount) -> Amount:
    """The square root of height (cm) times weight (kg) over 3600.

    Source: Mosteller RD. Simplified calculation of body-surface area. N Engl J Med 1987;317:1098.
    """
    return Quantity((100 * height.magnitude * weight.magnitude / 3600) ** 0.5, "m^2")


def _by_the_day(weight: Amount) -> Amount:
    kilograms = weight.magnitude
    parts = (100 * min(kilograms, 10), 50 * min(max(kilograms - 10, 0), 10))
    return Quantity((sum(parts) + 20 * max(kilograms - 20, 0)) / 24, "mL/hour")


@calculator(
    "Maintenance fluids",
    groups=("Maintenance Fluids Calculations",),
    unit="mL/hour",
    possible=(0, 750),
    others={"Holliday and Segar 1957 by the day, over 24 hours": _by_the_day},
    weight=WEIGHT,
)
def maintenance_fluids(weight: Amount) -> Amount:
    """4 mL/kg/h for the first 10 kg, 2 for the next 10, 1 for what is above 20.

    Source: Holliday MA, Segar WE. The maintenance need for water in parenteral fluid therapy.
    Pediatrics 1957;19:823-832, in the hourly form of the 4-2-1 rule; their 100, 50 and 20 mL/kg/day
    over 24 hours come out 4 % higher or lower. The rule is not for newborns, whose age the weight
    alone does not tell: an expert may find such a note not computable.
    """
    kilograms = weight.magnitude
    parts = (4 * min(kilograms, 10), 2 * min(max(kilograms - 10, 0), 10), max(kilograms - 20, 0))
    return Quantity(sum(parts), "mL/hour")
