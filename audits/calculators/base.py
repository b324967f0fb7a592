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

The function takes pint quantities (or numbers, flags, words, dates, as its fields say) and returns
a quantity, a number, a date or whole days. It knows nothing of entities, labels or benchmarks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import pint

UNITS: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
Quantity = UNITS.Quantity
REQUIRED = object()
_DATES = ("%m/%d/%Y", "%Y-%m-%d", "%m-%d-%Y")
_REGISTRY: dict[str, "Calculator"] = {}


class NotComputable(ValueError):
    """The inputs lack what the calculator needs; the sentence names it."""


class Unreadable(ValueError):
    """An entity is there, but not in a form or unit that can be read."""


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a calculator and how to read it.

    `entities` are the names under which benchmarks give it, best first. `missing` is what an
    unmentioned finding counts as (REQUIRED: then the score cannot be computed). `unit` is the one
    a lone number is in, and the one the function gets; `substance` permits mass ↔ amount (mg/dL ↔
    mmol/L) by its molar mass. `words` maps what is written to what the function takes.
    """

    kind: str  # quantity, number, flag, word, date
    entities: tuple[str, ...]
    unit: str = ""
    missing: Any = REQUIRED
    molar_mass: float | None = None  # g/mol
    words: Mapping[str, Any] = field(default_factory=dict)

    def read(self, entities: Mapping[str, Any]) -> Any:
        """The input as the function takes it; raises NotComputable or Unreadable."""
        for name in self.entities:
            if entities.get(name) is not None:
                return _READERS[self.kind](self, name, entities[name])
        if self.missing is REQUIRED:
            raise NotComputable(f"{self.entities[0]} is not given")
        return self.missing


@dataclass(frozen=True, slots=True)
class Calculator:
    """One published calculator.

    `possible` are the lowest and highest result in `unit`; `bands` the published cut-offs as
    (lower bound, name) in rising order. `kind` is the answer kind of the result.
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

    def read(self, entities: Mapping[str, Any]) -> dict[str, Any]:
        """All inputs by parameter name; raises NotComputable or Unreadable."""
        return {name: one.read(entities) for name, one in self.inputs.items()}

    def compute(self, given: Mapping[str, Any]) -> Any:
        """The result: a float in `unit`, a date, or whole days; raises NotComputable."""
        try:
            result = self.function(**given)
        except (ZeroDivisionError, OverflowError) as error:
            raise NotComputable(f"{self.name} has no value for these inputs ({error})") from error
        if isinstance(result, Quantity):
            result = result.to(self.unit or "dimensionless").magnitude
        return result if isinstance(result, date) else float(result)

    def band(self, value: float) -> str:
        """The published band that a result lies in; empty where none is published."""
        names = [name for lower, name in self.bands if value >= lower]
        return names[-1] if names else ""


def calculator(
    name: str,
    *,
    groups: tuple[str, ...],
    unit: str = "",
    kind: str = "number",
    possible: tuple[float | None, float | None] = (None, None),
    bands: tuple[tuple[float, str], ...] = (),
    version: str = "1",
    **inputs: Input,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a calculator; the keyword arguments are its inputs."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        made = Calculator(name, groups, unit, kind, inputs, function, possible, bands, version)
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


def quantity(
    unit: str, *entities: str, missing: Any = REQUIRED, molar_mass: float | None = None
) -> Input:
    """An amount with a unit."""
    return Input("quantity", entities, unit, missing, molar_mass)


def number(*entities: str, missing: Any = REQUIRED) -> Input:
    """A number without a unit."""
    return Input("number", entities, missing=missing)


def flag(*entities: str, missing: Any = False) -> Input:
    """A finding that is there or not; by default an unmentioned one is not."""
    return Input("flag", entities, missing=missing)


def word(words: Mapping[str, Any], *entities: str, missing: Any = REQUIRED) -> Input:
    """One of some words, compared without case."""
    folded = {text.casefold(): value for text, value in words.items()}
    return replace(Input("word", entities, missing=missing), words=folded)


def day(*entities: str) -> Input:
    """A calendar date."""
    return Input("date", entities)


def _quantity(form: Input, name: str, value: Any) -> Any:
    match value:
        case bool():
            raise Unreadable(f"{name} is {value}, not an amount")
        case [int() | float() as amount, str() as unit] if not isinstance(amount, bool):
            return _convert(form, name, amount, unit)
        case int() | float():
            return Quantity(value, form.unit)
    raise Unreadable(f"{name} is {value!r}, not an amount with a unit")


def _convert(form: Input, name: str, amount: float, unit: str) -> Any:
    """In the unit the function takes. A reader of units as medicine writes them."""
    from audits.calculators.units import read_unit

    given = Quantity(amount, read_unit(unit, name))
    try:
        if form.molar_mass is not None:
            with UNITS.context("chemistry", mw=form.molar_mass * UNITS("g/mol")):
                return given.to(form.unit)
        return given.to(form.unit)
    except pint.DimensionalityError as error:
        raise Unreadable(f"{name} is given in {unit}, which is no {form.unit}") from error


def _number(form: Input, name: str, value: Any) -> float:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(f"{name} is {value!r}, not a number")
    return float(value)


def _flag(form: Input, name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Unreadable(f"{name} is {value!r}, neither true nor false")


def _word(form: Input, name: str, value: Any) -> Any:
    text = str(value).strip().casefold()
    if text not in form.words:
        raise Unreadable(f"{name} is {value!r}, none of {', '.join(form.words)}")
    return form.words[text]


def _day(form: Input, name: str, value: Any) -> date:
    for written in _DATES:
        try:
            return datetime.strptime(str(value).strip(), written).date()  # noqa: DTZ007
        except ValueError:
            continue
    raise Unreadable(f"{name} is {value!r}, not a date")


_READERS: dict[str, Callable[[Input, str, Any], Any]] = {
    "quantity": _quantity,
    "number": _number,
    "flag": _flag,
    "word": _word,
    "date": _day,
}
