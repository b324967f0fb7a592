"""What counts as right beside the answer itself.

Limits say it in one of three forms: nothing (exact), bounds, or a tolerance around the answer.
Whatever the form, they come to an interval; its bounds are inclusive.

Equality has to be an equivalence, so numbers are not compared by distance: each is rounded to 12
significant digits and the rounded ones are compared. Integers are compared exactly.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Self

from errata.answers import (
    ARITHMETIC,
    UNANSWERABLE_WORDS,
    Answer,
    Kind,
    UnreadableAnswer,
    parse_answer,
    print_answer,
)
from errata.manifest import canonical_json

# A measure is what is compared: a rounded number, a date's ordinal, or a folded text.
Measure = Decimal | str
Interval = tuple[Measure | None, Measure | None]

_TWELVE_DIGITS = Context(prec=12, Emin=-9_999, Emax=9_999)
_FIRST_DAY, _LAST_DAY = Decimal(date.min.toordinal()), Decimal(date.max.toordinal())


class InvalidLimits(ValueError):
    """Limits that cannot hold for a label; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as right beside the answer itself; nothing set means exactly the answer.

    `lower` and `upper` are printed answers of the label's kind (decimal strings for numbers and
    integers), both inclusive; one alone leaves the other side open. `absolute` (in the answer's
    unit, days for dates and durations) or `relative` (a share of the answer, "0.05" for ±5 %) are
    decimal strings and exclude the rest.
    """

    lower: str | None = None
    upper: str | None = None
    absolute: str | None = None
    relative: str | None = None

    def __post_init__(self) -> None:
        """Refuse mixed forms and unreadable or negative tolerances with InvalidLimits."""
        bounded = self.lower is not None or self.upper is not None
        if bounded + (self.absolute is not None) + (self.relative is not None) > 1:
            raise InvalidLimits("Limits are bounds, an absolute or a relative tolerance: give one.")
        if self.is_tolerance and self._tolerance() < 0:
            raise InvalidLimits("A tolerance is never negative; give 0 for exact.")

    @classmethod
    def exact(cls) -> Self:
        """Only the answer itself is right."""
        return cls()

    @classmethod
    def between(cls, lower: str | None, upper: str | None) -> Self:
        """Everything from `lower` to `upper` is right, both included; None leaves a side open."""
        return cls(lower=lower, upper=upper)

    @classmethod
    def within(cls, *, absolute: str | None = None, relative: str | None = None) -> Self:
        """Everything at most so far from the answer is right."""
        return cls(absolute=absolute, relative=relative)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises InvalidLimits for anything else."""
        try:
            return cls.from_dict(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise InvalidLimits(f"Limits are not readable as JSON: {error}") from None

    @classmethod
    def from_dict(cls, fields: object) -> Self:
        """Read what `to_dict` gave; raises InvalidLimits for anything else."""
        names = cls.__slots__
        if not isinstance(fields, dict) or not all(
            name in names and isinstance(value, str) for name, value in fields.items()
        ):
            raise InvalidLimits(f"Limits are an object with texts for any of {', '.join(names)}.")
        return cls(**fields)

    def to_dict(self) -> dict[str, str]:
        """The fields that are set; exact limits give an empty object."""
        fields = ((name, getattr(self, name)) for name in self.__slots__)
        return {name: value for name, value in fields if value is not None}

    def to_json(self) -> str:
        """The canonical JSON text of `to_dict`, fit for a digest."""
        return canonical_json(self.to_dict())

    @property
    def is_exact(self) -> bool:
        """True where nothing beside the answer itself is right."""
        bounded = self.lower is not None or self.upper is not None
        return not (bounded or self.is_tolerance)

    @property
    def is_tolerance(self) -> bool:
        """True where the limits depend on the answer."""
        return self.absolute is not None or self.relative is not None

    def spread(self, value: Decimal) -> tuple[Decimal, Decimal]:
        """The bounds that a tolerance gives around `value`, lower first."""
        reach = self._tolerance()
        if self.relative is not None:
            reach = ARITHMETIC.multiply(abs(value), reach)
        return ARITHMETIC.subtract(value, reach), ARITHMETIC.add(value, reach)

    def _tolerance(self) -> Decimal:
        text = self.relative if self.absolute is None else self.absolute
        return Decimal(_size_of(_read(text or "", "number")))


def limits_by_rule(answer: Answer, rule: Limits) -> Limits:
    """The explicit limits that a rule gives for an answer.

    A tolerance becomes bounds, lower first for negative numbers too; exact stays exact and bounds
    stay as they are. An unanswerable answer takes no limits. Raises InvalidLimits where the rule
    does not fit the answer's kind.
    """
    if answer.unanswerable:
        return Limits.exact()
    interval(answer, rule)  # refuses what does not fit
    if not rule.is_tolerance:
        return rule
    lower, upper = rule.spread(Decimal(_size_of(answer)))
    if lower == upper:
        return Limits.exact()
    kind = answer.kind
    limits = Limits.between(
        _print_bound(lower, kind, ROUND_CEILING), _print_bound(upper, kind, ROUND_FLOOR)
    )
    interval(answer, limits)  # refuses bounds too far out to be read again
    return limits


def read_limits(
    lower: str,
    upper: str,
    answer: Answer,
    *,
    unanswerable: Collection[str] = UNANSWERABLE_WORDS,
) -> Limits:
    """Read the two limit texts of a file, in any form that the kind allows, into printed bounds.

    An empty text leaves its side open. Both empty, both the answer itself, or both unanswerable
    as the answer is, give exact limits. Raises InvalidLimits for texts that cannot be read or do
    not fit the answer.
    """
    kind = _bound_kind(answer.kind)
    given = [_read(text, kind, unanswerable) for text in (lower, upper) if text.strip()]
    if all(bound.unanswerable for bound in given) and (answer.unanswerable or not given):
        return Limits.exact()
    if any(bound.unanswerable for bound in given):
        raise InvalidLimits("An answer has limits that are answers too; leave them empty for none.")
    both_the_answer = [_size_of(bound) for bound in given] == [_size_of(answer)] * 2
    if both_the_answer and not answer.unanswerable:
        return Limits.exact()
    texts = [print_answer(bound) for bound in given]
    limits = Limits.between(
        texts[0] if lower.strip() else None, texts[-1] if upper.strip() else None
    )
    interval(answer, limits)  # refuses what does not fit
    return limits


def measure(answer: Answer) -> Measure:
    """What of an answer is compared with other answers of its kind."""
    size = _size_of(answer)
    return size if isinstance(size, str) else _rounded(size, answer.kind)


def interval(answer: Answer, limits: Limits) -> Interval:
    """The bounds in effect, None where a side is open; an unanswerable answer has none.

    Raises InvalidLimits where the limits do not fit the answer.
    """
    if limits.is_exact:
        return (None, None) if answer.unanswerable else (measure(answer),) * 2
    lower, upper = _bounds(answer, limits)
    if lower is not None and upper is not None and lower > upper:
        raise InvalidLimits("The lower limit lies above the upper one; exchange them.")
    return lower, upper


def narrowed(bounds: Interval, kind: Kind) -> Interval:
    """The bounds drawn in to values that an answer of the kind can take."""
    lower, upper = bounds
    if kind in ("integer", "date"):
        if isinstance(lower, Decimal):
            lower = lower.to_integral_value(ROUND_CEILING)
        if isinstance(upper, Decimal):
            upper = upper.to_integral_value(ROUND_FLOOR)
        if isinstance(lower, Decimal) and isinstance(upper, Decimal) and lower > upper:
            return "nothing", "nothing"
    return lower, upper


def inside(measured: Measure, bounds: Interval) -> bool:
    """Whether a measure lies within bounds."""
    lower, upper = bounds
    if isinstance(measured, str):
        return measured == lower
    return not (
        (isinstance(lower, Decimal) and measured < lower)
        or (isinstance(upper, Decimal) and measured > upper)
    )


def _size_of(answer: Answer) -> Decimal | str:
    """The value as a Decimal, days for a date; choices and texts as what is compared of them."""
    value = answer.value
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, date):
        return Decimal(value.toordinal())
    return str(value).casefold()


def _rounded(size: Decimal, kind: Kind) -> Decimal:
    """A size to 12 significant digits; whole integers and dates as they are."""
    if kind in ("integer", "date") and size == size.to_integral_value():
        return size
    return _TWELVE_DIGITS.plus(size)


def _bounds(answer: Answer, limits: Limits) -> tuple[Decimal | None, Decimal | None]:
    size = _size_of(answer)
    if answer.unanswerable or isinstance(size, str):
        what = "An unanswerable label" if answer.unanswerable else f"A {answer.kind}"
        raise InvalidLimits(f"{what} takes no limits; leave them empty.")
    if limits.is_tolerance:
        if answer.kind == "date" and limits.relative is not None:
            raise InvalidLimits("A date takes no relative tolerance; give an absolute one in days.")
        lower, upper = limits.spread(size)
        return _rounded(lower, answer.kind), _rounded(upper, answer.kind)
    return _bound(limits.lower, answer.kind), _bound(limits.upper, answer.kind)


def _bound(text: str | None, kind: Kind) -> Decimal | None:
    if text is None:
        return None
    size = _size_of(_read(text, _bound_kind(kind)))
    return _rounded(Decimal(size), kind)


def _bound_kind(kind: Kind) -> Kind:
    """The limits of an integer may lie between integers."""
    return "number" if kind == "integer" else kind


def _read(text: str, kind: Kind, unanswerable: Collection[str] | None = None) -> Answer:
    """Read a bound or a tolerance; unanswerable only where words for it are given."""
    try:
        answer = parse_answer(text, kind, unanswerable=unanswerable or ())
    except UnreadableAnswer as error:
        raise InvalidLimits(f"A limit cannot be read. {error}") from None
    if answer.unanswerable and unanswerable is None:
        raise InvalidLimits("A limit is an answer too; leave it out where there is none.")
    return answer


def _print_bound(size: Decimal, kind: Kind, rounding: str) -> str:
    if kind != "date":
        return print_answer(Answer(kind, size))
    days = size.to_integral_value(rounding)
    return date.fromordinal(int(min(max(days, _FIRST_DAY), _LAST_DAY))).isoformat()
