"""Samples: when they agree, and what one verifier's votes say of a label."""

import pytest
from errata.answers import parse_answer
from errata.grading import Label, Limits
from hypothesis import given
from hypothesis import strategies as st

from audits.evidence import Voice
from audits.samples import Agreement, agree, one_voice

RULE = Limits.within(relative="0.05")
EXACT = Limits.exact()


@pytest.mark.parametrize(
    ("answers", "agreement"),
    [
        (["10", "10", "10", "10", "20"], Agreement("10", 0.8)),
        (["10", "10", "10", "20", "20"], Agreement(None, 0.6)),
        (["10.0", "10.2", "9.8", "10.1", "12"], Agreement("10", 0.8)),  # each within 5 % of 10
        (["9.6", "10", "10.4", "10", "10"], Agreement("10", 1.0)),
        (["N/A", "unknown", "n/a", "N/A", "3"], Agreement("N/A", 0.8)),
        (["10", "10", "10", "10", ""], Agreement("10", 0.8)),
        (["10", "10", "10", "about ten", ""], Agreement(None, 0.6)),
        (["nonsense"], Agreement(None, 0.0)),
        ([], Agreement(None, 0.0)),
    ],
)
def test_four_of_five_must_agree(answers: list[str], agreement: Agreement) -> None:
    assert agree(answers, "number", RULE) == agreement


def test_samples_that_failed_agree_with_nobody() -> None:
    assert agree(["10"] * 3, "number", RULE, of=5) == Agreement(None, 0.6)
    assert agree(["10"] * 4, "number", RULE, of=5) == Agreement("10", 0.8)


def test_the_share_is_the_policys() -> None:
    assert agree(["1", "1", "2"], "integer", EXACT, share=2 / 3).answer == "1"
    assert agree(["1", "1", "2"], "integer", EXACT, share=0.7).answer is None


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("date", "2024-02-19", "2/19/2024"),
        ("duration", "14 weeks 1 day", "99 days"),
        ("choice", "B", "(b)"),
        ("text", "Left Lung", "left  lung"),
    ],
)
def test_kinds_are_compared_by_their_value(kind: str, one: str, other: str) -> None:
    assert agree([one, other], kind, RULE).share == 1.0  # type: ignore[arg-type]
    assert agree([one, "N/A"], kind, RULE).share == 0.5  # type: ignore[arg-type]


@given(st.lists(st.integers(-50, 50).map(str), min_size=1, max_size=7), st.randoms())
def test_the_share_does_not_depend_on_the_order(answers: list[str], random: object) -> None:
    mixed = list(answers)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    first, second = agree(answers, "number", RULE), agree(mixed, "number", RULE)
    assert first.share == second.share
    assert (first.answer is None) == (second.answer is None)


def label(text: str) -> Label:
    return Label(parse_answer(text, "number"), text, Limits.within(relative="0.05"))


def votes(*answers: str) -> list[Voice]:
    return [Voice("blind@a", "support", f"I get {answer}.", answer) for answer in answers]


def test_a_super_majority_is_read_beside_the_label() -> None:
    said = votes("20", "10", "10", "10", "10")
    against = one_voice(said, label("20"), RULE, of=5)
    assert (against.verdict, against.answer, against.share) == ("object", "10", 0.8)
    assert against.sentence == "I get 10."
    assert one_voice(said, label("10.3"), RULE, of=5).verdict == "support"


def test_without_a_super_majority_nothing_is_said() -> None:
    voice = one_voice(votes("20", "20", "10", "10", "10"), label("20"), RULE, of=5)
    assert (voice.verdict, voice.answer, voice.share) == ("abstain", "", 0.6)
    assert one_voice(votes("20", "20"), label("20"), RULE, of=5).verdict == "abstain"


def test_agreeing_that_it_cannot_be_told_objects_to_any_value() -> None:
    said = votes("N/A", "N/A", "N/A", "N/A", "10")
    assert one_voice(said, label("10"), RULE, of=5).verdict == "object"
    assert one_voice(said, Label(parse_answer("N/A", "number"), "N/A"), RULE).verdict == "support"


def test_a_single_vote_stands_as_it_is() -> None:
    objection = Voice("metadata_audit@a", "object", "No.", "12", "other")
    assert one_voice([objection], label("10"), RULE) == objection
    assert one_voice(votes("12"), label("10"), RULE).verdict == "object"
    assert one_voice(votes("10.1"), label("10"), RULE).verdict == "support"
