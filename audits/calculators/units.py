"""Units as medicine writes them, read into those of `units.txt`: `mm hg`, `degrees fahreinheit`."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import pint

UNITS: pint.UnitRegistry[Any] = pint.UnitRegistry(
    str(Path(__file__).with_name("units.txt")), cache_folder=None
)
Quantity = UNITS.Quantity
Amount: TypeAlias = Any  # A pint quantity; pint does not type its arithmetic.

MOLAR_MASS: Mapping[str, float] = {  # g/mol, from the standard atomic weights (IUPAC 2021)
    "bilirubin": 584.67,
    "calcium": 40.078,
    "cholesterol": 386.66,
    "creatinine": 113.12,
    "glucose": 180.16,
    "triglycerides": 885.4,  # of triolein, by which laboratories convert
    "urea nitrogen": 28.014,  # the two nitrogen atoms of urea, which "BUN" weighs
}

_WRITTEN = {
    "%": "percent",
    "a day": "1/day",
    "beats per minute": "1/minute",
    "bpm": "1/minute",
    "breaths per minute": "1/minute",
    "degrees celsius": "degC",
    "degrees celsisus": "degC",
    "degrees fahreinheit": "degF",
    "degrees fahrenheit": "degF",
    "mc/kg/min": "mcg/kg/min",
    "mm hg": "mmHg",
    "mmhg": "mmHg",
    "msec": "ms",
    "years": "year",
}


class Unreadable(ValueError):
    """An entity is there, but not in a form or unit that can be read."""


class Implausible(Unreadable):
    """An amount is there, but one that no patient has."""


@lru_cache(maxsize=1024)
def read_unit(text: str) -> str:
    """The unit that a text means, for pint; raises Unreadable."""
    written = " ".join(text.split())
    unit = _WRITTEN.get(written.casefold(), written.replace("\N{GREEK SMALL LETTER MU}", "µ"))
    if per := next((word for word in ("per ", "/") if unit.startswith(word)), ""):
        unit = f"1/({unit.removeprefix(per)})"
    try:
        UNITS.parse_units(unit)
    except Exception as error:
        raise Unreadable(f"the unit {text!r} is unknown") from error
    return unit


def convert(amount: float, written: str, unit: str, molar_mass: float | None = None) -> Any:
    """An amount in a unit as written, as a quantity in `unit`; raises Unreadable.

    `molar_mass` (g/mol) permits mass ↔ moles. A count "in µL" is a count per µL: an amount whose
    written unit is the inverse of what is wanted is read as one per that unit. Conversion keeps 12
    significant digits, so that 100.4 °F is 38 °C and not a hair less.
    """
    slope, start = _line(written, unit, molar_mass)
    return Quantity(float(f"{start + slope * amount:.12g}"), unit_of(unit))


@lru_cache(maxsize=1024)
def unit_of(text: str) -> Any:
    """The unit of a calculator's field; parsing it anew each time would take most of the time."""
    return UNITS.parse_units(text)


@lru_cache(maxsize=1024)
def _line(written: str, unit: str, molar_mass: float | None) -> tuple[float, float]:
    """Slope and start of the line that turns amounts in a unit as written into `unit`."""
    start, one = (_converted(x, written, unit, molar_mass) for x in (0.0, 1.0))
    return one - start, start


def _converted(amount: float, written: str, unit: str, molar_mass: float | None) -> float:
    given = _measured(amount, read_unit(written), unit)
    try:
        if molar_mass is None:
            return float(given.to(unit).magnitude)
        with UNITS.context("chemistry", mw=molar_mass * UNITS("g/mol")):
            return float(given.to(unit).magnitude)
    except pint.DimensionalityError as error:
        raise Unreadable(f"the unit {written} cannot be turned into {unit}") from error


def _measured(amount: float, written: str, wanted: str) -> Any:
    plain = UNITS.parse_units(written)
    inverse = (1 / UNITS.parse_units(wanted)).dimensionality
    if plain.dimensionality and plain.dimensionality == inverse:
        return Quantity(amount, 1 / plain)
    return Quantity(amount, plain)
