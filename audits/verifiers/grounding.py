"""The numbers a label was derived from stand in the inputs, with their units."""

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from audits.verifiers.base import ABSTAIN, Ballot, Input, Item, objection
from audits.verifiers.numerals import Numeral, numerals, spelled

MAX_ENTITIES = 20_000  # characters read
_ALWAYS_THERE = (0.0, 1.0)  # too common, and too often only implied

# What a number in the inputs is multiplied with before it stands among the entities: inches, feet,
# pounds, ounces, months, weeks and days of an age.
_FACTORS = (2.54, 30.48, 0.45359237, 28.349523125, 1 / 12, 7 / 365.25, 1 / 365.25)
_FEET = frozenset(map(float, range(2, 9)))

# Units by what they measure; words that are no unit of these say nothing.
_FAMILIES = {
    "time": "years year yrs yr y yo months month weeks week days day hours hour hrs hr h "
    "minutes minute min seconds second msec ms",
    "mass": "kg kilograms kilogram kgs lbs lb pounds pound g grams gram mg mcg",
    "length": "cm centimeters centimeter m meters meter in inches inch ft feet foot mm",
    "rate": "bpm beats breaths /min",
    "pressure": "mmhg mm",
    "concentration": "mg/dl g/dl g/l mg/l mmol/l meq/l umol/l µmol/l μmol/l mcmol/l u/l iu/l ng/ml "
    "pg/ml mg/ml nmol/l",
    "temperature": "degrees degree celsius fahrenheit f c",
    "share": "% percent",
}
_FAMILY: dict[str, set[str]] = {}
for _name, _units in _FAMILIES.items():
    for _unit in _units.split():
        _FAMILY.setdefault(_unit, set()).add(_name)


class GroundingVerifier:
    """Objects where an entity's number is nowhere in the inputs, or only with a foreign unit."""

    name = "grounding"
    version = "1"

    def look(self, item: Item) -> Input | None:
        """The entities and the texts that tell the case; nothing where either is missing."""
        entities = item.derivation.get("entities")
        told = {name: text for name, text in item.inputs.items() if isinstance(text, str)}
        if len(told) > 1:
            told.pop("question", None)  # it asks; what it names is not what the case tells
        texts = list(told.values())
        if not isinstance(entities, str) or not texts:
            return None
        return {"entities": entities, "texts": texts}

    def judge(self, given: Input) -> Ballot:
        """Whether every numeric entity stands in the texts."""
        numbers = [
            (name, value, unit)
            for name, value, unit in _numbers(read_entities(given["entities"]))
            if value not in _ALWAYS_THERE
        ]
        found = [numeral for text in given["texts"] for numeral in numerals(text)]
        values = {numeral.value for numeral in found}
        if any(abs(value) not in values for _, value, _ in numbers):
            values.update(word.value for text in given["texts"] for word in spelled(text))
        for name, value, unit in numbers:
            shown = f"{value:.12g} {unit}".strip()
            if not _stands_in(value, values):
                return objection(f"{name} is taken as {shown}, which is not in the inputs.")
            if foreign := _foreign_unit(value, unit, found):
                return objection(
                    f"{name} is taken as {shown}, but the inputs say {value:.12g} {foreign}."
                )
        return ABSTAIN


def read_entities(text: str) -> Any:
    """Entities written as JSON or as a Python literal; None where they are neither."""
    if len(text) > MAX_ENTITIES:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def _numbers(entities: Any) -> Iterator[tuple[str, float, str]]:
    """Name, value and unit of numeric entities: a number, or a pair of number and unit."""
    if not isinstance(entities, Mapping):
        return
    for name, value in entities.items():
        match value:
            case bool():
                continue
            case int() | float():
                yield str(name), float(value), ""
            case [bool(), _]:
                continue
            case [int() | float() as number, str() as unit]:
                yield str(name), float(number), unit


def _stands_in(value: float, values: set[float]) -> bool:
    """Whether the inputs have the number, also in another power of ten or a common other unit."""
    size = abs(value)
    if size in values or _digits(size) in {_digits(number) for number in values}:
        return True
    if any(abs(size - number * factor) <= 0.01 * size for factor in _FACTORS for number in values):
        return True
    celsius_and_back = ((to * 1.8 + 32, (to - 32) / 1.8) for to in values)
    if any(abs(value - degrees) <= 0.06 for pair in celsius_and_back for degrees in pair):
        return True
    heights = {12 * feet + rest for feet in values & _FEET for rest in values if rest < 12}
    return any(abs(size * scale / 2.54 - inches) <= 0.5 for scale in (1, 100) for inches in heights)


def _digits(value: float) -> str:
    """The significant digits alone: equal for numbers that differ by a power of ten."""
    return f"{value:.9e}".partition("e")[0]


def _foreign_unit(value: float, unit: str, found: Sequence[Numeral]) -> str:
    """The unit the inputs give this number, where each of its mentions has one of another kind."""
    family = _FAMILY.get(unit.lower().replace(" ", "")) or _FAMILY.get(unit.lower().split(" ")[0])
    if not family:
        return ""
    units = [numeral.unit for numeral in found if numeral.value == value]
    if not units or any(family & _FAMILY.get(word, family) for word in units):
        return ""
    if any(unit.lower().startswith(word) for word in units):
        return ""  # "mg" where "mg/dL" is meant, or "mg%", or "mg per dL"
    return units[0]
