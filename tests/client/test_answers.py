"""Reading whole texts, printing them canonically, and refusing everything else."""

import unicodedata
from contextlib import suppress
from datetime import date
from decimal import Decimal
from types import SimpleNamespace

import pytest
from errata import answers
from errata.answers import (
    KINDS,
    MAX_DIGITS,
    MAX_NUMBER,
    MAX_TEXT,
    Answer,
    Kind,
    UnreadableAnswer,
    parse_answer,
    print_answer,
)
from hypothesis import given
from hypothesis import strategies as st

numbers = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**60), max_value=10**60
).filter(lambda number: len(number.as_tuple().digits) <= MAX_DIGITS)
durations = st.integers(0, 10**6) | st.decimals(0, 10_000, places=3).filter(lambda d: d != int(d))
printable: dict[Kind, st.SearchStrategy[Answer]] = {
    "number": st.builds(Answer, st.just("number"), numbers),
    "integer": st.builds(Answer, st.just("integer"), st.integers(-(10**79), 10**79)),
    "date": st.builds(Answer, st.just("date"), st.dates()),
    "duration": st.builds(Answer, st.just("duration"), durations),
    "choice": st.builds(Answer, st.just("choice"), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")),
}
any_text = st.text(st.characters(codec=None), max_size=200)


@pytest.mark.parametrize("kind", printable)
@given(data=st.data())
def test_printing_and_reading_gives_the_same_answer(kind: Kind, data: st.DataObject) -> None:
    answer = data.draw(printable[kind] | st.just(Answer(kind, None)))
    assert parse_answer(print_answer(answer), kind) == answer


@pytest.mark.parametrize("kind", KINDS)
@given(text=any_text | st.from_regex(r"[-+(]?[0-9.,eE/ '()-]{1,30}( weeks| days)?", fullmatch=True))
def test_whatever_is_read_prints_as_itself(kind: Kind, text: str) -> None:
    try:
        answer = parse_answer(text, kind)
    except UnreadableAnswer:
        return
    printed = print_answer(answer)
    assert parse_answer(printed, kind) == answer
    assert print_answer(parse_answer(printed, kind)) == printed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5.10", Decimal("5.1")),
        (" -3 ", Decimal(-3)),
        ("+.5", Decimal("0.5")),
        ("5.", Decimal(5)),
        ("6.02e23", Decimal("6.02e23")),
        ("−7", Decimal(-7)),
        ("-0.0", Decimal(0)),
        ("0e9999", Decimal(0)),
        ("23.977999999999998", Decimal("23.977999999999998")),
    ],
)
def test_numbers(text: str, value: Decimal) -> None:
    assert parse_answer(text, "number") == Answer("number", value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "about 5",
        "5 mg",
        "1,234",
        "3,14",
        "1/2",
        "1_000",
        "٣",
        "0x10",
        "NaN",
        "-Infinity",
        "inf",
        "1e",
        ".",
        "1e999999999",
        "1e401",
        "1e-401",
        "1" * 81,
        "0" * 101,
        "5\0",
        "5\ud800",
        "__import__('os')",
    ],
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(UnreadableAnswer):
        parse_answer(text, "number")


def test_integers() -> None:
    assert parse_answer("3.0", "integer") == Answer("integer", 3)
    assert parse_answer("1e3", "integer") == Answer("integer", 1000)
    assert print_answer(Answer("integer", -12)) == "-12"
    with pytest.raises(UnreadableAnswer, match="whole number"):
        parse_answer("3.5", "integer")


@pytest.mark.parametrize("text", ["2/9/2024", "02/09/2024", "2024-02-09", "02-09-2024", "2024-2-9"])
def test_dates(text: str) -> None:
    answer = parse_answer(text, "date")
    assert answer.value == date(2024, 2, 9)
    assert print_answer(answer) == "2024-02-09"


@pytest.mark.parametrize(
    "text", ["2/30/2024", "13/1/2024", "2/9/24", "0000-01-01", "today", "2024"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(UnreadableAnswer, match="calendar"):
        parse_answer(text, "date")


@pytest.mark.parametrize(
    "text",
    [
        "('14 weeks', '1 days')",
        '("14 weeks", "1 day")',
        "(14, 1)",
        "14 weeks 1 days",
        "14 weeks and 1 day",
        "14 Weeks, 1 Day",
        "99 days",
        "99",
        "99.0 days",
        "13 weeks 8 days",
    ],
)
def test_durations_are_days(text: str) -> None:
    answer = parse_answer(text, "duration")
    assert answer == Answer("duration", 99)
    assert print_answer(answer) == "99 days"


def test_further_durations() -> None:
    assert parse_answer("1 week", "duration").value == 7
    assert print_answer(parse_answer("1 day", "duration")) == "1 day"
    assert print_answer(parse_answer("94.050", "duration")) == "94.05 days"
    for text in ("14, 1", "(14, 1, 2)", "(14 days, 1 week)", "3 months", "(14.5, 1)", "weeks"):
        with pytest.raises(UnreadableAnswer, match="14 weeks 1 day"):
            parse_answer(text, "duration")


OPTIONS = ("Aspirin", "Warfarin  sodium", "C", "5 mg")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("b", "B"),
        ("(B)", "B"),
        ("B.", "B"),
        ("B)", "B"),
        ("warfarin SODIUM", "B"),
        ("B. Warfarin sodium", "B"),
        ("(b) warfarin sodium", "B"),
        ("C", "C"),
        ("5 mg", "D"),
    ],
)
def test_choices(text: str, letter: str) -> None:
    assert parse_answer(text, "choice", choices=OPTIONS) == Answer("choice", letter)


@pytest.mark.parametrize(
    "text", ["E", "1", "(B", "B. Aspirin", "B or C", "The answer is B", "Warfarin", "A B"]
)
def test_what_is_no_choice(text: str) -> None:
    with pytest.raises(UnreadableAnswer, match="one of the options"):
        parse_answer(text, "choice", choices=OPTIONS)


def test_choices_without_options_and_with_equal_ones() -> None:
    assert parse_answer("z", "choice") == Answer("choice", "Z")
    with pytest.raises(UnreadableAnswer):
        parse_answer("Aspirin", "choice")
    with pytest.raises(UnreadableAnswer):
        parse_answer("same", "choice", choices=("same", "same"))


def test_texts_are_composed_and_evenly_spaced() -> None:
    assert parse_answer(" Cafe\u0301  au\nlait ", "text").value == "Café au lait"


@pytest.mark.parametrize("kind", KINDS)
def test_unanswerable_is_a_value_of_every_kind(kind: Kind) -> None:
    for text in ("N/A", " n/a ", "Unknown", "not  computable"):
        assert parse_answer(text, kind).unanswerable
    assert print_answer(Answer(kind, None)) == "N/A"
    assert parse_answer("keine", kind, unanswerable=["Keine"]).unanswerable
    assert parse_answer("N/A", kind, unanswerable=()).unanswerable


def test_only_the_given_words_mean_unanswerable() -> None:
    assert parse_answer("unknown", "text", unanswerable=()).value == "unknown"
    assert not parse_answer("unknown origin", "text").unanswerable


def test_an_unknown_kind_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="kinds are number, integer"):
        parse_answer("5", "colour")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text",
    [
        "1" * 100_000,
        " " * 100_000,
        "\ud800" * 100_000,
        "1e999999999",
        "a" + "\u0301\u0327" * 400,
        "\u0344" * 25,  # composing makes two marks of each
        "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 1_000,
    ],
    ids=lambda text: ascii(text[:3]),
)
def test_hostile_texts_are_read_or_refused_in_one_line(kind: Kind, text: str) -> None:
    message = ""
    try:
        answer = parse_answer(text, kind)
        assert parse_answer(print_answer(answer), kind) == answer
    except UnreadableAnswer as refused:
        message = str(refused)
    assert len(message) < 500
    assert message.replace("…", "").isprintable()


@pytest.mark.parametrize("length", [MAX_NUMBER, MAX_NUMBER + 1, MAX_TEXT, MAX_TEXT + 1, 100_000])
def test_only_short_texts_reach_the_costly_readers(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    composed: list[str] = []
    parsed: list[str] = []
    monkeypatch.setattr(answers, "_compose", lambda text: composed.append(text) or text)
    for kind in ("number", "integer", "date", "duration"):
        monkeypatch.setitem(answers._PARSERS, kind, lambda text: parsed.append(text))
    for kind in KINDS:
        with suppress(UnreadableAnswer):
            parse_answer("é" * length, kind)
    assert len(composed) == (len(KINDS) if length <= MAX_TEXT else 0)
    assert len(parsed) == (4 if length <= MAX_NUMBER else 0)


def test_marks_are_counted_before_they_are_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    # Only the module's own view: pytest itself composes what it prints.
    monkeypatch.setattr(answers, "unicodedata", SimpleNamespace(combining=unicodedata.combining))
    with pytest.raises(UnreadableAnswer, match="marks on one letter"):
        parse_answer("a" + "\u0301\u0327" * 400, "text")
