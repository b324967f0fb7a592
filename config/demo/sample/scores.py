"""Whole numbers: a coma score with one item counted twice, and CURB-65."""

import dataclasses
from dataclasses import dataclass
from decimal import Decimal

from config.demo.sample.draw import Draw
from config.demo.sample.item import Fault, Item, Measure, plant
from config.demo.sample.phrases import Person, note, person

VERBAL_TWICE = Fault(
    name="verbal counted twice",
    category="calculator_logic_mismatch",
    found_by="consensus",
    rationale="The verbal response is counted twice; the total is eye + verbal + motor, 3 to 15.",
)
AGE_LIMIT = Fault(
    name="age limit",
    category="calculator_logic_mismatch",
    found_by="contradiction",
    rationale="A patient of exactly 65 years gets the point for age; "
    "another row with the same note says so.",
)
EYE = {
    4: ("spontaneous", "The eyes are open without being asked"),
    3: ("to voice", "The eyes open to voice"),
    2: ("to pressure", "The eyes open only to pressure on the nail bed"),
}
VERBAL = {
    5: ("oriented", "{he} knows {his} name, the place and the month"),
    4: ("confused", "{he} speaks in sentences but is confused about the place"),
    3: ("words", "{he} says single words that make no sense"),
    2: ("sounds", "{he} only moans"),
}
MOTOR = {
    6: ("obeys commands", "{He} squeezes and lets go a hand when asked."),
    5: ("localizes", "An arm reaches for the place that is pinched."),
    4: ("withdraws", "The arm is pulled back when it is pinched."),
}
COMA_CASES = (
    ((4, 5, 6), "is brought in after a fall from a ladder"),
    ((3, 4, 5), "is found on the street in the cold"),
    ((2, 2, 4), "is brought in after an overdose of tablets"),
    ((3, 3, 5), "is watched after a stroke"),
    ((4, 4, 6), "is seen after a collision of bicycles"),
)
PNEUMONIA_SEEN_FOR = (
    "comes with cough and fever and has pneumonia on the chest film",
    "is admitted with pneumonia of the right lower lobe",
    "is brought from home with pneumonia",
    "comes to the emergency department, short of breath, with pneumonia",
)
CURB_AT_AGE_LIMIT, CURB_TWIN, CURB_AT_UREA_LIMIT = 4, 9, 6  # row numbers in the group
CURB_ON_THRESHOLD = f"curb-{CURB_AT_UREA_LIMIT:02}"


def coma_score() -> list[Item]:
    """Five rows, the whole group wrong: each total counts the verbal response twice."""
    draw = Draw("coma score")
    return [_coma_score(draw, number, *case) for number, case in enumerate(COMA_CASES, start=1)]


def curb_65() -> list[Item]:
    """Twelve rows; the ninth asks the same of the same note as the fourth and answers otherwise.

    The sixth has a urea exactly on the threshold: its label is right, although
    the models think otherwise.
    """
    draw = Draw("curb-65")
    signs = [_signs(draw, number) for number in range(1, 13)]
    items = [_curb_65(draw, number, drawn) for number, drawn in enumerate(signs, start=1)]
    first, place = CURB_AT_AGE_LIMIT - 1, CURB_TWIN - 1
    twin = dataclasses.replace(items[first], case=items[place].case)
    points = signs[first].points()
    points["age of 65 or more"] = 0
    items[place] = plant(
        twin, AGE_LIMIT, answer=str(sum(points.values())), working=_curb_working(points)
    )
    return items


def _coma_score(draw: Draw, number: int, scores: tuple[int, int, int], setting: str) -> Item:
    eye, verbal, motor = scores
    who = person(draw, 22, 78)
    (eye_name, eye_text), (verbal_name, verbal_text) = EYE[eye], VERBAL[verbal]
    motor_name, motor_text = MOTOR[motor]
    pupils = draw.one(
        ("Both pupils react to light.", "The pupils are equal.", "Breathing is regular.")
    )
    total, wrong = eye + verbal + motor, eye + verbal + verbal + motor
    right = Item(
        case=f"coma-{number:02}",
        calculator="Coma Score",
        kind="integer",
        category="severity",
        note=note(draw, who, setting, f"{eye_text}, and {verbal_text}.", motor_text, pupils),
        question="What is the patient's total on the Glasgow Coma Scale (eye + verbal + motor)?",
        subject="total",
        entities={
            "eye response": eye_name,
            "verbal response": verbal_name,
            "motor response": motor_name,
        },
        working=_coma_working(eye, verbal, motor, f"{eye} + {verbal} + {motor} = {total}"),
        truth=str(total),
        answer=str(total),
    )
    found_by = "score_range" if wrong > 15 else "consensus"
    return plant(
        right,
        dataclasses.replace(VERBAL_TWICE, found_by=found_by),
        answer=str(wrong),
        working=_coma_working(
            eye, verbal, motor, f"{eye} + {verbal} + {verbal} + {motor} = {wrong}"
        ),
    )


def _coma_working(eye: int, verbal: int, motor: int, total: str) -> str:
    return (
        f"The eye response ({EYE[eye][0]}) gives {eye} points. "
        f"The verbal response ({VERBAL[verbal][0]}) gives {verbal} points. "
        f"The motor response ({MOTOR[motor][0]}) gives {motor} points. "
        f"The total is {total}."
    )


@dataclass(frozen=True, slots=True)
class Signs:
    """What CURB-65 asks of a patient with pneumonia."""

    who: Person
    confused: bool
    urea: Measure
    breaths: int
    systolic: int
    diastolic: int

    def points(self) -> dict[str, int]:
        """A point or none for each of the five signs."""
        threshold = 7 if self.urea.unit == "mmol/L" else 19
        return {
            "confusion": int(self.confused),
            "raised urea": int(self.urea.value > threshold),
            "30 breaths/min or more": int(self.breaths >= 30),
            "low blood pressure": int(self.systolic < 90 or self.diastolic <= 60),
            "age of 65 or more": int(self.who.age >= 65),
        }


def _signs(draw: Draw, number: int) -> Signs:
    who = person(draw, 38, 92)
    if number % 3 == 2:
        urea = Measure.as_needed(Decimal(draw.whole(9, 44)), "mg/dL")
    else:
        urea = Measure.as_needed(draw.tenths("3.4", "14.8"), "mmol/L")
    if number == CURB_AT_UREA_LIMIT:
        urea = Measure.as_needed(Decimal("7.0"), "mmol/L")
    low = draw.below(3) == 0
    systolic = draw.whole(82, 98) if low else draw.whole(104, 152)
    diastolic = draw.whole(46, 58) if low else draw.whole(62, 84)
    return Signs(
        who=Person(65, who.female) if number == CURB_AT_AGE_LIMIT else who,
        confused=draw.below(3) == 0,
        urea=urea,
        breaths=draw.one((18, 20, 22, 24, 26, 28, 30, 32, 34)),
        systolic=systolic,
        diastolic=diastolic,
    )


def _curb_65(draw: Draw, number: int, signs: Signs) -> Item:
    mind = (
        draw.one(("{He} is newly confused.", "{He} does not know where {he} is, which is new."))
        if signs.confused
        else draw.one(("{He} is awake and clear in {his} mind.", "There is no confusion."))
    )
    urea_name = "urea" if signs.urea.unit == "mmol/L" else "blood urea nitrogen"
    vital = draw.one(
        (
            f"{{He}} takes {signs.breaths} breaths/min and has a blood pressure of "
            f"{signs.systolic}/{signs.diastolic} mmHg.",
            f"Blood pressure is {signs.systolic}/{signs.diastolic} mmHg, breathing "
            f"{signs.breaths} breaths/min.",
        )
    )
    blood = draw.one(
        (f"The {urea_name} is {signs.urea}.", f"Blood tests show a {urea_name} of {signs.urea}.")
    )
    points = signs.points()
    total = str(sum(points.values()))
    return Item(
        case=f"curb-{number:02}",
        calculator="CURB-65",
        kind="integer",
        category="risk",
        note=note(
            draw, signs.who, draw.one(PNEUMONIA_SEEN_FOR), *draw.shuffled((mind, vital, blood))
        ),
        question="What is the patient's CURB-65 score? Urea counts above 7 mmol/L, or blood urea "
        "nitrogen above 19 mg/dL.",
        subject="CURB-65 score",
        entities={
            "age": [signs.who.age, "years"],
            "confusion": signs.confused,
            urea_name: [signs.urea.value, signs.urea.unit],
            "respiratory rate": [signs.breaths, "breaths/min"],
            "systolic blood pressure": [signs.systolic, "mmHg"],
            "diastolic blood pressure": [signs.diastolic, "mmHg"],
        },
        working=_curb_working(points),
        truth=total,
        answer=total,
    )


def _curb_working(points: dict[str, int]) -> str:
    told = ", ".join(f"{sign}: {point}" for sign, point in points.items())
    added = " + ".join(str(point) for point in points.values())
    return f"The points are {told}. Adding up gives {added} = {sum(points.values())}."
