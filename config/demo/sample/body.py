"""Numbers from the bedside: body mass index and mean arterial pressure."""

from decimal import Decimal

from config.demo.sample.draw import Draw
from config.demo.sample.item import Fault, Item, Measure, plain, plant, rounded
from config.demo.sample.phrases import note, person

SHIFTED_COLUMNS = Fault(
    name="shifted columns",
    category="other",
    found_by="limits",
    rationale="The label and its limits come from two neighbouring rows; "
    "the working gives another value than either.",
)
SWAPPED_PRESSURES = Fault(
    name="swapped pressures",
    category="calculator_logic_mismatch",
    found_by="explanation",
    rationale="The working shows the formula with twice the diastolic pressure, "
    "but the value counts the systolic pressure twice.",
)
WEIGHED_FOR = (
    "comes for a health check",
    "is seen before a planned knee operation",
    "asks for help with {his} weight",
    "is seen in the nutrition clinic",
    "joins the cardiac rehabilitation course",
)
MONITORED_FOR = (
    "is watched on the ward after an abdominal operation",
    "is admitted with a severe headache",
    "comes to the emergency department with chest discomfort",
    "is seen in the blood pressure clinic",
    "is treated for pneumonia on the general ward",
)


def body_mass_index() -> list[Item]:
    """Eleven rows, the sixth with a label that lies outside its own limits."""
    draw = Draw("body mass index")
    items = [_body_mass_index(draw, number) for number in range(1, 12)]
    before, right, after = items[4:7]
    items[5] = plant(right, SHIFTED_COLUMNS, answer=after.truth, limits_of=before.truth)
    return items


def mean_arterial_pressure() -> list[Item]:
    """Eleven rows, the fourth with a working that does not recompute."""
    draw = Draw("mean arterial pressure")
    items = [_mean_arterial_pressure(draw, number) for number in range(1, 12)]
    right = items[3]
    systolic, diastolic = (value for value, _ in right.entities.values())
    wrong = plain(rounded(Decimal(2 * systolic + diastolic) / 3))
    working = _pressure_working(systolic, diastolic, wrong)
    items[3] = plant(right, SWAPPED_PRESSURES, answer=wrong, working=working)
    return items


def _body_mass_index(draw: Draw, number: int) -> Item:
    who = person(draw, 19, 84)
    imperial = number % 4 == 0
    height, weight = _height(draw, imperial), _weight(draw, imperial)
    metres, kilograms = plain(height.standard), plain(weight.standard)
    truth = plain(rounded(weight.standard / (height.standard * height.standard)))
    measured = draw.one(
        (
            f"Today {{he}} weighs {weight} at a height of {height}.",
            f"Height is {height} and weight is {weight}, both measured today.",
            f"On the clinic's scale {{he}} weighs {weight}; {{he}} stands {height} tall.",
        )
    )
    past = draw.one(
        (
            "The weight has been steady for years.",
            "{He} reports that {his} trousers have become tight since spring.",
            "{He} has lost some weight since changing {his} diet.",
            "Appetite and sleep are good.",
        )
    )
    steps = (
        height.conversion,
        weight.conversion,
        f"The index is {kilograms} / ({metres} * {metres}) = {truth}.",
    )
    return Item(
        case=f"bmi-{number:02}",
        calculator="Body Mass Index",
        kind="number",
        category="physical",
        note=note(draw, who, draw.one(WEIGHED_FOR), *draw.shuffled((measured, past))),
        question="What is the patient's current body mass index in kg/m^2?",
        subject="body mass index in kg/m^2",
        entities={
            "weight": [weight.value, weight.unit],
            "height": [height.value, height.unit],
        },
        working=" ".join(filter(None, steps)),
        truth=truth,
        answer=truth,
    )


def _height(draw: Draw, imperial: bool) -> Measure:
    if imperial:
        return Measure.converted(
            Decimal(draw.whole(60, 75)), "in", Decimal("0.0254"), "height in m"
        )
    return Measure.converted(Decimal(draw.whole(152, 194)), "cm", Decimal("0.01"), "height in m")


def _weight(draw: Draw, imperial: bool) -> Measure:
    if imperial:
        return Measure.converted(
            Decimal(draw.whole(118, 260)), "lb", Decimal("0.453592"), "weight in kg"
        )
    return Measure.as_needed(draw.tenths("48.5", "118.0"), "kg")


def _mean_arterial_pressure(draw: Draw, number: int) -> Item:
    who = person(draw, 24, 88)
    systolic = draw.whole(98, 184)
    diastolic = draw.whole(systolic * 5 // 10, systolic * 66 // 100)
    pulse = draw.whole(58, 112)
    truth = plain(rounded(Decimal(systolic + 2 * diastolic) / 3))
    pressure = draw.one(
        (
            f"Blood pressure on the right arm is {systolic}/{diastolic} mmHg.",
            f"The monitor shows a blood pressure of {systolic}/{diastolic} mmHg.",
            f"Sitting blood pressure is {systolic}/{diastolic} mmHg, measured with a wide cuff.",
        )
    )
    rest = draw.one(
        (
            f"The pulse is regular at {pulse}/min and {{he}} is in no pain.",
            f"Heart rate is {pulse}/min; the lungs are clear.",
            f"{{He}} is warm and well perfused with a pulse of {pulse}/min.",
        )
    )
    return Item(
        case=f"map-{number:02}",
        calculator="Mean Arterial Pressure",
        kind="number",
        category="physical",
        note=note(draw, who, draw.one(MONITORED_FOR), *draw.shuffled((pressure, rest))),
        question="What is the patient's mean arterial pressure in mmHg, taken as one third "
        "of the systolic plus two thirds of the diastolic pressure?",
        subject="mean arterial pressure in mmHg",
        entities={
            "systolic blood pressure": [systolic, "mmHg"],
            "diastolic blood pressure": [diastolic, "mmHg"],
        },
        working=_pressure_working(systolic, diastolic, truth),
        truth=truth,
        answer=truth,
    )


def _pressure_working(systolic: int, diastolic: int, mean: str) -> str:
    return (
        f"The systolic pressure is {systolic} mmHg and the diastolic pressure is "
        f"{diastolic} mmHg. The mean pressure is ({systolic} + 2 * {diastolic}) / 3 = {mean}."
    )
