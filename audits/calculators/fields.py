"""The inputs of calculators: which entity gives them, and how it is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from audits.calculators.units import Implausible, Quantity, Unreadable, convert, unit_of

REQUIRED = object()
_DATES = ("%m/%d/%Y", "%Y-%m-%d", "%m-%d-%Y")
_YES = frozenset({"true", "yes", "present", "positive", "1"})
_NO = frozenset({"false", "no", "absent", "negative", "none", "0"})


class NotComputable(ValueError):
    """The inputs lack what the calculator needs; the sentence names it."""


class Inapplicable(NotComputable):
    """All inputs are there, but the calculator does not hold for them; the sentence says why."""


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
        except OverflowError as error:
            raise Unreadable(f"{name} cannot be read: {error}") from error
        except Unreadable as error:
            raise type(error)(f"{name} cannot be read: {error}") from error

    def default(self) -> Any:
        """What counts where nothing is given; raises NotComputable."""
        if self.missing is REQUIRED:
            raise NotComputable(f"{self.entities[0]} is not given")
        if self.kind == "quantity" and self.missing is not None:
            return Quantity(self.missing, unit_of(self.unit))
        return self.missing


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
        refusal: Unreadable = Implausible(f"no patient has {found.magnitude:.6g} {form.unit}")
    except Unreadable as error:
        refusal = error
    match value:
        case [bool(), _]:
            pass
        case [int() | float() as amount, str()] if lowest <= amount <= highest:
            return Quantity(amount, unit_of(form.unit))
    raise refusal


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
