"""The answer contract: what a model is asked, and what is read from its response."""

from dataclasses import replace
from typing import Any

import pytest
from errata.answers import parse_answer
from errata.contract import (
    FORMATS,
    Contract,
    InvalidContract,
    choices_of,
    label_of,
    version_key,
)
from errata.grading import Label, Limits, Verdict
from hypothesis import given
from hypothesis import strategies as st

CONTRACT = Contract()
SEVEN = Label(parse_answer("7", "number"), "7", Limits.between("6.5", "7.5"))
NOTHING = Label(parse_answer("N/A", "number"), "N/A")
ROW = {
    "kind": "choice",
    "answer": "B",
    "limits": {},
    "inputs": {"question": "Which?", "choices": ["one", "two"]},
}
texts = st.text(st.characters(exclude_characters="<>", exclude_categories=["Cs"]), max_size=30)
tagged = st.lists(
    st.sampled_from(["<answer>", "</answer>", "<ANSWER>", "</ answer >", "7", "8", " ", "<", "\n"])
).map("".join)


def test_the_prompt_shows_the_instance_and_says_how_to_abstain() -> None:
    prompt = CONTRACT.prompt({"question": "How much?", "note": "Much.", "context": None}, "number")
    assert prompt == (
        "Note:\nMuch.\n\nQuestion:\nHow much?\n\n"
        "The answer is a number such as 12.5, without its unit.\n"
        "If what is given does not suffice for an answer, the answer is N/A.\n"
        "Write your final answer once, between <answer> and </answer>, and nothing else between "
        "them."
    )


def test_options_come_last_and_bear_their_letters() -> None:
    prompt = CONTRACT.prompt(ROW["inputs"], "choice")  # type: ignore[arg-type]
    assert prompt.startswith("Question:\nWhich?\n\nChoices:\nA. one\nB. two\n\n")
    assert choices_of(ROW) == ("one", "two")
    assert choices_of({"inputs": None}) == ()


def test_a_template_may_name_inputs_one_by_one() -> None:
    template = "{note}|{question}|{absent}|{abstain}|<answer></answer>{{question}}"
    contract = replace(CONTRACT, template=template)
    prompt = contract.prompt({"note": "{question} {abstain}", "question": "Q"}, "number")
    assert prompt == "{question} {abstain}|Q||N/A|<answer></answer>{Q}"
    assert contract.places == {"note", "question", "absent"}


@given(st.dictionaries(st.sampled_from(["note", "question", "format"]), st.text(), max_size=3))
def test_what_an_input_says_never_changes_what_is_asked(inputs: dict[str, Any]) -> None:
    prompt = CONTRACT.prompt(inputs, "date")
    assert prompt.endswith(Contract().prompt({}, "date").lstrip("\n"))
    assert all(text in prompt for text in inputs.values())


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("<answer>7</answer>", "7"),
        ("So it is\n<answer>\n 7.0\n</answer>\nDone.", "7.0"),
        ("<ANSWER>7</Answer>", "7"),
        ("< answer >7</ answer>", "7"),
        ("<answer>14 weeks\n 1 days</answer>", "14 weeks 1 days"),
        ("<answer>Aspirin</answer> again <answer> aspirin </answer>", "Aspirin"),
        ("<answer>< 5</answer>", "< 5"),
    ],
)
def test_the_final_answer_stands_between_the_tags(response: str, answer: str) -> None:
    extracted = CONTRACT.extract(response)
    assert (extracted.answer, extracted.reason) == (answer, "")


@pytest.mark.parametrize(
    ("response", "why"),
    [
        ("", "no <answer> tags"),
        ("The answer is 7.", "no <answer> tags"),
        ("<answers>7</answers>", "no <answer> tags"),
        ("<answer>7", "nested or lack"),
        ("7</answer>", "nested or lack"),
        ("</answer>7<answer>", "nested or lack"),
        ("<answer><answer>7</answer></answer>", "nested or lack"),
        ("<answer>7<answer>", "nested or lack"),
        ("I write <answer> first: <answer>7</answer>", "nested or lack"),
        ("<answer></answer>", "nothing between"),
        ("<answer> \n </answer>", "nothing between"),
        ("<answer>7</answer><answer>8</answer>", "2 answers that differ"),
        ("<answer>7</answer> no: <answer></answer>", "2 answers that differ"),
        ("<answer>7</answer><answer>7.0</answer>", "2 answers that differ"),
    ],
)
def test_what_holds_no_single_answer_is_never_guessed(response: str, why: str) -> None:
    extracted = CONTRACT.extract(response)
    assert extracted.answer is None
    assert why in extracted.reason
    outcome = CONTRACT.grade(response, SEVEN)
    assert outcome.verdict is Verdict.UNPARSABLE
    assert outcome.reason == extracted.reason


@given(tagged)
def test_extraction_gives_an_answer_or_a_reason(response: str) -> None:
    extracted = CONTRACT.extract(response)
    assert (extracted.answer is None) == bool(extracted.reason)
    if extracted.answer is not None:
        assert extracted.answer in " ".join(response.split())


@given(texts, texts, texts)
def test_only_what_stands_between_the_tags_counts(before: str, answer: str, after: str) -> None:
    found = CONTRACT.extract(f"{before}<answer>{answer}</answer>{after}")
    assert found.answer == (" ".join(answer.split()) or None)


def test_a_long_response_is_read_in_time_that_grows_with_it() -> None:
    for piece in ("<", "< ", "<answer", "<answer>", "<answer>1</answer>", "<answer" + " " * 9):
        assert CONTRACT.extract(piece * 100_000).answer in (None, "1")


@pytest.mark.parametrize(
    ("answer", "label", "verdict", "abstained"),
    [
        ("7.2", SEVEN, Verdict.CORRECT, False),
        ("8", SEVEN, Verdict.INCORRECT, False),
        ("n/a", SEVEN, Verdict.INCORRECT, True),
        ("Unknown", NOTHING, Verdict.CORRECT, True),
        ("7", NOTHING, Verdict.INCORRECT, False),
        ("about 7", SEVEN, Verdict.UNPARSABLE, False),
    ],
)
def test_one_grader_for_responses_and_answers(
    answer: str, label: Label, verdict: Verdict, *, abstained: bool
) -> None:
    outcome = CONTRACT.grade(f"Hence <answer>{answer}</answer>.", label)
    assert (outcome.verdict, outcome.abstained, outcome.answer) == (verdict, abstained, answer)
    assert outcome.is_correct == (verdict is Verdict.CORRECT)
    assert bool(outcome.reason) == (verdict is Verdict.UNPARSABLE)
    assert CONTRACT.grade_answer(answer, label) == outcome


def test_the_words_of_the_contract_abstain_and_no_others() -> None:
    contract = replace(CONTRACT, unanswerable=("no idea",))
    assert contract.grade("<answer>no idea</answer>", NOTHING).is_correct
    assert contract.grade("<answer>N/A</answer>", NOTHING).is_correct
    assert contract.grade("<answer>unknown</answer>", NOTHING).verdict is Verdict.UNPARSABLE


def test_a_row_of_a_release_brings_its_label_and_its_options() -> None:
    label = label_of(ROW)
    assert CONTRACT.grade("<answer>two</answer>", label, choices_of(ROW)).is_correct
    assert not CONTRACT.grade("<answer>A</answer>", label, choices_of(ROW)).is_correct
    assert CONTRACT.grade("<answer>1</answer>", label, choices_of(ROW)).is_correct
    assert CONTRACT.grade("<answer>2</answer>", label, choices_of(ROW)).verdict == "unparsable"


def test_a_contract_survives_its_way_through_json() -> None:
    contract = replace(CONTRACT, version="1.2.0", unanswerable=("unknown",))
    assert Contract.from_dict(contract.to_dict()) == contract
    assert contract.digest == Contract.from_dict(contract.to_dict()).digest != CONTRACT.digest


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"version": "1"}, "no version"),
        ({"version": 1}, "no version"),
        ({"extraction": "last-number/1"}, "extraction"),
        ({"grading": "limits/2"}, "grading"),
        ({"template": "{abstain} <answer></answer>"}, "nothing of the instance"),
        ({"template": "{inputs} {abstain}"}, "between <answer> and </answer>"),
        ({"template": "{inputs} <answer></answer>"}, "how to abstain"),
        ({"template": ""}, "at most"),
        ({"template": "x" * 20_001}, "at most"),
        ({"formats": {"colour": "A colour."}}, "no kind"),
        ({"formats": {"number": " "}}, "with content"),
        ({"formats": None}, "an object"),
        ({"unanswerable": "N/A"}, "a list"),
        ({"unanswerable": [1]}, "with content"),
    ],
)
def test_what_cannot_be_used_is_refused(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidContract, match=why):
        Contract.from_dict(CONTRACT.to_dict() | changed)


@pytest.mark.parametrize("fields", [None, [], {}, {"version": "1.0.0"}])
def test_a_contract_has_all_its_fields(fields: object) -> None:
    with pytest.raises(InvalidContract, match="object of version"):
        Contract.from_dict(fields)


def test_versions_are_ordered_by_their_numbers() -> None:
    assert version_key("1.10.0") > version_key("1.9.3")


def test_every_kind_has_its_sentence() -> None:
    assert list(FORMATS) == ["number", "integer", "date", "duration", "choice", "text"]
