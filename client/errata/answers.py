"""Reading and printing answers.

An answer has a kind and a value. `parse_answer` reads the whole text or refuses it: nothing is
fished out of a sentence and nothing is ever evaluated. `print_answer` gives the one canonical
text, and reading that text gives the same answer again.

Any text may arrive here, so every text is measured before it is read: the work done is bounded
by the caps below, whatever the text says.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Literal, get_args

Kind = Literal["number", "integer", "date", "duration", "choice", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)

UNANSWERABLE_TEXT = "N/A"
"""The one printed form of "the inputs lack what the question needs"; always read back."""

UNANSWERABLE_WORDS: tuple[str, ...] = (
    UNANSWERABLE_TEXT,
    "unknown",
    "unanswerable",
    "not computable",
    "cannot be determined",
)
"""Whole texts, in any case, that mean unanswerable unless a preset names its own."""

MAX_TEXT = 1_000  # characters of any answer; composing so many takes well under a millisecond
MAX_NUMBER = 100  # characters of a number, date or duration
MAX_OPTION = 500  # characters of an option that can be named by its text
MAX_DIGITS = 80  # significant digits; leaves room for sign, point and exponent in MAX_NUMBER
MAX_EXPONENT = 400  # powers of ten; covers every binary double
MAX_MARKS = 30  # combining marks in a row, as in Unicode's stream-safe text format
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Exact for everything that the caps let through; the default context would round to 28 digits.
ARITHMETIC = Context(prec=MAX_DIGITS, rounding=ROUND_HALF_EVEN, Emin=-9_999, Emax=9_999)

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?"
_COUNT = r"([0-9]{1,6})"
_WHOLE_NUMBER = re.compile(_NUMBER)
_DATES = (
    re.compile(r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})"),
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})-(?P<year>[0-9]{4})"),
)
_DAYS = re.compile(rf"({_NUMBER})(?:\s*days?)?", re.IGNORECASE)
_WEEKS = (
    re.compile(rf"{_COUNT}\s*weeks?(?:,?\s*(?:and\s)?\s*{_COUNT}\s*days?)?", re.IGNORECASE),
    re.compile(
        rf"\(\s*['\"]?{_COUNT}(?:\s*weeks?)?['\"]?\s*,\s*['\"]?{_COUNT}(?:\s*days?)?['\"]?\s*\)",
        re.IGNORECASE,
    ),
)
_INDEX = re.compile("[0-9]|[1-9][0-9]")
_LETTER = re.compile(r"(?:\(([A-Za-z])\)|([A-Za-z])[.):]?)(?: (.+))?")


_SURROGATE = re.compile("[\ud800-\udfff]")
_MAYBE_MARKS = re.compile(r"[^\x00-\x7f\w\s]+")  # every run of marks lies inside one of these


class UnreadableAnswer(ValueError):
    """A text that is no answer of the wanted kind; the message says what would be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as `parse_answer` reads it.

    `value` is a Decimal (number), int (integer), date, whole days as int or else Decimal
    (duration), a letter "A".."Z" (choice), str (text), or None: unanswerable, whatever the kind.
    """

    kind: Kind
    value: Decimal | int | date | str | None

    @property
    def unanswerable(self) -> bool:
        """True where the inputs lack what the question needs."""
        return self.value is None


def parse_answer(
    text: str,
    kind: Kind,
    *,
    choices: Sequence[str] = (),
    unanswerable: Collection[str] = UNANSWERABLE_WORDS,
) -> Answer:
    """Read the whole `text` as an answer of `kind`.

    `choices` are the texts of a choice question's options in order; a letter always means the
    option at its place, any other text must be the text of exactly one option. `unanswerable`
    are the words, beyond "N/A", that stand for unanswerable; they match the whole text in any
    case. Raises UnreadableAnswer for everything else.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no kind {kind!r}; the kinds are {', '.join(KINDS)}.")
    clean = _clean(text)
    folded = clean.casefold()
    if folded in _folded(tuple(unanswerable)):
        return Answer(kind, None)
    if kind == "choice":
        return Answer(kind, _parse_choice(clean, choices))
    if kind == "text":
        return Answer(kind, clean)
    if len(clean) > MAX_NUMBER:
        raise _unreadable(clean, f"a {kind}", f"at most {MAX_NUMBER} characters")
    return Answer(kind, _PARSERS[kind](clean.replace("\N{MINUS SIGN}", "-")))


def parse_prediction(
    text: str,
    kind: Kind,
    *,
    choices: Sequence[str] = (),
    unanswerable: Collection[str] = UNANSWERABLE_WORDS,
) -> Answer:
    """Read what a model answered: as `parse_answer`, and an option may be told by its index.

    An index counts from 0 and is what a text is taken for last: digits that are the text of an
    option, or an abstention, are that. Where some option is a number, no number is an index, since
    none could be told from a wrong answer.
    """
    try:
        return parse_answer(text, kind, choices=choices, unanswerable=unanswerable)
    except UnreadableAnswer:
        letter = _option_at(text.strip(), choices) if kind == "choice" else None
        if letter is None:
            raise
        return Answer(kind, letter)


def print_answer(answer: Answer) -> str:
    """The canonical text of an answer; reading it with the same words gives the answer again."""
    value = answer.value
    if value is None:
        return UNANSWERABLE_TEXT
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    number = print_number(Decimal(value))
    if answer.kind == "duration":
        return f"{number} day" if value == 1 else f"{number} days"
    return number


def print_number(value: Decimal) -> str:
    """The shortest exact text of a number: no trailing zeros, an exponent only when far from 1."""
    normal = ARITHMETIC.normalize(value)
    if not normal:
        return "0"
    return format(normal, "f") if 0 <= normal.adjusted() <= 20 else str(normal)


def shorten(text: str) -> str:
    """A text as error messages show it: quoted, in one line, at most 40 characters of it."""
    return ascii(text[:40]) + ("…" if len(text) > 40 else "")


@lru_cache(maxsize=256)
def _folded(unanswerable: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.casefold() for word in (UNANSWERABLE_TEXT, *unanswerable))


def _clean(text: str) -> str:
    """The text composed, with single spaces; refuses what no database or file could keep."""
    if len(text) > MAX_TEXT:
        raise UnreadableAnswer(
            f"The answer is {len(text)} characters long; give at most {MAX_TEXT}."
        )
    if "\0" in text:
        raise _unreadable(text, "an answer", "text without NUL characters")
    clean = " ".join((text if text.isascii() else _compose(text)).split())
    if not clean:
        raise UnreadableAnswer(f"The answer is empty; write {UNANSWERABLE_TEXT} for none.")
    return clean


def _compose(text: str) -> str:
    """The text in Unicode's composed form (NFC).

    Composing sorts the marks on one letter by insertion, which takes quadratic time, and may
    make a text longer: so both caps hold before and after.
    """
    if _SURROGATE.search(text):
        raise _unreadable(text, "an answer", "valid Unicode without lone surrogates")
    _check_marks(text)
    composed = unicodedata.normalize("NFC", text)
    if composed == text:
        return text
    _check_marks(composed)
    if len(composed) > MAX_TEXT:
        raise _unreadable(text, "an answer", f"at most {MAX_TEXT} composed characters")
    return composed


def _check_marks(text: str) -> None:
    for run in _MAYBE_MARKS.findall(text):
        marks = 0
        for character in run if len(run) > MAX_MARKS else "":
            marks = marks + 1 if unicodedata.combining(character) else 0
            if marks > MAX_MARKS:
                raise _unreadable(text, "an answer", f"at most {MAX_MARKS} marks on one letter")


def _parse_number(text: str) -> Decimal:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise _unreadable(text, "a number", "one like 12.5, -3 or 6.02e23")
    value = Decimal(text)
    if not value:
        return Decimal(0)
    is_long = len(text) > MAX_DIGITS and len(value.as_tuple().digits) > MAX_DIGITS
    if is_long or abs(value.adjusted()) > MAX_EXPONENT:
        raise _unreadable(
            text, "a number", f"at most {MAX_DIGITS} digits and powers of ten to {MAX_EXPONENT}"
        )
    return value


def _parse_integer(text: str) -> int:
    value = _parse_number(text)
    whole = int(value)
    if value != whole:
        raise _unreadable(text, "an integer", "a whole number like 12")
    return whole


def _parse_date(text: str) -> date:
    for pattern in _DATES:
        if found := pattern.fullmatch(text):
            try:
                return date(int(found["year"]), int(found["month"]), int(found["day"]))
            except ValueError:
                break
    raise _unreadable(text, "a date", "one like 2024-02-19 or 2/19/2024 that the calendar has")


def _parse_duration(text: str) -> int | Decimal:
    for pattern in _WEEKS:
        if found := pattern.fullmatch(text):
            weeks, days = found.groups(default="0")
            return 7 * int(weeks) + int(days)
    if found := _DAYS.fullmatch(text):
        value = _parse_number(found[1])
        whole = int(value)
        return whole if value == whole else value
    raise _unreadable(text, "a duration", "one like 14 weeks 1 day, (14, 1) or 99 days")


def _parse_choice(text: str, choices: Sequence[str]) -> str:
    """The letter of the option that the whole text names.

    A bare letter is a letter even where some option's text is that letter: it is the printed
    form, and must mean the same everywhere.
    """
    if found := _LETTER.fullmatch(text):
        letter, rest = (found[1] or found[2]).upper(), found[3]
        option = LETTERS.index(letter)
        if rest is None and (not choices or option < len(choices)):
            return letter
        if rest is not None and option < len(choices) and _says(choices[option], rest):
            return letter
    named = [
        letter for letter, choice in zip(LETTERS, choices, strict=False) if _says(choice, text)
    ]
    if len(named) != 1:
        raise _unreadable(text, "one of the options", "the letter or the whole text of one")
    return named[0]


def _option_at(index: str, choices: Sequence[str]) -> str | None:
    """The letter of the option at an index from 0; None where it is none, or could be a text."""
    if not _INDEX.fullmatch(index) or int(index) >= min(len(choices), len(LETTERS)):
        return None
    are_numbers = (_WHOLE_NUMBER.fullmatch(choice.strip()[:MAX_NUMBER]) for choice in choices)
    return None if any(are_numbers) else LETTERS[int(index)]


def _says(choice: str, text: str) -> bool:
    if len(choice) > MAX_OPTION or len(text) > MAX_OPTION:
        return False
    try:
        return _clean(choice).casefold() == text.casefold()
    except UnreadableAnswer:
        return False


def _unreadable(text: str, wanted: str, hint: str) -> UnreadableAnswer:
    return UnreadableAnswer(f"{shorten(text)} is not {wanted}; give {hint}.")


_PARSERS: dict[Kind, Callable[[str], Decimal | int | date]] = {
    "number": _parse_number,
    "integer": _parse_integer,
    "date": _parse_date,
    "duration": _parse_duration,
}
