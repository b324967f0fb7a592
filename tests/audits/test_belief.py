"""What decisions teach: the belief behind the queue."""

import json
from dataclasses import replace

import pytest

from audits.belief import Belief, learn
from audits.evidence import Decided, Evidence, Voice
from audits.features import BASE
from audits.policies import load_policy

POLICY = load_policy()


def label(key: str, group: str = "A", **known: object) -> Evidence:
    return Evidence(benchmark="b", key=key, group=group, kind="integer", **known)  # type: ignore[arg-type]


def decided(wrong: int, right: int, **known: object) -> list[Decided]:
    return [
        Decided(evidence=label(f"{n}", **known), wrong=n < wrong)  # type: ignore[arg-type]
        for n in range(wrong + right)
    ]


def objection(verifier: str, **known: object) -> tuple[Voice, ...]:
    return (Voice(verifier, "object", **known),)  # type: ignore[arg-type]


def test_without_decisions_the_votes_stand_unweighted() -> None:
    belief = learn([], POLICY)
    steps = belief.doubt(label("1", voices=objection("steps")))
    weak = belief.doubt(label("2", voices=objection("explanation")))
    none = belief.doubt(label("3"))
    both = belief.doubt(label("4", voices=objection("steps") + objection("explanation")))
    supported = belief.doubt(label("5", voices=(Voice("blind", "support"),)))
    assert steps.probability == pytest.approx(
        1 - (1 - BASE) * (1 - POLICY.doubt["steps"]), abs=1e-5
    )
    assert both.probability > steps.probability > weak.probability > none.probability
    assert none.probability > supported.probability
    assert steps.reason == "steps objects"


def test_a_group_of_errors_is_doubted_and_the_reason_counts_them() -> None:
    belief = learn(decided(9, 0, group="GCS") + decided(0, 9, group="BMI"), POLICY)
    bad = belief.doubt(label("x", "GCS", voices=objection("recalculate")))
    good, new = belief.doubt(label("y", "BMI")), belief.doubt(label("z", "SOFA"))
    assert bad.probability > 0.9 > new.probability > good.probability
    assert bad.reason == "recalculate objects; 9 of 9 decided labels of GCS were wrong"
    assert new.reason == "none of SOFA is decided yet"


def test_a_verifier_that_is_often_wrong_is_believed_less() -> None:
    voices = objection("steps")
    misled = [
        Decided(evidence=label(str(n), f"G{n}", voices=voices), wrong=False) for n in range(8)
    ]
    asked = label("x", "other", voices=voices)
    before, after = learn([], POLICY).doubt(asked), learn(misled, POLICY).doubt(asked)
    assert after.probability < before.probability - 0.2


def test_the_order_of_decisions_changes_no_byte() -> None:
    given = decided(5, 4, group="GCS", voices=objection("steps")) + decided(1, 7, group="BMI")
    one, other = learn(given, POLICY), learn(given[::-1], POLICY)
    assert json.dumps(one.to_json()) == json.dumps(other.to_json())


def test_a_belief_survives_json_and_is_forgotten_under_another_policy() -> None:
    belief = learn(decided(5, 4, group="GCS"), POLICY)
    state = json.loads(json.dumps(belief.to_json()))
    assert Belief.from_json(state, POLICY) == belief
    assert Belief.from_json({}, POLICY) == Belief(POLICY)
    other = replace(POLICY, default_doubt=0.9)
    assert Belief.from_json(state, other) == Belief(other)
