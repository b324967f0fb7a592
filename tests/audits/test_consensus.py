"""Consensus of model families: better than counting, deterministic, fair to few models."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from errata.grading import Label, Limits
from errata.manifest import canonical_json
from hypothesis import given
from hypothesis import strategies as st

from audits.camps import camps, family_votes
from audits.verifiers import consensus
from audits.verifiers.base import Ballot, Item, read_answer, read_label
from audits.verifiers.consensus import ConsensusVerifier, crowd_of, row_of, sheet_of
from tests.audits.crowds import PROFILES, Profile, measure, simulate

SEEDS = 3
TOLERANCE = 0.01  # of a profile's mean, for the noise of SEEDS × 400 items
VERIFIER = ConsensusVerifier()
BY_NAME = {profile.name: profile for profile in PROFILES}


def surveyed(items: list[Item]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(canonical_json(VERIFIER.survey(items)))
    return told


def judged(item: Item, told: dict[str, Any] | None = None) -> Ballot:
    look = VERIFIER.look(replace(item, survey={"consensus": told} if told else {}))
    assert look is not None
    return VERIFIER.judge(json.loads(canonical_json(look)))


def choice(answer: str, **predictions: str) -> Item:
    choices = {"choices": ["w", "x", "y", "z"]}
    return Item(key="k", kind="choice", answer=answer, predictions=predictions, inputs=choices)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_no_crowd_is_judged_worse_than_by_counting(profile: Profile) -> None:
    found = measure(profile, SEEDS)
    assert found.precision >= found.plain_precision - TOLERANCE
    assert found.caught >= found.plain_caught - TOLERANCE


def test_crowds_are_judged_better_than_by_counting() -> None:
    found = [measure(profile, SEEDS) for profile in PROFILES]
    assert {bool(profile.options) for profile in PROFILES} == {True, False}
    count = len(found)
    assert sum(f.precision - f.plain_precision for f in found) / count > 0.1
    assert sum(f.caught - f.plain_caught for f in found) / count > 0.05


@pytest.mark.parametrize("name", ["mixed, numbers", "copies, four options"])
def test_a_survey_is_the_same_in_any_order_and_after_a_few_answers_more(name: str) -> None:
    items, _ = simulate(BY_NAME[name], 1)
    told = surveyed(items)
    assert len(canonical_json(told)) < 1_000
    mixed = random.Random(1).sample(items, len(items))
    assert surveyed(mixed) == told
    assert surveyed(items[:-1]) == told


def test_a_survey_keeps_no_more_than_its_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sample whatever the order: memory does not grow with the benchmark."""
    items, _ = simulate(BY_NAME["three models, numbers"], 0)
    sheets = []
    monkeypatch.setattr(consensus, "SAMPLE", 50)
    monkeypatch.setattr(consensus, "sheet_of", lambda *row: sheets.append(row) or sheet_of(*row))
    one, two = surveyed(items), surveyed(items[::-1])
    assert one == two
    assert [len(rows) for rows, _ in sheets] == [50, 50]
    assert sheets[0] == sheets[1]


def test_a_survey_knows_the_able_and_the_copies() -> None:
    profile = replace(BY_NAME["copies, four options"], items=600)
    items, _ = simulate(profile, 0)
    told = surveyed(items)["families"]
    copies, others = ("m05", "m06", "m07", "m08"), ("m00", "m01", "m02", "m03")
    assert max(float(told[name][1]) for name in copies) < min(float(told[n][1]) for n in others)
    clean, _ = simulate(replace(profile, copies=(), ability=(0.5, 2.0)), 3)
    right = {
        name: sum(item.predictions[name] == item.answer for item in clean) for name in told
    }  # fmt: skip
    found = surveyed(clean)["families"]
    assert max(right, key=right.__getitem__) == max(found, key=lambda name: float(found[name][0]))
    assert min(right, key=right.__getitem__) == min(found, key=lambda name: float(found[name][0]))


def test_one_able_family_outweighs_two_weak_ones() -> None:
    told = surveyed([]) | {
        "families": {"a": ["3.00", "1.00"], "b": ["-1.00", "1.00"], "c": ["-1.00", "1.00"]}
    }
    item = choice("A", a="A", b="B", c="B")
    assert (
        judged(item, told).verdict == "support" or float(judged(item, told).detail["wrong"]) < 0.2
    )
    assert float(judged(item).detail["wrong"]) > float(judged(item, told).detail["wrong"])


def test_votes_are_those_of_the_whole_estimate() -> None:
    """`judge` sees one item and says what the estimate over all items says of it."""
    profile = BY_NAME["gaps and abstentions"]
    items, _ = simulate(profile, 2)
    told = surveyed(items)
    families = [f"m{n:02}" for n in range(profile.families)]
    rows = [(item, row) for item in items if (row := row_of(item))][:80]
    whole = consensus.posterior(
        crowd_of(told, families), sheet_of([row for _, row in rows], families)
    )
    for (item, _), wrong in zip(rows, whole.wrong.tolist(), strict=True):
        assert judged(item, told).detail == {"wrong": f"{wrong:.3f}"}


def test_a_vote_says_what_it_is_for_people() -> None:
    eight = {f"m{n}": "C" for n in range(7)} | {"m7": "A"}
    found = judged(choice("A", **eight))
    assert (found.verdict, found.answer) == ("object", "C")
    assert found.rationale.startswith("7 of 8 model families agree on C; the label is wrong with")
    assert found.confidence is not None
    assert found.confidence == pytest.approx(float(found.detail["wrong"]), abs=0.001)
    assert found.confidence > 0.85
    agreed = judged(choice("C", **eight))
    assert (agreed.verdict, agreed.answer) == ("support", "C")
    assert agreed.rationale.startswith("7 of 8 model families agree with the label; ")
    torn = judged(choice("A", a="A", b="B", c="C", d="D"))
    assert (torn.verdict, torn.rationale) == ("abstain", "")


def test_agreement_on_no_answer_objects() -> None:
    item = Item(
        key="k", kind="number", answer="10", predictions=dict.fromkeys("abcde", "N/A")
    )  # fmt: skip
    assert (judged(item).verdict, judged(item).answer) == ("object", "N/A")
    right = replace(item, answer="N/A")
    assert judged(right).verdict == "support"


def test_many_opinions_are_no_agreement() -> None:
    """More different answers than can all be weighed: only those that several give count."""
    many = {f"m{n:02}": str(2**n * 100) for n in range(20)}
    item = Item(key="k", kind="number", answer="10", rule='{"relative":"0.05"}', predictions=many)
    agreed = replace(item, predictions=many | {f"n{n}": "50" for n in range(8)})
    told = surveyed([replace(agreed, key=f"q{n}") for n in range(20)])
    assert len(told["families"]) == 28
    told |= {"variety": "16.00", "families": {}}
    alone, together = judged(item, told), judged(agreed, told)
    assert (alone.verdict, together.verdict) == ("abstain", "abstain")
    assert float(together.detail["wrong"]) > float(alone.detail["wrong"])


def test_a_family_has_one_vote() -> None:
    item = choice("A", a1="B", a2="B", a3="A", b="A", c="A")
    families = {"a1": "a", "a2": "a", "a3": "a"}
    look = VERIFIER.look(replace(item, families=families))
    assert look is not None
    assert look["predictions"] == {"a": "B", "b": "A", "c": "A"}
    assert judged(item).rationale.startswith("3 of 5 model families")
    assert judged(replace(item, families=families)).rationale.startswith("2 of 3 model families")
    torn = replace(item, families=families | {"b": "bc", "c": "bc"}, predictions={"a1": "B"} | {
        "b": "A", "c": "C"
    })  # fmt: skip
    assert VERIFIER.look(torn) is None  # b and c are of two minds: one family is left


def test_a_family_is_of_one_mind_within_tolerance() -> None:
    label, rule = Label(read_answer("10", "number"), "10"), Limits.within(relative="0.05")
    votes = {name: read_answer(text, "number") for name, text in
             {"a1": "20", "a2": "20.4", "a3": "30", "b": "10"}.items()}  # fmt: skip
    said = family_votes(label, rule, votes, dict.fromkeys(("a1", "a2", "a3"), "a"))
    assert {name: str(answer.value) for name, answer in said.items()} == {"a": "20", "b": "10"}


@given(st.permutations(["9.8", "10", "20", "20.4", "20.9", "41", "N/A", "20"]))
def test_camps_do_not_depend_on_order(texts: list[str]) -> None:
    label = read_label({"kind": "number", "answer": "10", "limits": '{"lower":"9","upper":"11"}'})
    votes = {f"{n}:{text}": read_answer(text, "number") for n, text in enumerate(texts)}
    found = camps(label, Limits.within(relative="0.05"), votes)
    assert found.answers == ("10", "20", "41", "N/A")
    assert found.unanswerable == 3
    expected = {"9.8": 0, "10": 0, "20": 1, "20.4": 1, "20.9": 1, "41": 2, "N/A": 3}
    assert {name.split(":")[1]: camp for name, camp in found.of.items()} == expected


def test_new_predictions_and_abilities_make_it_look_again() -> None:
    item = choice("A", a="A", b="B")
    told = surveyed([]) | {"families": {"a": ["2.00", "1.00"]}}
    looks = [
        VERIFIER.look(item),
        VERIFIER.look(replace(item, predictions={"a": "A", "b": "B", "c": "B"})),
        VERIFIER.look(replace(item, survey={"consensus": told})),
    ]
    assert len({canonical_json(dict(look or {})) for look in looks}) == 3
    elsewhere = surveyed([]) | {"families": {"z": ["2.00", "1.00"]}}
    assert VERIFIER.look(replace(item, survey={"consensus": elsewhere})) == looks[0]
