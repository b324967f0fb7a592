"""Each built-in verifier on small items: what it objects to, and what it lets pass."""

import json
from typing import Any

import pytest
from errata.manifest import canonical_json
from hypothesis import given
from hypothesis import strategies as st

from audits.verifiers.arithmetic import equations
from audits.verifiers.base import Ballot, Item, Verifier
from audits.verifiers.consensus import ConsensusVerifier
from audits.verifiers.contradiction import ContradictionVerifier
from audits.verifiers.explanation import ExplanationVerifier
from audits.verifiers.grounding import GroundingVerifier
from audits.verifiers.limits import LimitsVerifier
from audits.verifiers.score_range import ScoreRangeVerifier
from audits.verifiers.steps import StepsVerifier

FIVE_PERCENT = '{"relative":"0.05"}'


def ask(verifier: Verifier, **fields: Any) -> str:
    """The verdict on an item; "nothing" where the verifier does not look."""
    return ballot(verifier, **fields).verdict


def ballot(verifier: Verifier, **fields: Any) -> Ballot:
    item = Item(**({"key": "k", "kind": "number", "answer": "10"} | fields))
    given = verifier.look(item)
    if given is None:
        return Ballot("nothing")
    return verifier.judge(json.loads(canonical_json(given)))


def test_limits() -> None:
    verifier = LimitsVerifier()
    assert ask(verifier) == "nothing"
    assert ask(verifier, limits='{"lower":"9","upper":"11"}') == "abstain"
    assert ask(verifier, limits='{"lower":"11","upper":"12"}') == "object"
    assert ask(verifier, limits='{"lower":"12","upper":"9"}') == "object"


def test_score_range() -> None:
    verifier = ScoreRangeVerifier()
    glasgow = {"lower": "3", "upper": "15"}
    assert ask(verifier, kind="integer") == "nothing"
    for answer, verdict in {
        "3": "abstain",
        "15": "abstain",
        "16": "object",
        "N/A": "abstain",
    }.items():
        assert ask(verifier, kind="integer", answer=answer, range=glasgow) == verdict
    assert ask(verifier, kind="integer", answer="2", range={"lower": "3"}) == "object"


def test_contradiction() -> None:
    verifier = ContradictionVerifier()
    assert ask(verifier) == "nothing"
    assert ask(verifier, twins=(("other", "10.0", "{}"),)) == "abstain"
    assert ask(verifier, twins=(("other", "12", "{}"),)) == "object"
    wide = '{"lower":"9","upper":"13"}'
    assert ask(verifier, limits=wide, twins=(("other", "12", "{}"),)) == "abstain"
    assert ask(verifier, twins=(("other", "N/A", "{}"),)) == "object"


@pytest.mark.parametrize(
    ("predictions", "verdict"),
    [
        ({"a": "10"}, "nothing"),
        ({"a": "10", "b": "10"}, "support"),
        ({"a": "12", "b": "12.1"}, "object"),
        ({"a": "12", "b": "15"}, "abstain"),
        ({"a": "12", "b": "10"}, "abstain"),
        ({"a": "12", "b": "12", "c": "10"}, "abstain"),
        ({"a": "12", "b": "12", "c": "12", "d": "12", "e": "10"}, "object"),
        ({"a": "10", "b": "12", "c": "10"}, "support"),
        ({"a": "12", "b": "12", "c": "10", "d": "10"}, "abstain"),
        ({"a": "N/A", "b": "N/A"}, "object"),
        ({"a": "no idea", "b": "12"}, "nothing"),
    ],
)
def test_consensus(predictions: dict[str, str], verdict: str) -> None:
    verifier = ConsensusVerifier()
    assert ask(verifier, rule=FIVE_PERCENT, predictions=predictions) == verdict


def test_consensus_names_the_answer() -> None:
    found = ballot(ConsensusVerifier(), rule=FIVE_PERCENT, predictions={"a": "12.0", "b": "12.1"})
    assert found.answer == "12"
    assert "2 of 2 model families agree on 12;" in found.rationale


@pytest.mark.parametrize(
    ("explanation", "verdict"),
    [
        ("2 * 5 = 10", "abstain"),
        ("The dose is 2 mg/kg * 5 kg = 10 mg. Hence it is 10 mg.", "abstain"),
        ("First 2 + 5 = 8, hence 10.", "object"),
        ("It comes to 9.", "object"),
        ("Nothing is computed here.", "abstain"),
        ("We get 330/√(0.458) = 487.62, so 10.", "abstain"),
        ("We get 330/√(0.508) = 413.58, so 10.", "object"),
        ("x = 3, y = x + 4 = 9, 10", "abstain"),
        ("The age factor is weight + 0.4 * 3 = 5, so 10.", "abstain"),
        ("2.26 mmol * 0.001 mol/mmol = 0.002 mol; hence 10.", "object"),
        ("2 * 500 mg = 1 g, 10", "abstain"),
        ("making the score -1 + 1 = 0, then 0 + 10 = 10", "abstain"),
    ],
)
def test_explanation(explanation: str, verdict: str) -> None:
    derivation = {"explanation": explanation}
    assert ask(ExplanationVerifier(), derivation=derivation) == verdict


@pytest.mark.parametrize(
    ("kind", "answer", "end", "verdict"),
    [
        ("date", "02/19/2024", "Hence the date is 2024-02-19.", "abstain"),
        ("date", "02/19/2024", "Hence the date is 02-20-2024.", "object"),
        ("duration", "('14 weeks', '1 days')", "It is 14 weeks and 1 day.", "abstain"),
        ("duration", "99 days", "It is 14 weeks and 2 days.", "object"),
        ("choice", "B", "Hence the answer is 7.", "abstain"),
        ("number", "N/A", "Hence the answer is 7.", "abstain"),
        ("number", "-2.345", "It fell by 2.3.", "abstain"),
    ],
)
def test_explanation_ends_with_the_label(kind: str, answer: str, end: str, verdict: str) -> None:
    derivation = {"explanation": end}
    found = ask(ExplanationVerifier(), kind=kind, answer=answer, derivation=derivation)
    assert found == verdict


def test_steps() -> None:
    verifier = StepsVerifier()
    step = "the verbal response is confused, and so we add 4 points making the total"
    once = f"We begin at 0.\nFor eyes: {step} 0 + 4 = 4.\nFor arms {step} 4 + 6 = 10."
    twice = f"We begin at 0.\nHere {step} 2 + 4 = 6.\nHere {step} 6 + 4 = 10."
    assert ask(verifier, derivation={"explanation": once}) == "abstain"
    assert ask(verifier, derivation={"explanation": twice}) == "object"
    assert ask(verifier, derivation={"explanation": "0 + 4 = 4, 4 + 5 = 9, hence 10"}) == "object"
    assert ask(verifier, kind="date", derivation={"explanation": twice}) == "nothing"


@pytest.mark.parametrize(
    ("entities", "note", "verdict"),
    [
        ({"age": [63, "years"]}, "A 63-year-old man", "abstain"),
        ({"age": [63, "years"]}, "A sixty-three year old man", "abstain"),
        ({"age": [64, "years"]}, "A 63-year-old man", "object"),
        ({"platelets": [140400.0, "µL"]}, "platelets 140.4 x10^9/L", "abstain"),
        ({"dose": [1200, "mg"]}, "took 1,200 mg", "abstain"),
        ({"height": [170.18, "cm"]}, "5 feet 7 inches tall", "abstain"),
        ({"weight": [81.6, "kg"]}, "weighs 180 lbs", "abstain"),
        ({"temperature": [38.3, "degrees celsius"]}, "febrile at 101 F", "abstain"),
        ({"pressure": [90, "mm Hg"]}, "pulse 90 beats per minute", "object"),
        ({"creatinine": [1.9, "mg/dL"]}, "creatinine 1.9 mg", "abstain"),
        ({"smoker": True, "sex": "Male"}, "a man", "abstain"),
        ("no literal", "a man of 60", "abstain"),
    ],
)
def test_grounding(entities: Any, note: str, verdict: str) -> None:
    for text in (str(entities), json.dumps(entities)):
        derivation = {"entities": text}
        inputs = {"note": note, "question": "How much is it at 64 and 90?"}
        assert ask(GroundingVerifier(), inputs=inputs, derivation=derivation) == verdict


def test_grounding_needs_entities_and_inputs() -> None:
    assert ask(GroundingVerifier(), inputs={"note": "60"}) == "nothing"
    assert ask(GroundingVerifier(), derivation={"entities": "{}"}) == "nothing"


@given(st.text(alphabet="0123456789.,+-*/^()[]= exX√%abc\n'µ", max_size=300))
def test_no_text_breaks_the_arithmetic(text: str) -> None:
    for equation in equations(text):
        assert equation.holds in (True, False)
        assert equation.loss >= 0


@given(st.text(max_size=200))
def test_no_derivation_breaks_a_verifier(text: str) -> None:
    derivation = {"entities": text, "explanation": text}
    for verifier in (ExplanationVerifier(), StepsVerifier(), GroundingVerifier()):
        found = ask(verifier, inputs={"note": text}, derivation=derivation)
        assert found in ("object", "abstain", "nothing")


@pytest.mark.parametrize("text", ["(" * 5_000 + "= 1", "9**9**9**9 = 1", "1/0 = 1", "[" * 30_000])
def test_hostile_derivations_cost_nothing(text: str) -> None:
    assert list(equations(text)) == []
    derivation = {"entities": text}
    assert ask(GroundingVerifier(), inputs={"note": "1"}, derivation=derivation) == "abstain"
