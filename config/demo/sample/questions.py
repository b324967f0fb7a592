"""Questions with options, and questions answered in a word."""

from dataclasses import dataclass
from decimal import Decimal

from config.demo.sample.draw import Draw
from config.demo.sample.item import Fault, Item, plant
from config.demo.sample.phrases import note, person

LETTERS = "ABCD"
WRONG_LETTER = Fault(
    name="wrong letter",
    category="other",
    found_by="consensus",
    rationale="The explanation names the right drug, but the key is the letter of another option.",
)
OLD_PANEL = Fault(
    name="old panel",
    category="extraction_error",
    found_by="consensus",
    rationale="The question asks for the latest panel; the generator read the earlier one.",
)


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two drugs that harm together: the old one, the new one, what happens and why."""

    old: str
    new: str
    harm: str
    reason: str
    others: tuple[str, str, str]


INTERACTIONS = (
    Interaction(
        "warfarin",
        "trimethoprim-sulfamethoxazole",
        "nosebleeds and a sharp rise of the INR",
        "slows the breakdown of warfarin",
        ("loratadine", "docusate", "calcium carbonate"),
    ),
    Interaction(
        "simvastatin",
        "clarithromycin",
        "muscle pain, dark urine and a very high creatine kinase",
        "blocks the enzyme that clears simvastatin",
        ("cetirizine", "folic acid", "pantoprazole"),
    ),
    Interaction(
        "lithium",
        "hydrochlorothiazide",
        "a coarse tremor, unsteady gait and a raised lithium level",
        "makes the kidney keep lithium",
        ("acetaminophen", "loratadine", "docusate"),
    ),
    Interaction(
        "digoxin",
        "amiodarone",
        "nausea, yellow vision and a slow pulse with a raised digoxin level",
        "slows the clearance of digoxin",
        ("acetaminophen", "cetirizine", "folic acid"),
    ),
    Interaction(
        "azathioprine",
        "allopurinol",
        "a sore throat and very low white cells and platelets",
        "blocks the enzyme that breaks azathioprine's product down",
        ("vitamin D", "loratadine", "docusate"),
    ),
    Interaction(
        "lisinopril",
        "spironolactone",
        "weak legs and a potassium far above normal",
        "makes the kidney keep potassium as lisinopril does",
        ("atorvastatin", "levothyroxine", "cetirizine"),
    ),
    Interaction(
        "nitroglycerin tablets under the tongue",
        "sildenafil",
        "fainting with a very low blood pressure soon after a nitroglycerin tablet",
        "widens the vessels by the same messenger as nitroglycerin",
        ("famotidine", "loratadine", "acetaminophen"),
    ),
    Interaction(
        "fluoxetine",
        "linezolid",
        "agitation, sweating, fever and jerking ankles",
        "inhibits monoamine oxidase and adds to the serotonin effect of fluoxetine",
        ("docusate", "vitamin D", "pantoprazole"),
    ),
    Interaction(
        "theophylline",
        "ciprofloxacin",
        "palpitations, vomiting and a theophylline level in the toxic range",
        "inhibits the enzyme that clears theophylline",
        ("cetirizine", "acetaminophen", "folic acid"),
    ),
    Interaction(
        "apixaban",
        "rifampin",
        "a new clot in the leg although every apixaban tablet was taken",
        "speeds up the clearance of apixaban",
        ("vitamin D", "loratadine", "famotidine"),
    ),
    Interaction(
        "methotrexate once a week",
        "trimethoprim-sulfamethoxazole",
        "mouth ulcers and a fall of all blood cells",
        "blocks folate as methotrexate does and slows its excretion",
        ("calcium carbonate", "cetirizine", "vitamin D"),
    ),
    Interaction(
        "levothyroxine",
        "calcium carbonate",
        "tiredness and a thyrotropin that has risen on an unchanged dose",
        "binds levothyroxine in the gut",
        ("loratadine", "amlodipine", "atorvastatin"),
    ),
)


@dataclass(frozen=True, slots=True)
class Analyte:
    """A measured salt: unit, normal range, and the stem of its abnormality's name."""

    name: str
    unit: str
    low: str
    high: str
    stem: str

    def normal(self, draw: Draw) -> Decimal:
        """A value well inside the normal range."""
        step = Decimal("0.1") if "." in self.low else Decimal(1)
        drawn = draw.tenths(str(Decimal(self.low) + step), str(Decimal(self.high) - step))
        return drawn if step < 1 else drawn.quantize(step)


ANALYTES = (
    Analyte("sodium", "mmol/L", "135", "145", "natremia"),
    Analyte("potassium", "mmol/L", "3.5", "5.0", "kalemia"),
    Analyte("calcium", "mg/dL", "8.5", "10.5", "calcemia"),
    Analyte("magnesium", "mg/dL", "1.7", "2.4", "magnesemia"),
    Analyte("phosphate", "mg/dL", "2.5", "4.5", "phosphatemia"),
)
PANELS = (
    ("potassium", "6.7", "has missed two dialysis sessions", "The legs feel heavy."),
    ("potassium", "2.6", "has vomited for a week", "The calves cramp at night."),
    ("sodium", "121", "is drowsy since starting sertraline", "There is no swelling."),
    (
        "calcium",
        "13.2",
        "is treated for a cancer that has spread to the bones",
        "Thirst is constant.",
    ),
    ("calcium", "6.9", "had the thyroid removed two days ago", "The lips tingle."),
    ("magnesium", "5.8", "has kidney failure and takes laxatives", "The reflexes are faint."),
    ("magnesium", "0.9", "has taken omeprazole for years", "The hands tremble."),
    ("sodium", "154", "is moved here from a smaller hospital", "The mouth is very dry."),
    ("phosphate", "8.1", "was given chemotherapy for lymphoma", "{He} passes little urine."),
    ("phosphate", "1.1", "is fed again after weeks of fasting", "The muscles are weak."),
    ("potassium", "6.3", "takes spironolactone and lisinopril", "The pulse is slow."),
    ("sodium", "124", "collapsed after drinking a lot in a marathon", "{He} has a headache."),
)
TWO_PANELS = 8  # the number of the row whose note holds an earlier panel too
EARLIER_SODIUM = Decimal(127)


def drug_interaction() -> list[Item]:
    """Twelve rows with four options each, the second with the letter of another option."""
    draw = Draw("drug interaction")
    items = [_drug_interaction(draw, number, one) for number, one in enumerate(INTERACTIONS, 1)]
    right = items[1]
    other = LETTERS[(LETTERS.index(right.truth) + 1) % len(LETTERS)]
    items[1] = plant(right, WRONG_LETTER, answer=other)
    return items


def electrolyte_disorder() -> list[Item]:
    """Twelve rows answered in one word, the eighth read from an outdated panel."""
    draw = Draw("electrolyte disorder")
    items = [_electrolyte_disorder(draw, number, *panel) for number, panel in enumerate(PANELS, 1)]
    right, sodium = items[TWO_PANELS - 1], ANALYTES[0]
    items[TWO_PANELS - 1] = plant(
        right,
        OLD_PANEL,
        answer=_disorder(sodium, EARLIER_SODIUM),
        entities={"sodium": [EARLIER_SODIUM, sodium.unit]},
        working=_panel_working(sodium, EARLIER_SODIUM),
    )
    return items


def _drug_interaction(draw: Draw, number: int, pair: Interaction) -> Item:
    who = person(draw, 45, 84)
    choices = tuple(draw.shuffled((pair.new, *pair.others)))
    key = LETTERS[choices.index(pair.new)]
    listed = ", ".join(draw.shuffled(choices))
    started = draw.one(
        (
            f"Two weeks ago {{he}} was started on four new medicines: {listed}.",
            f"At the last visit these were added: {listed}.",
            f"Since a stay in another hospital {{he}} also takes {listed}.",
        )
    )
    now = draw.one((f"Now there is {pair.harm}.", f"{{He}} comes back with {pair.harm}."))
    return Item(
        case=f"drug-{number:02}",
        calculator="Drug Interaction",
        kind="choice",
        category="diagnosis",
        note=note(draw, who, f"has taken {pair.old} for a long time", started, now),
        question="Which of the new medicines best explains the finding, by its interaction with "
        "the old one?",
        subject="answer",
        entities={"old medicine": pair.old, "new medicine": pair.new},
        working=f"{pair.new[0].upper()}{pair.new[1:]} {pair.reason}. The other new medicines do "
        "not explain the finding.",
        truth=key,
        answer=key,
        choices=choices,
    )


def _electrolyte_disorder(
    draw: Draw, number: int, abnormal: str, value: str, setting: str, sign: str
) -> Item:
    who = person(draw, 31, 69)
    values = {analyte: analyte.normal(draw) for analyte in ANALYTES}
    culprit = next(analyte for analyte in ANALYTES if analyte.name == abnormal)
    values[culprit] = Decimal(value)
    panel = ", ".join(
        f"{analyte.name} {values[analyte]} {analyte.unit}" for analyte in draw.shuffled(ANALYTES)
    )
    findings = [draw.one((f"The panel shows {panel}.", f"Blood tests today: {panel}.")), sign]
    if number == TWO_PANELS:
        earlier = (
            f"Three days earlier the sodium had been {EARLIER_SODIUM} mmol/L, and saline was given."
        )
        findings = [earlier, f"Today's panel shows {panel}.", sign]
    truth = _disorder(culprit, values[culprit])
    return Item(
        case=f"salt-{number:02}",
        calculator="Electrolyte Disorder",
        kind="text",
        category="lab",
        note=note(draw, who, setting, *findings),
        question="Which electrolyte disorder does the latest panel show? Answer in one word.",
        subject="disorder",
        entities={culprit.name: [values[culprit], culprit.unit]},
        working=_panel_working(culprit, values[culprit]),
        truth=truth,
        answer=truth,
    )


def _disorder(analyte: Analyte, value: Decimal) -> str:
    return ("hypo" if value < Decimal(analyte.low) else "hyper") + analyte.stem


def _panel_working(analyte: Analyte, value: Decimal) -> str:
    side = "below" if value < Decimal(analyte.low) else "above"
    return (
        f"The {analyte.name} of {value} {analyte.unit} is {side} the normal range of "
        f"{analyte.low} to {analyte.high}; the other values are normal."
    )
