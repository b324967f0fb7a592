"""What a calculator is, and the registry of all there are.

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
many calculators share stand in `inputs`; how an input is read in `fields`, molar masses and the
reading of units in `units`.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from errata.answers import UnreadableAnswer, parse_answer

from audits.calculators.fields import (
    REQUIRED,
    Inapplicable,
    Input,
    NotComputable,
    day,
    dose,
    flag,
    number,
    quantity,
    word,
)
from audits.calculators.units import UNITS, Amount, Implausible, Quantity, Unreadable, unit_of

__all__ = [
    "REQUIRED",
    "UNITS",
    "Amount",
    "Calculator",
    "Implausible",
    "Inapplicable",
    "Input",
    "NotComputable",
    "Quantity",
    "Unreadable",
    "band_of",
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

_REGISTRY: dict[str, "Calculator"] = {}


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

    def is_possible(self, result: float | date) -> bool:
        """Whether a result lies in the possible range; else an input is not meant as it is read."""
        lowest, highest = self.possible
        if isinstance(result, date):
            return True
        return (lowest is None or result >= lowest) and (highest is None or result <= highest)

    def _result(self, function: Callable[..., Any], given: Mapping[str, Any]) -> float | date:
        result = self._call(function, given)
        if isinstance(result, date):
            return result
        if isinstance(result, Mapping):
            result = sum(result.values())
        if isinstance(result, UNITS.Quantity):
            result = result.to(unit_of(self.unit)).magnitude
        if isinstance(result, complex) or not isfinite(result):
            raise Inapplicable(f"{self.name} has no value for these inputs")
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
            raise Inapplicable(f"{self.name} has no value for these inputs ({error})") from error


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


def band_of(group: str, answer: str, kind: str) -> str:
    """The published risk band of a group's answer, as printed; empty where there is none."""
    one = find(group)
    if one is None or kind not in ("number", "integer"):
        return ""
    try:
        value = parse_answer(answer, "number").value
    except UnreadableAnswer:
        return ""
    return one.band(float(value)) if isinstance(value, Decimal) else ""


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
