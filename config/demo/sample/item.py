"""One row of the sample: what the note says, what the label says, what is right."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NOT_COMPUTABLE = "N/A"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A planted error: its kind, how it can be found, and why the label is wrong.

    `found_by` is a verifier's name, or `consensus` where only the agreement
    of the models points at it, or `report` where only a reader can.
    """

    name: str
    category: str
    found_by: str
    rationale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A row. `truth` is the right answer; `answer` is the label, wrong if `fault` is set.

    The explanation ends with the label and the limits follow from it, also
    where it is wrong, as in a benchmark whose labels come from one generator.
    `limits_of` is set where label and limits were planted apart.
    """

    case: str
    calculator: str
    kind: str
    category: str
    note: str
    question: str
    subject: str
    entities: Mapping[str, Any]
    working: str
    truth: str
    answer: str
    choices: tuple[str, ...] = field(default=())
    limits_of: str | None = None
    fault: Fault | None = None

    @property
    def explanation(self) -> str:
        return f"{self.working} Hence the {self.subject} is {self.answer}."

    @property
    def limits(self) -> tuple[str, str]:
        """Lower and upper limit as texts, empty where the kind's rule (exact) holds."""
        middle = self.limits_of or self.answer
        if middle == NOT_COMPUTABLE:
            return "", ""
        if self.kind == "number":
            return plain(Decimal(middle) * Decimal("0.95")), plain(
                Decimal(middle) * Decimal("1.05")
            )
        return (middle, middle) if self.kind in ("integer", "date") else ("", "")


def plant(item: Item, fault: Fault, **changes: Any) -> Item:
    """The same row with a wrong label: `changes` says what the generator got wrong."""
    return dataclasses.replace(item, fault=fault, **changes)


def plain(value: Decimal) -> str:
    """A number without exponent or trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(value: Decimal) -> Decimal:
    """Three decimal places, as the explanations print and go on with."""
    return Decimal(plain(value.quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)))


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured value as the note gives it, and in the unit a formula needs."""

    value: Decimal
    unit: str
    standard: Decimal
    conversion: str = ""

    @classmethod
    def as_needed(cls, value: Decimal, unit: str) -> "Measure":
        """A value that the note gives in the formula's own unit."""
        return cls(value, unit, value)

    @classmethod
    def converted(cls, value: Decimal, unit: str, factor: Decimal, into: str) -> "Measure":
        """A value to be multiplied by a factor; `into` names the result and its unit."""
        standard = rounded(value * factor)
        sentence = f"The {into} is {value} * {factor} = {plain(standard)}."
        return cls(value, unit, standard, sentence)

    def __str__(self) -> str:
        return f"{self.value} {self.unit}"
