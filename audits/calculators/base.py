"""What a calculator is, how its inputs are read from a benchmark's entities, and the registry.

    @calculator(
        "Body mass index",
        groups=("Body Mass Index (BMI)",),
        unit="kg/m^2",
        weight=quantity("kg", "weight"),
        height=quantity("m", "height"),
        possible=(4, 250),
        bands=bands("underweight", 18.5, "normal", 25, "overweight", 30, "obese"),
    )
    def body_mass_index(weight, height):
        '''Weight over height squared. Source: …'''
        return weight / height**2

The function takes pint quantities in exactly the units its fields name (so `height.magnitude` is
in metres), or numbers, flags, words and dates as its fields say. It returns a quantity, a number, a
date, whole days, or the points of a score by component, whose total is the score: then a verifier
can say which component differs. It knows nothing of entities, labels or benchmarks. Inputs that
many calculators share stand in `inputs`; molar masses and the reading of units in `units`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from math import isfinite
from typing import Any

from audits.calculators.units import UNITS, Amount, Quantity, Unreadable, convert, unit_of

__all__ = [
    "REQUIRED",
    "UNITS",
    "Amount",
    "Calculator",
    "Input",
    "NotComputable",
    "Quantity",
    "Unreadable",
    "bands",
    "calculator",
    "day",
    "dose",
    "find",
    "flag",
    "graded",
    "known",
    "number",
    "quantity",
    "word",
]

REQUIRED = object()
_DATES = ("%m/%d/%Y", "%Y-%m-%d", "%m-%d-%Y")
_YES = frozenset({"true", "yes", "present", "positive", "1"})
_NO = frozenset({"false", "no", "absent", "negative", "none", "0"})
_REGISTRY: dict[str, "Calculator"] = {}


class NotComputable(ValueError):
    """The inputs lack what the calculator needs; the sentence names it."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a calculator and how to read it.

    `entities` are the names under which benchmarks give it, best first. `missing` is what an
    unmentioned finding counts as (REQUIRED: then there is no result); for a quantity it is a number
    in `unit`, or None. `unit` is the one a lone number is in, and the one the function gets;
    `molar_mass` (g/mol) permits mass ↔ amount (mg/dL ↔ mmol/L). `plausible` are the lowest and
    highest amount in `unit` that a patient can have: where the unit as written gives another one
    but the number alone is plausible in `unit`, the unit was miswritten (9400 white cells "in L").
    `words` maps what is written, in any case, to what the function takes.
    """

    kind: str  # quantity, number, flag, word, dose, date
    entities: tuple[str, ...]
    unit: str = ""
    missing: Any = REQUIRED
    molar_mass: float | None = None
    plausible: tuple[float, float] | None = None
    words: Mapping[str, Any] = field(default_factory=dict)

    def given(self, entities: Mapping[str, Any]) -> tuple[str, Any]:
        """Name and text of the entity that is read; the value is None where none is given."""
        for name in self.entities:
            if not _unmentioned(entities.get(name)):
                return name, entities[name]
        return self.entities[0], None

    def read(self, entities: Mapping[str, Any]) -> Any:
        """The input as the function takes it; raises NotComputable or Unreadable."""
        name, value = self.given(entities)
        if value is None:
            return self.default()
        try:
            return _READERS[self.kind](self, value)
        except Unreadable as error:
            raise Unreadable(f"{name} cannot be read: {error}") from error

    def default(self) -> Any:
        """What counts where nothing is given; raises NotComputable."""
        if self.missing is REQUIRED:
            raise NotComputable(f"{self.entities[0]} is not given")
        if self.kind == "quantity" and self.missing is not None:
            return Quantity(self.missing, unit_of(self.unit))
        return self.missing


@dataclass(frozen=True, slots=True, eq=False)
class Calculator:
    """One published calculator.

    `possible` are the lowest and highest result in `unit`; `bands` the published cut-offs as
    (lower bound, name) in rising order. `kind` is the answer kind of the result. `others` are
    other versions of the same inputs that are met, published or mistaken, by name: what a label
    that differs may follow.
    `version` changes with every change of the functions or of their inputs' reading.
    """

    name: str
    groups: tuple[str, ...]
    unit: str
    kind: str
    inputs: Mapping[str, Input]
    function: Callable[..., Any]
    possible: tuple[float | None, float | None]
    bands: tuple[tuple[float, str], ...]
    version: str
    others: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    def read(self, entities: Mapping[str, Any]) -> dict[str, Any]:
        """All inputs by parameter name; raises NotComputable or Unreadable."""
        return {name: one.read(entities) for name, one in self.inputs.items()}

    def points(self, given: Mapping[str, Any]) -> dict[str, float]:
        """The points by component, for a score; empty for anything else."""
        result = self._call(self.function, given)
        return dict(result) if isinstance(result, Mapping) else {}

    def compute(self, given: Mapping[str, Any]) -> float | date:
        """The result: a float in `unit`, a date, or whole days; raises NotComputable."""
        return self._result(self.function, given)

    def by_others(self, given: Mapping[str, Any]) -> dict[str, float | date]:
        """The results of the other versions, by name, as far as they have one."""
        found = {}
        for name, function in self.others.items():
            with suppress(NotComputable):
                found[name] = self._result(function, given)
        return found

    def _result(self, function: Callable[..., Any], given: Mapping[str, Any]) -> float | date:
        result = self._call(function, given)
        if isinstance(result, date):
            return result
        if isinstance(result, Mapping):
            result = sum(result.values())
        if isinstance(result, UNITS.Quantity):
            result = result.to(unit_of(self.unit)).magnitude
        if isinstance(result, complex) or not isfinite(result):
            raise NotComputable(f"{self.name} has no value for these inputs")
        return float(result) + 0.0  # never −0.0

    def band(self, value: float) -> str:
        """The published band that a result lies in; empty where none is published."""
        names = [name for lower, name in self.bands if value >= lower]
        return names[-1] if names else ""

    def _call(self, function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
        try:
            return function(**given)
        except NotComputable:
            raise
        except (ArithmeticError, ValueError) as error:
            raise NotComputable(f"{self.name} has no value for these inputs ({error})") from error


def calculator(
    name: str,
    *,
    groups: tuple[str, ...],
    unit: str = "",
    kind: str = "number",
    possible: tuple[float | None, float | None] = (None, None),
    bands: tuple[tuple[float, str], ...] = (),
    version: str = "1",
    others: Mapping[str, Callable[..., Any]] | None = None,
    **inputs: Input,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a calculator; the keyword arguments are its inputs."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        made = Calculator(
            name, groups, unit, kind, inputs, function, possible, bands, version, others or {}
        )
        for group in groups:
            if group in _REGISTRY:
                raise ValueError(f"two calculators serve {group}")
            _REGISTRY[group] = made
        return function

    return register


def find(group: str) -> Calculator | None:
    """The calculator that serves a benchmark's group, if there is one."""
    return _REGISTRY.get(group)


def known() -> tuple[Calculator, ...]:
    """All calculators, by name."""
    return tuple(sorted(set(_REGISTRY.values()), key=lambda one: one.name))


def bands(first: str, *rest: Any) -> tuple[tuple[float, str], ...]:
    """Risk bands as they are read: name, cut-off, name, cut-off, name; a cut-off opens a band."""
    return ((float("-inf"), first), *zip(map(float, rest[::2]), rest[1::2], strict=True))


def graded(value: float | Amount, first: float, *rest: float) -> float:
    """Points by cut-offs, read as bands are: points, cut-off, points; a cut-off opens a step.

    A quantity is graded by its number in the unit that its field names.
    """
    measure = value.magnitude if isinstance(value, UNITS.Quantity) else value
    passed = [
        points for lower, points in zip(rest[::2], rest[1::2], strict=True) if measure >= lower
    ]
    return passed[-1] if passed else first


def quantity(
    unit: str,
    *entities: str,
    missing: Any = REQUIRED,
    molar_mass: float | None = None,
    plausible: tuple[float, float] | None = None,
) -> Input:
    """An amount with a unit."""
    return Input("quantity", entities, unit, missing, molar_mass, plausible)


def number(*entities: str, missing: Any = REQUIRED) -> Input:
    """A number without a unit."""
    return Input("number", entities, missing=missing)


def flag(*entities: str, missing: Any = False) -> Input:
    """A finding that is there or not; by default an unmentioned one is not."""
    return Input("flag", entities, missing=missing)


def word(words: Mapping[str, Any], *entities: str, missing: Any = REQUIRED) -> Input:
    """One of some words, compared without case; true and false are the words "true" and "false"."""
    return replace(Input("word", entities, missing=missing), words=_folded(words))


def dose(words: Mapping[str, Any], unit: str, *entities: str) -> Input:
    """A drug and its amount, written as (drug, amount, unit); the function gets the pair."""
    return replace(Input("dose", entities, unit), words=_folded(words))


def day(*entities: str) -> Input:
    """A calendar date."""
    return Input("date", entities)


def _folded(words: Mapping[str, Any]) -> dict[str, Any]:
    return {" ".join(text.split()).casefold(): value for text, value in words.items()}


def _unmentioned(value: Any) -> bool:
    """Whether an entity says no more than that the note does not tell."""
    return value is None or (
        isinstance(value, str)
        and value.strip().casefold().startswith(("not men", "unknown", "not given", "n/a"))
    )


def _quantity(form: Input, value: Any) -> Any:
    if form.plausible is None:
        return _amount(form, value)
    lowest, highest = form.plausible
    try:
        found = _amount(form, value)
        if lowest <= found.magnitude <= highest:
            return found
        why = f"no patient has {found.magnitude:.6g} {form.unit}"
    except Unreadable as error:
        why = str(error)
    match value:
        case [int() | float() as amount, str()] if lowest <= amount <= highest:
            return Quantity(amount, unit_of(form.unit))
    raise Unreadable(why)


def _amount(form: Input, value: Any) -> Any:
    match value:
        case bool() | [bool(), *_]:
            pass
        case [int() | float() as amount, str() as unit]:
            return convert(amount, unit, form.unit, form.molar_mass)
        case int() | float():
            return Quantity(value, unit_of(form.unit))
    raise Unreadable(f"{value!r} is no amount with a unit")


def _number(form: Input, value: Any) -> float:
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(f"{value!r} is no number")
    return float(value)


def _flag(form: Input, value: Any) -> bool:
    text = str(value).strip().casefold()
    if text in _YES or text in _NO:
        return text in _YES
    raise Unreadable(f"{value!r} is neither true nor false")


def _word(form: Input, value: Any) -> Any:
    text = " ".join(str(value).split()).casefold()
    if text not in form.words:
        raise Unreadable(f"{value!r} is none of {', '.join(form.words)}")
    return form.words[text]


def _dose(form: Input, value: Any) -> Any:
    match value:
        case [str() as drug, int() | float() as amount, str() as unit]:
            return _word(form, drug), convert(amount, unit, form.unit)
    raise Unreadable(f"{value!r} is no drug with an amount and a unit")


def _day(form: Input, value: Any) -> date:
    for written in _DATES:
        try:
            return datetime.strptime(str(value).strip(), written).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise Unreadable(f"{value!r} is no date")


_READERS: dict[str, Callable[[Input, Any], Any]] = {
    "quantity": _quantity,
    "number": _number,
    "flag": _flag,
    "word": _word,
    "dose": _dose,
    "date": _day,
}
