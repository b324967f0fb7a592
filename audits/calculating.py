"""A calculator of the pack as a form with units: what was entered, and what comes of it.

What an expert enters becomes the derivation of the label, in the shape that benchmarks bring it:
entities and an explanation. It is computed here again, never taken from a browser.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from errata.answers import UnreadableAnswer, parse_answer, print_answer
from errata.grading import same_answer

from audits.calculators import Calculator, NotComputable, Unreadable, find
from audits.calculators.fields import REQUIRED, Input
from audits.calculators.units import convert, unit_of
from audits.guide_starts import missing_words
from audits.verifiers.grounding import read_entities
from audits.verifiers.recalculate import printed

_UNITS = (
    *("kg", "g", "mg", "mcg", "lb", "m", "cm", "inch", "ft", "year", "month", "week", "day"),
    *("hour", "minute", "s", "ms", "mg/dL", "g/dL", "g/L", "mg/L", "mmol/L", "µmol/L", "mEq/L"),
    *("ng/mL", "mmHg", "cmH2O", "degC", "degF", "percent", "1/µL", "1/L", "1/minute", "L", "mL"),
    *("mL/min", "mL/hour", "mg/day", "mcg/kg/min"),
)
_PRESENT, _ABSENT = "present", "absent"


@dataclass(frozen=True, slots=True)
class Asked:
    """One input as the form asks for it, with what was entered."""

    name: str
    label: str
    kind: str
    missing: str
    required: bool
    units: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    amount: str = ""
    unit: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Calculated:
    """What a calculator makes of the entities: the result as an answer, or why there is none."""

    entities: Mapping[str, Any]
    answer: str = ""
    unit: str = ""
    band: str = ""
    points: tuple[tuple[str, float], ...] = ()
    problem: str = ""
    explanation: str = ""

    @property
    def entities_text(self) -> str:
        """The entities as a form carries them."""
        return canonical_entities(self.entities)


def asked(one: Calculator, data: Mapping[str, str]) -> list[Asked]:
    """The inputs of a calculator as a form asks for them."""
    return [_asked(name, given, data) for name, given in one.inputs.items()]


def entered(one: Calculator, data: Mapping[str, str]) -> dict[str, Any]:
    """The entities that a sent form means, under the names that benchmarks give them.

    What is left empty is not mentioned. A number that cannot be read raises Unreadable.
    """
    found = {}
    for name, given in one.inputs.items():
        value = _entered(name, given, data)
        if value is not None:
            found[given.entities[0]] = value
    return found


def calculate(one: Calculator, entities: Mapping[str, Any], kind: str) -> Calculated:
    """The result as an answer of `kind`, with its band and the points by component."""
    try:
        inputs = one.read(entities)
        value = one.compute(inputs)
        answer = print_answer(printed(value, kind))
    except (NotComputable, Unreadable, UnreadableAnswer) as error:
        return Calculated(entities, problem=str(error))
    if not one.is_possible(value):
        told = f"That comes to {answer}, which is impossible: look at the amounts and their units."
        return Calculated(entities, problem=told)
    band = "" if isinstance(value, date) else one.band(value)
    points = tuple(one.points(inputs).items())
    unit = "%" if one.unit == "percent" else one.unit
    return Calculated(
        entities, answer, unit, band, points, "", _explained(one, entities, answer, unit, points)
    )


def derivation_of(group: str, kind: str, entities: str, answer: str) -> dict[str, Any] | None:
    """The derivation of an answer that the group's calculator makes of these entities (JSON).

    None where it comes to another answer: then the expert found it in another way, and the
    entities would explain what the label does not say.
    """
    one, read = find(group), read_entities(entities)
    if one is None or not isinstance(read, Mapping):
        return None
    known = {name for given in one.inputs.values() for name in given.entities}
    read = {name: value for name, value in read.items() if name in known}
    made = calculate(one, read, kind)
    try:
        if made.problem or not same_answer(_parsed(made.answer, kind), _parsed(answer, kind)):
            return None
    except UnreadableAnswer:
        return None
    return {"entities": made.entities_text, "explanation": made.explanation}


def canonical_entities(entities: Mapping[str, Any]) -> str:
    """Entities as JSON; numbers as they were entered."""
    return json.dumps(entities, ensure_ascii=False)


def _parsed(text: str, kind: str) -> Any:
    return parse_answer(text, kind)  # type: ignore[arg-type]


def _asked(name: str, given: Input, data: Mapping[str, str]) -> Asked:
    words: tuple[str, ...] = ()
    if given.kind == "flag":
        words = (_PRESENT, _ABSENT)
    elif given.words:
        words = tuple({repr(value): word for word, value in reversed(given.words.items())}.values())
        words = tuple(reversed(words))
    units = units_for(given) if given.kind in ("quantity", "dose") else ()
    return Asked(
        name=name,
        label=given.entities[0],
        kind=given.kind,
        missing=missing_words(given),
        required=given.missing is REQUIRED,
        units=units,
        words=words,
        amount=data.get(name, ""),
        unit=data.get(f"{name}.unit", ""),
        word=data.get(f"{name}.word", ""),
    )


def units_for(given: Input) -> tuple[str, ...]:
    """The units in which an amount may be entered, the calculator's own first."""
    wanted = unit_of(given.unit)
    found = [given.unit]
    for unit in _UNITS:
        if unit == given.unit:
            continue
        try:
            convert(1, unit, given.unit, given.molar_mass)
            same = unit_of(unit).dimensionality == wanted.dimensionality
        except (Unreadable, ValueError, AttributeError):
            continue
        if same or given.molar_mass:
            found.append(unit)
    return tuple(dict.fromkeys(found))


def _entered(name: str, given: Input, data: Mapping[str, str]) -> Any:
    amount, word = data.get(name, "").strip(), data.get(f"{name}.word", "").strip()
    unit = data.get(f"{name}.unit", "") or given.unit
    match given.kind:
        case "quantity":
            return _measured(given, amount, unit) if amount else None
        case "number":
            return _number(given, amount) if amount else None
        case "flag":
            return word == _PRESENT if word in (_PRESENT, _ABSENT) else None
        case "word":
            return word or None
        case "dose":
            return [word, *_measured(given, amount, unit)] if amount and word else None
    return amount or None


def _measured(given: Input, amount: str, unit: str) -> list[Any]:
    """An amount in exactly the unit that was chosen.

    Calculators forgive a benchmark a unit that was miswritten; whoever chooses one means it.
    """
    number, label = _number(given, amount), given.entities[0]
    if unit not in units_for(given):
        raise Unreadable(f"{label}: choose one of the units {', '.join(units_for(given))}")
    found = convert(number, unit, given.unit, given.molar_mass).magnitude
    lowest, highest = given.plausible or (float("-inf"), float("inf"))
    if not lowest <= found <= highest:
        raise Unreadable(f"{label}: no patient has {amount} {unit}; look at the unit")
    return [number, unit]


def _number(given: Input, text: str) -> int | float:
    try:
        value = parse_answer(text, "number").value
        number = float(value)  # type: ignore[arg-type]
    except (UnreadableAnswer, TypeError, OverflowError) as error:
        raise Unreadable(f"{given.entities[0]}: '{text[:40]}' is no number") from error
    return int(number) if number == int(number) and abs(number) < 1e15 else number


def _explained(
    one: Calculator,
    entities: Mapping[str, Any],
    answer: str,
    unit: str,
    points: tuple[tuple[str, float], ...],
) -> str:
    told = [f"{name}: {_said(value)}" for name, value in entities.items()]
    lines = [f"{one.name}, computed from {'; '.join(told) or 'no findings'}."]
    counting = [f"{name} {value:g}" for name, value in points if value]
    if counting:
        lines.append(f"Points: {', '.join(counting)}.")
    lines.append(f"Result: {answer} {unit}".rstrip() + ".")
    return "\n".join(lines)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return _PRESENT if value else _ABSENT
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return str(value)
