"""The numbers that stand in a text, as digits or as words, with what follows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_TEXT = 200_000  # characters read
_NUMERAL = re.compile(
    r"(?P<grouped>(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?)"
    r"|(?P<comma>[0-9]+,[0-9]{1,2}(?![0-9,]))"
    r"|(?P<plain>[0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15})"
)
_UNIT = re.compile(r"[\s-]?\s?([^\W\d_]+(?:/[^\W\d_]+|\^[0-9])*|%)")
_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_BIG = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: value for value, word in enumerate(_SMALL.split())}
_TENS = {word: 10 * value for value, word in enumerate(_BIG.split(), start=2)}
_SPELLED = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[\s-](?P<ones>{'|'.join(_ONES)}))?"
    rf"|(?P<small>{'|'.join(_ONES)}))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in a text and the word after it, in lower case; empty where there is none."""

    value: float
    unit: str


def numerals(text: str) -> Iterator[Numeral]:
    """Every number written in digits: 1200, 1,200, 1.5, 1,5 (also as 1 and 5), 120/80."""
    text = text[:MAX_TEXT]
    for found in _NUMERAL.finditer(text):
        unit = _unit_after(text, found.end())
        if found["grouped"]:
            yield Numeral(float(found["grouped"].replace(",", "")), unit)
        elif found["comma"]:
            yield Numeral(float(found["comma"].replace(",", ".")), unit)
            yield from (Numeral(float(part), unit) for part in found["comma"].split(","))
        else:
            yield Numeral(float(found["plain"]), unit)


def spelled(text: str) -> Iterator[Numeral]:
    """Every number below a hundred written in words."""
    text = text[:MAX_TEXT]
    for found in _SPELLED.finditer(text):
        unit = _unit_after(text, found.end())
        if found["small"]:
            yield Numeral(float(_ONES[found["small"].lower()]), unit)
        else:
            ones = _ONES[found["ones"].lower()] if found["ones"] else 0
            yield Numeral(float(_TENS[found["tens"].lower()] + ones), unit)


def _unit_after(text: str, end: int) -> str:
    unit = _UNIT.match(text, end)
    return unit[1].lower() if unit else ""
