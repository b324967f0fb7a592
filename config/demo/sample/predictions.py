"""Answers of three models that do not exist, of different strength and habits.

Where a planted error is to be found by consensus all three are right; where only a reader can
find it they go apart; and one row with a right label has them all wrong together, so that an
expert has a label to confirm. Everything else is drawn, and two models are never wrong alike.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from config.demo.sample.draw import Draw
from config.demo.sample.item import NOT_COMPUTABLE, Item
from config.demo.sample.pregnancy import day, days_of, read_day, span
from config.demo.sample.questions import ANALYTES, LETTERS
from config.demo.sample.scores import CURB_ON_THRESHOLD

Style = Callable[[Item], str]


class Outcome(StrEnum):
    """What a model does with a row."""

    RIGHT = "right"
    WRONG = "wrong"
    ABSTAINED = "abstained"
    UNPARSABLE = "unparsable"
    AS_LABEL = "repeats the wrong label"
    ALIKE = "wrong in the same way as the others"


Plan = dict[str, Outcome]  # by case


@dataclass(frozen=True, slots=True)
class Model:
    """A made-up model: how often it fails, how it writes, what it says when it gives up."""

    name: str
    wrong: int
    abstained: int
    unparsable: int
    style: Style
    gives_up: tuple[str, ...]

    @property
    def file(self) -> str:
        return f"predictions_{self.name}.jsonl"


def _as_asked(item: Item) -> str:
    return item.truth


def _terse(item: Item) -> str:
    match item.kind:
        case "number":
            return f"{Decimal(item.truth):.1f}"
        case "date":
            return read_day(item.truth).isoformat()
        case "duration":
            return "({}, {})".format(*divmod(days_of(item.truth), 7))
        case "choice":
            return f"({item.truth})"
    return item.truth.capitalize()


def _wordy(item: Item) -> str:
    match item.kind:
        case "number":
            return f"{Decimal(item.truth):.2f}"
        case "date":
            return read_day(item.truth).strftime("%m-%d-%Y")
        case "duration":
            return f"{days_of(item.truth)} days"
        case "choice":
            return item.choices[LETTERS.index(item.truth)]
    return item.truth


MODELS = (
    Model("quillon-70b", 14, 5, 3, _as_asked, ("N/A",)),
    Model("tamarack-8b", 21, 7, 5, _terse, ("N/A", "unknown")),
    Model("ostrava-mini", 29, 9, 6, _wordy, ("N/A", "Not enough information in the note.")),
)
APART = {  # rows on which the models go apart: what each of them does, in the order of MODELS
    "scan ignored": (Outcome.AS_LABEL, Outcome.WRONG, Outcome.ABSTAINED),
    "date overlooked": (Outcome.RIGHT, Outcome.ABSTAINED, Outcome.WRONG),
}


def predictions(items: Sequence[Item]) -> dict[str, list[dict[str, object]]]:
    """Per file name, one record for each of the rows; row numbers start at 1."""
    plans = [_fixed(items, place) for place in range(len(MODELS))]
    for place in range(len(MODELS)):
        _fill(items, plans, place)
    return {
        model.file: [
            {
                "Row Number": number,
                "LLM Name": model.name,
                "LLM Answer": _answer(item, plans[place][item.case], place),
            }
            for number, item in enumerate(items, start=1)
        ]
        for place, model in enumerate(MODELS)
    }


def _fixed(items: Sequence[Item], place: int) -> Plan:
    plan = {CURB_ON_THRESHOLD: Outcome.ALIKE}
    for item in items:
        if item.fault and item.fault.found_by == "consensus":
            plan[item.case] = Outcome.RIGHT
        elif item.fault and item.fault.found_by == "report":
            plan[item.case] = APART[item.fault.name][place]
    return plan


def _fill(items: Sequence[Item], plans: list[Plan], place: int) -> None:
    """Give the model at `place` its share of failures; at most one model gives up on a row."""
    model, plan = MODELS[place], plans[place]
    free = Draw(model.name).shuffled([item for item in items if item.case not in plan])
    fixed = Counter(plan.values())
    wrong = fixed[Outcome.WRONG] + fixed[Outcome.ALIKE] + fixed[Outcome.AS_LABEL]
    wanted = {
        Outcome.ABSTAINED: model.abstained - fixed[Outcome.ABSTAINED],
        Outcome.UNPARSABLE: model.unparsable,
        Outcome.WRONG: model.wrong - wrong,
    }
    for outcome, count in wanted.items():
        fit = [item for item in free if item.case not in plan and _fits(item, outcome, plans)]
        plan.update((item.case, outcome) for item in fit[:count])
    for item in free:
        plan.setdefault(item.case, Outcome.RIGHT)


def _fits(item: Item, outcome: Outcome, plans: list[Plan]) -> bool:
    if outcome == Outcome.WRONG:
        return True
    if item.truth == NOT_COMPUTABLE or (outcome == Outcome.UNPARSABLE and item.kind == "text"):
        return False
    return not any(plan.get(item.case) == outcome for plan in plans)


def _answer(item: Item, outcome: Outcome, place: int) -> str:
    model = MODELS[place]
    match outcome:
        case Outcome.AS_LABEL:
            return item.answer
        case Outcome.ALIKE:
            return str(int(item.truth) + 1)
        case Outcome.WRONG:
            return _wrong(item, place)
        case Outcome.ABSTAINED:
            return Draw(f"{model.name} {item.case}").one(model.gives_up)
        case Outcome.UNPARSABLE:
            return _unparsable(item)
    return NOT_COMPUTABLE if item.truth == NOT_COMPUTABLE else model.style(item)


def _wrong(item: Item, place: int) -> str:
    """A wrong answer, another for each model."""
    if item.truth == NOT_COMPUTABLE:
        guesses = {"number": ("8.8", "9.6", "10.4"), "duration": ("77 days", "84 days", "98 days")}
        return guesses[item.kind][place]
    match item.kind:
        case "number":
            return f"{Decimal(item.truth) * Decimal(('0.87', '1.13', '1.31')[place]):.2f}"
        case "integer":
            return str(int(item.truth) + (1, 2, -1 if int(item.truth) else 3)[place])
        case "date":
            return day(read_day(item.truth) + timedelta(days=(7, -10, 3)[place]))
        case "duration":
            return span(days_of(item.truth) + (7, -7, 3)[place])
        case "choice":
            return LETTERS[(LETTERS.index(item.truth) + 1 + place) % len(LETTERS)]
    names = [side + analyte.stem for analyte in ANALYTES for side in ("hypo", "hyper")]
    return names[(names.index(item.truth) + 1 + 2 * place) % len(names)]


def _unparsable(item: Item) -> str:
    """A sentence around the right answer, or a hedge: no answer of the row's kind."""
    match item.kind:
        case "choice":
            return "A or B"
        case "date":
            return read_day(item.truth).strftime("around %B %Y")
        case "duration":
            return f"about {days_of(item.truth) // 7} weeks"
    return f"The {item.subject} is about {Decimal(item.truth):.0f}."
