"""What a label may have done instead of the published calculation, one step at a time.

Each variant changes one step (a unit, a missing finding, the formula, a rounding) and says in words
what that is and what then comes out: the one that comes to the label tells which step differs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Any

import pint

from audits.calculators.base import Calculator, Input, NotComputable, Unreadable
from audits.calculators.units import Amount, Quantity, convert

UNIT, MISSING, FORMULA, ROUNDING = "unit", "missing-input policy", "formula", "rounding"

Given = Mapping[str, Any]

# Units whose numbers are taken for each other; a number per nL is one of 10^9/L.
_CONFUSED = {
    "mg/dL": ("mmol/L", "µmol/L", "g/dL"),
    "g/dL": ("g/L", "mg/dL"),
    "mEq/L": ("mg/dL",),
    "mmol/L": ("mg/dL",),
    "degC": ("degF",),
    "m": ("cm", "inch"),
    "cm": ("m", "inch"),
    "kg": ("pound", "g"),
    "ms": ("s",),
    "percent": ("dimensionless",),
    "1/µL": ("1/nL",),
    "mg": ("µg", "g"),
}
_SHOWN = {
    "1/nL": "10^9/L",
    "1/µL": "/µL",
    "dimensionless": "parts of one",
    "degC": "°C",
    "degF": "°F",
}
# What is confused where nothing had to be converted. A score has few values, so that a guess fits
# easily: only these are tried there; the result of a formula tells by its digits.
_EASILY = ("degC", "percent", "1/µL")
_OFTEN = ("degC", "1/µL")
_DECIMALS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Variant:
    """One step done otherwise: which, on what, that in words, and the result it leads to."""

    step: str
    subject: str
    words: str
    value: float | date


def variants(one: Calculator, entities: Given, given: dict[str, Any]) -> Iterator[Variant]:
    """All variants of a calculation from these entities, the most telling first.

    `given` is what `one.read(entities)` made of them.
    """
    for name, value in one.by_others(given).items():
        yield Variant(FORMULA, name, f"it follows another version ({name})", value)
    yield from _units(one, entities, given)
    yield from _missing(one, entities, given)
    yield from _components(one, given)
    yield from _rounded(one, entities, given)


def two_at_once(one: Calculator, entities: Given, given: dict[str, Any]) -> Iterator[Variant]:
    """For a score that no single variant explains: units besides another version, or two units.

    Only units that are confused most, since of many pairs some fit by chance.
    """
    if not one.points(given):
        return
    versions = [(f"it follows another version ({name}), and ", f) for name, f in one.others.items()]
    for told, function in (("", one.function), *versions):
        version = replace(one, function=function, others={})
        often = [
            change
            for change in _changes(one, entities, given)
            if all(one.inputs[name].unit in _OFTEN for name in change.taken)
        ]
        for count in (1, 2):
            for changes in combinations(often, count):
                names = [name for change in changes for name in change.taken]
                if len(set(names)) < len(names):
                    continue
                words = told + " and ".join(change.words for change in changes)
                taken = {name: q for change in changes for name, q in change.taken.items()}
                step = FORMULA if told else UNIT
                yield from _computed(version, step, told + ", ".join(names), words, given | taken)


@dataclass(frozen=True, slots=True)
class _Change:
    """Amounts taken in another unit, in words too."""

    words: str
    taken: dict[str, Amount]

    @property
    def subject(self) -> str:
        return ", ".join(self.taken)


def _units(one: Calculator, entities: Given, given: dict[str, Any]) -> Iterator[Variant]:
    for change in _changes(one, entities, given):
        yield from _computed(one, UNIT, change.subject, change.words, given | change.taken)


def _changes(one: Calculator, entities: Given, given: dict[str, Any]) -> Iterator[_Change]:
    """All quantities of one unit taken in another; then each of them alone."""
    together: dict[tuple[str, str, bool], dict[str, Amount]] = {}
    score = bool(one.points(given))
    for name, form in one.inputs.items():
        if form.kind != "quantity" or form.given(entities)[1] is None:
            continue
        for other, thought, taken in _misread(form, entities, given[name], score):
            together.setdefault((form.unit, other, thought), {})[name] = taken
    for (unit, other, thought), changed in together.items():
        if len(changed) > 1:
            yield _Change(_taken(one, entities, unit, other, thought, list(changed)), changed)
    for (unit, other, thought), changed in together.items():
        for name, taken in changed.items():
            yield _Change(_taken(one, entities, unit, other, thought, [name]), {name: taken})


def _misread(
    form: Input, entities: Given, amount: Amount, score: bool
) -> Iterator[tuple[str, bool, Amount]]:
    """Other unit, whether the number was thought to be in it, and what is then calculated with.

    Thought to be in it: 34.9 °C are read as °F. Else the amount is converted into it and its
    number goes into a formula that needs another: 6.08 mmol/L where mg/dL are due.
    """
    match form.given(entities)[1]:
        case [int() | float() as number, str() as written] if number != amount.magnitude:
            yield written, False, Quantity(number, form.unit)
        case _ if score and form.unit not in _EASILY:
            return
    for other in _CONFUSED.get(form.unit, ()):
        if form.molar_mass is None and "mol" in other:
            continue
        try:
            thought = convert(amount.magnitude, other, form.unit, form.molar_mass)
            meant = convert(amount.magnitude, form.unit, other, form.molar_mass)
        except (Unreadable, pint.PintError):
            continue
        yield other, False, Quantity(meant.magnitude, form.unit)
        yield other, True, thought


def _taken(
    one: Calculator, entities: Given, unit: str, other: str, thought: bool, names: list[str]
) -> str:
    told = " and ".join(one.inputs[name].given(entities)[0] for name in names)
    verb = "are" if len(names) > 1 else "is"
    shown, due = _SHOWN.get(other, other), _SHOWN.get(unit, unit)
    if thought:
        return f"{told} {verb} read as {shown} instead of {due}"
    return f"{told} {verb} put into the formula in {shown} instead of {due}"


def _missing(one: Calculator, entities: Given, given: dict[str, Any]) -> Iterator[Variant]:
    """A finding that nobody mentions counted otherwise, one or all of them."""
    absent = {name: form for name, form in one.inputs.items() if form.given(entities)[1] is None}
    points = one.points(given)
    uncounted: dict[str, float] = {}
    for name, form in absent.items():
        for told, value in _alternatives(form, given[name]):
            words = f"{form.entities[0]}, which is not given, counts as {told}"
            changed = given | {name: value}
            yield from _computed(one, MISSING, name, words, changed)
            uncounted |= _changed(points, one.points(changed))
    dropped = {key: value for key, value in uncounted.items() if value}
    total = sum(points.values())
    for key, value in dropped.items():
        yield Variant(MISSING, key, f"{key}, which is not given, is left out", total - value)
    if len(dropped) > 1:
        words = f"{' and '.join(dropped)}, which are not given, are left out"
        yield Variant(MISSING, ", ".join(dropped), words, total - sum(dropped.values()))


def _alternatives(form: Input, default: Any) -> Iterator[tuple[str, Any]]:
    if form.kind == "flag":
        yield ("absent" if default else "present"), not default
    elif form.kind == "word":
        seen = {default}
        for told, value in form.words.items():
            if value not in seen:
                seen.add(value)
                yield told, value


def _changed(points: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in points.items() if other.get(name) != value}


def _components(one: Calculator, given: dict[str, Any]) -> Iterator[Variant]:
    """A component of a score counted twice or left out."""
    points = one.points(given)
    total = sum(points.values())
    by_points: dict[float, list[str]] = {}
    for name, value in points.items():
        if value:
            by_points.setdefault(value, []).append(name)
    for value, names in by_points.items():
        one_of = _either(names)
        yield Variant(FORMULA, one_of, f"{one_of} is counted twice", total + value)
        yield Variant(FORMULA, one_of, f"{one_of} is left out", total - value)


def _either(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _rounded(one: Calculator, entities: Given, given: dict[str, Any]) -> Iterator[Variant]:
    """Amounts rounded on the way: all that were converted before that, or one as it is used."""
    forms = {
        name: form
        for name, form in one.inputs.items()
        if form.kind == "quantity" and form.given(entities)[1] is not None
    }
    if one.points(given):  # a score has few values, so that a guess fits easily
        return
    for decimals in _DECIMALS:
        early = {name: _rounded_early(form, entities, decimals) for name, form in forms.items()}
        changed = {name: taken for name, taken in early.items() if taken is not None}
        if changed:
            told = " and ".join(forms[name].given(entities)[0] for name in changed)
            words = f"{told} rounded to {decimals} decimals before the conversion"
            yield from _computed(one, ROUNDING, ", ".join(changed), words, given | changed)
    for name, form in forms.items():
        for decimals in _DECIMALS:
            number = round(given[name].magnitude, decimals)
            words = f"{form.entities[0]} is rounded to {number:g} {form.unit} on the way"
            changed = {name: Quantity(number, form.unit)}
            yield from _computed(one, ROUNDING, name, words, given | changed)


def _rounded_early(form: Input, entities: Given, decimals: int) -> Amount | None:
    match form.given(entities)[1]:
        case [int() | float() as number, str() as written] if round(number, decimals) != number:
            try:
                taken = convert(round(number, decimals), written, form.unit, form.molar_mass)
            except Unreadable:  # a miswritten unit, of which the number alone was taken
                return None
            return None if taken.magnitude == round(number, decimals) else taken
    return None


def _computed(
    one: Calculator, step: str, subject: str, words: str, given: dict[str, Any]
) -> Iterator[Variant]:
    try:
        yield Variant(step, subject, words, one.compute(given))
    except NotComputable:
        return
