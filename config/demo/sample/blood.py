"""Numbers from the laboratory: corrected calcium, creatinine clearance, anion gap."""

import dataclasses
from decimal import Decimal

from config.demo.sample.draw import Draw
from config.demo.sample.item import NOT_COMPUTABLE, Fault, Item, Measure, plain, plant, rounded
from config.demo.sample.phrases import Person, note, person

ASSUMED_ALBUMIN = Fault(
    name="assumed albumin",
    category="not_computable",
    found_by="grounding",
    rationale="The note gives no albumin; the generator put in a normal value of 4.0 g/dL.",
)
WRONG_SEX = Fault(
    name="wrong sex",
    category="extraction_error",
    found_by="consensus",
    rationale="The patient is a woman; the generator read a man and left out the factor 0.85.",
)
CALCIUM_SEEN_FOR = (
    "is admitted with weakness and poor appetite",
    "is seen after a long stay in hospital",
    "is treated for cirrhosis of the liver",
    "comes for a check of {his} kidney disease",
    "is seen in the oncology clinic",
)
KIDNEY_SEEN_FOR = (
    "is to start an antibiotic that needs dose adjustment",
    "is seen in the kidney clinic",
    "is admitted for a scan with contrast medium",
    "has a review of {his} medicines",
    "is to start an anticoagulant for atrial fibrillation",
)
GAP_SEEN_FOR = (
    "comes to the emergency department with vomiting",
    "is admitted with fast breathing",
    "is brought in drowsy after a party",
    "is seen after three days of diarrhea",
    "is watched in the intensive care unit",
)


def corrected_calcium() -> list[Item]:
    """Eleven rows: the eighth rightly not computable, the tenth wrongly computed."""
    draw = Draw("corrected calcium")
    items = [_corrected_calcium(draw, number) for number in range(1, 12)]
    items[7] = _without_albumin(draw, 8, "The albumin sample was lost and is requested again.")
    right = _without_albumin(draw, 10, "Liver enzymes and proteins were not ordered.")
    calcium, assumed = right.entities["calcium"][0], Measure.as_needed(Decimal("4.0"), "g/dL")
    items[9] = plant(
        right,
        ASSUMED_ALBUMIN,
        answer=plain(_corrected(calcium, assumed)),
        entities={**right.entities, "albumin": [assumed.value, assumed.unit]},
        working=_calcium_working(calcium, assumed),
    )
    return items


def creatinine_clearance() -> list[Item]:
    """Eleven rows, the ninth with the wrong sex."""
    draw = Draw("creatinine clearance")
    items = [_creatinine_clearance(draw, number, woman=number == 9) for number in range(1, 12)]
    right = items[8]
    man = Person(age=right.entities["age"][0], female=False)
    weight = right.entities["weight"][0]
    creatinine = Measure.as_needed(*right.entities["creatinine"])
    items[8] = plant(
        right,
        WRONG_SEX,
        answer=plain(_clearance(man, weight, creatinine)),
        entities={**right.entities, "sex": "male"},
        working=_clearance_working(man, weight, creatinine),
    )
    return items


def anion_gap() -> list[Item]:
    """Eleven rows, all right."""
    draw = Draw("anion gap")
    return [_anion_gap(draw, number) for number in range(1, 12)]


def _corrected_calcium(draw: Draw, number: int) -> Item:
    who = person(draw, 31, 86)
    calcium = draw.tenths("7.2", "10.3")
    if number % 4 == 0 or number == 5:
        grams = Decimal(draw.whole(18, 36))
        albumin = Measure.converted(grams, "g/L", Decimal("0.1"), "albumin in g/dL")
    else:
        albumin = Measure.as_needed(draw.tenths("1.8", "3.7"), "g/dL")
    panel = draw.one(
        (
            f"Blood tests show a total calcium of {calcium} mg/dL and an albumin of {albumin}.",
            f"Total calcium is {calcium} mg/dL with an albumin of {albumin}.",
            f"The laboratory reports albumin {albumin} and total calcium {calcium} mg/dL.",
        )
    )
    truth = plain(_corrected(calcium, albumin))
    return Item(
        case=f"ca-{number:02}",
        calculator="Corrected Calcium",
        kind="number",
        category="lab",
        note=note(draw, who, draw.one(CALCIUM_SEEN_FOR), *draw.shuffled((panel, _kidney(draw)))),
        question="What is the patient's calcium in mg/dL, corrected for an albumin of 4.0 g/dL?",
        subject="corrected calcium in mg/dL",
        entities={"calcium": [calcium, "mg/dL"], "albumin": [albumin.value, albumin.unit]},
        working=_calcium_working(calcium, albumin),
        truth=truth,
        answer=truth,
    )


def _without_albumin(draw: Draw, number: int, missing: str) -> Item:
    who = person(draw, 31, 86)
    calcium = draw.tenths("7.4", "8.6")
    panel = f"Total calcium in this morning's sample is {calcium} mg/dL."
    return dataclasses.replace(
        _corrected_calcium(draw, number),
        note=note(draw, who, draw.one(CALCIUM_SEEN_FOR), panel, missing),
        entities={"calcium": [calcium, "mg/dL"]},
        working=f"The calcium is {calcium} mg/dL. The note gives no albumin, so the correction "
        "cannot be made.",
        truth=NOT_COMPUTABLE,
        answer=NOT_COMPUTABLE,
    )


def _kidney(draw: Draw) -> str:
    creatinine = draw.tenths("0.6", "1.6")
    return draw.one(
        (
            f"Creatinine is {creatinine} mg/dL.",
            f"The kidneys work with a creatinine of {creatinine} mg/dL, as in earlier samples.",
            "There is mild swelling of both ankles.",
            "The electrocardiogram is normal.",
        )
    )


def _corrected(calcium: Decimal, albumin: Measure) -> Decimal:
    return rounded(calcium + Decimal("0.8") * (4 - albumin.standard))


def _calcium_working(calcium: Decimal, albumin: Measure) -> str:
    steps = (
        f"The calcium is {calcium} mg/dL and the albumin is {albumin}.",
        albumin.conversion,
        f"The corrected value is {calcium} + 0.8 * (4.0 - {albumin.standard}) = "
        f"{plain(_corrected(calcium, albumin))}.",
    )
    return " ".join(filter(None, steps))


def _creatinine_clearance(draw: Draw, number: int, *, woman: bool) -> Item:
    drawn = person(draw, 34, 89)
    who = Person(drawn.age, drawn.female or woman)
    weight = draw.tenths("46.0", "104.0")
    if number % 4 == 0:
        micromoles = Decimal(draw.whole(62, 210))
        creatinine = Measure.converted(
            micromoles, "µmol/L", Decimal("0.01131"), "creatinine in mg/dL"
        )
    else:
        creatinine = Measure.as_needed(draw.tenths("0.7", "2.6"), "mg/dL")
    sample = draw.one(
        (
            f"The serum creatinine is {creatinine}.",
            f"Today's sample shows a creatinine of {creatinine}; potassium is normal.",
            f"Creatinine has been stable and is {creatinine} now.",
        )
    )
    body = draw.one(
        (
            f"{{He}} weighs {weight} kg.",
            f"The body weight is {weight} kg without swelling of the legs.",
            f"{{His}} weight this morning is {weight} kg.",
        )
    )
    truth = plain(_clearance(who, weight, creatinine))
    return Item(
        case=f"crcl-{number:02}",
        calculator="Creatinine Clearance",
        kind="number",
        category="lab",
        note=note(draw, who, draw.one(KIDNEY_SEEN_FOR), *draw.shuffled((sample, body))),
        question="What is the patient's creatinine clearance in mL/min by Cockcroft and Gault, "
        "with the actual body weight?",
        subject="creatinine clearance in mL/min",
        entities={
            "sex": "female" if who.female else "male",
            "age": [who.age, "years"],
            "weight": [weight, "kg"],
            "creatinine": [creatinine.value, creatinine.unit],
        },
        working=_clearance_working(who, weight, creatinine),
        truth=truth,
        answer=truth,
    )


def _clearance(who: Person, weight: Decimal, creatinine: Measure) -> Decimal:
    factor = Decimal("0.85") if who.female else Decimal(1)
    return rounded((140 - who.age) * weight * factor / (72 * creatinine.standard))


def _clearance_working(who: Person, weight: Decimal, creatinine: Measure) -> str:
    factor = "0.85" if who.female else "1"
    steps = (
        f"The patient is a {who.noun}, so the factor is {factor}.",
        creatinine.conversion,
        f"The clearance is ((140 - {who.age}) * {weight} * {factor}) / "
        f"(72 * {creatinine.standard}) = {plain(_clearance(who, weight, creatinine))}.",
    )
    return " ".join(filter(None, steps))


def _anion_gap(draw: Draw, number: int) -> Item:
    who = person(draw, 20, 79)
    sodium, gap = draw.whole(131, 146), draw.whole(8, 27)
    bicarbonate = max(6, 36 - gap - draw.whole(0, 4))
    chloride = sodium - bicarbonate - gap
    potassium = draw.tenths("3.2", "5.4")
    panel = draw.one(
        (
            f"Sodium is {sodium} mmol/L, chloride {chloride} mmol/L and bicarbonate "
            f"{bicarbonate} mmol/L; potassium is {potassium} mmol/L.",
            f"The panel reads sodium {sodium} mmol/L, potassium {potassium} mmol/L, chloride "
            f"{chloride} mmol/L, bicarbonate {bicarbonate} mmol/L.",
            f"Venous blood: bicarbonate {bicarbonate} mmol/L, chloride {chloride} mmol/L, sodium "
            f"{sodium} mmol/L.",
        )
    )
    state = draw.one(
        (
            "The tongue is dry and the pulse is fast.",
            "Breathing is deep, and there is no fever.",
            "{He} answers slowly but correctly.",
            "The abdomen is soft.",
        )
    )
    return Item(
        case=f"gap-{number:02}",
        calculator="Anion Gap",
        kind="integer",
        category="lab",
        note=note(draw, who, draw.one(GAP_SEEN_FOR), *draw.shuffled((panel, state))),
        question="What is the patient's anion gap in mmol/L, without potassium?",
        subject="anion gap in mmol/L",
        entities={
            "sodium": [sodium, "mmol/L"],
            "chloride": [chloride, "mmol/L"],
            "bicarbonate": [bicarbonate, "mmol/L"],
        },
        working=f"The gap is {sodium} - ({chloride} + {bicarbonate}) = {gap}.",
        truth=str(gap),
        answer=str(gap),
    )
