"""A review replayed on simulated benchmarks: what learning finds before the other orders do."""

import numpy as np
import pytest

from audits.belief import learn
from audits.evaluation import caught_at
from audits.evidence import Decided
from audits.ordering import order
from audits.policies import load_policy
from audits.review_simulation import simulate_review
from tests.audits.simulated import BENCHMARKS, multiple_choice, simulate

POLICY = load_policy()


@pytest.mark.parametrize("kind", BENCHMARKS, ids=lambda kind: kind.name)
def test_learning_beats_static_triage_and_random_order(kind: object) -> None:
    curves = simulate_review(*simulate(kind, 1), POLICY, seeds=1)  # type: ignore[arg-type]
    at = {name: curve.at(0.32)[0] for name, curve in curves.items()}
    assert at["learning"] > at["static"] + 0.02
    assert at["static"] > at["random"]


def test_feedback_by_group_lifts_consensus_on_multiple_choice_by_ten_points() -> None:
    lifts, above = [], []
    for seed in range(3):
        labels, wrong, doubts = multiple_choice(seed)
        curves = simulate_review(labels, wrong, POLICY, seeds=1)
        learned = curves["learning"].at(0.32)[0]
        lifts.append(learned - curves["static"].at(0.32)[0])
        ranked = np.array(wrong)[np.argsort(-np.array(doubts), kind="stable")]
        above.append(learned - caught_at(ranked, 0.32))
    assert np.mean(lifts) > 0.1
    assert np.mean(above) > 0, "the models' answers alone, to the last digit"


def test_the_same_seed_gives_the_same_review() -> None:
    labels, wrong = simulate(BENCHMARKS[0], 2)
    assert simulate_review(labels, wrong, POLICY, seeds=2) == simulate_review(
        labels, wrong, POLICY, seeds=2
    )


def test_the_replay_finds_what_the_queue_itself_would_find() -> None:
    """The hub learns anew from all decisions; the replay moves what it believes by each one."""
    labels, wrong = simulate(BENCHMARKS[3], 3)
    labels, wrong = labels[:300], wrong[:300]
    at = {label.key: number for number, label in enumerate(labels)}
    decided: list[Decided] = []
    left = set(range(300))
    while len(decided) < 96:
        belief = learn(decided, POLICY)
        waiting = [labels[number] for number in sorted(left)]
        for place in order(waiting, belief, seed=POLICY.seed)[:3]:
            number = at[place.key]
            left.remove(number)
            decided.append(Decided(evidence=labels[number], wrong=wrong[number]))
    found = sum(one.wrong for one in decided) / sum(wrong)
    replayed = simulate_review(labels, wrong, POLICY, seeds=3)["learning"].at(0.32)[0]
    assert found == pytest.approx(replayed, abs=0.08)


def test_a_curve_rises_from_nothing_to_all() -> None:
    curves = simulate_review(*simulate(BENCHMARKS[0], 1), POLICY, seeds=2)
    for curve in curves.values():
        assert curve.at(0) == (0, 0, 0)
        assert curve.at(1) == (1, 1, 1)
        assert list(curve.caught) == sorted(curve.caught)
        assert all(
            low <= mean <= high
            for mean, low, high in zip(curve.caught, curve.low, curve.high, strict=True)
        )


def test_large_reviews_decide_some_at_a_time() -> None:
    labels, wrong = simulate(BENCHMARKS[0], 1)
    many = [label for label in labels for _ in range(3)]
    curves = simulate_review(many, [each for each in wrong for _ in range(3)], POLICY, seeds=1)
    assert curves["learning"].at(0.32)[0] > curves["static"].at(0.32)[0]
