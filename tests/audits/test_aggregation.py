"""How likely each answer is right, how reliable each verifier, how much review is due."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from errata.grading import Limits
from hypothesis import given
from hypothesis import strategies as st

from audits.aggregation import posterior
from audits.belief import learn
from audits.calibration import calibration_error, reliability_curve
from audits.dawid_skene import OBJECT, SUPPORT, UNKNOWN, UNSEEN, dawid_skene
from audits.effort import review_effort
from audits.evidence import Decided, Evidence, Voice
from audits.policies import load_policy, parse_policy
from audits.reliability import Reliability, from_json, measure, to_json, trust
from tests.bench.triaging import triaged

POLICY = load_policy()
RULE = Limits.within(relative="0.05")


def label(answer: str = "10", *voices: Voice, **known: object) -> Evidence:
    fields = {"benchmark": "b", "key": "k", "group": "g", "kind": "number"} | known
    return Evidence(answer=answer, voices=voices, **fields)  # type: ignore[arg-type]


def against(verifier: str, answer: str = "") -> Voice:
    return Voice(verifier, "object", "", answer)


# --- the posterior over answers -------------------------------------------------------------------

ANSWERS = st.sampled_from(["12", "12.1", "20", "N/A", "", "nonsense"])


@given(
    st.lists(st.builds(against, st.sampled_from("abcd"), ANSWERS), max_size=4),
    st.floats(0, 1),
    st.sampled_from(["10", "N/A"]),
)
def test_shares_add_up_and_the_label_keeps_its_own(
    voices: list[Voice], doubt: float, answer: str
) -> None:
    found = posterior(label(answer, *voices), doubt, {}, RULE)
    shares = [share for _, share in found.answers]
    assert math.isclose(sum(shares) + found.other, 1, abs_tol=1e-9)
    assert all(0 <= share <= 1 for share in (*shares, found.other))
    assert found.answers[0] == (answer, pytest.approx(1 - doubt, abs=5e-4))
    texts = [text for text, _ in found.answers]
    assert "N/A" in texts
    assert len(set(texts)) == len(texts)


def test_what_grading_cannot_tell_apart_is_one_answer() -> None:
    found = posterior(label("10", against("a", "12"), against("b", "12.3")), 0.8, {}, RULE)
    assert [text for text, _ in found.answers] == ["10", "12", "N/A"]


def test_the_answer_of_the_more_reliable_verifier_is_likelier() -> None:
    voices = (against("good", "12"), against("bad", "20"))
    equal = dict(posterior(label("10", *voices), 0.8, {}, RULE).answers)
    assert equal["12"] == equal["20"], "unweighted until there are decisions"
    trusted = {("good", ""): 0.9, ("bad", ""): 0.3}
    found = posterior(label("10", *voices), 0.8, trusted, RULE)
    shares = dict(found.answers)
    assert shares["12"] > 0.6 > 0.1 > shares["20"]
    assert list(shares) == ["10", "12", "20", "N/A"], "likeliest first after the label's own"
    turned = trusted | {("bad", "g"): 0.99}
    assert dict(posterior(label("10", *voices), 0.8, turned, RULE).answers)["20"] > 0.5


def test_two_that_agree_outweigh_one() -> None:
    voices = (against("a", "12"), against("b", "12"), against("c", "20"))
    shares = dict(posterior(label("10", *voices), 1.0, {}, RULE).answers)
    assert shares["12"] > 4 * shares["20"]


def test_unanswerable_is_an_answer() -> None:
    found = posterior(label("10", against("a", "N/A")), 0.8, {}, RULE)
    assert [text for text, _ in found.answers] == ["10", "N/A"]
    assert found.answers[1][1] > 0.5
    gone = posterior(label("N/A", against("a", "12")), 0.8, {}, RULE)
    assert [text for text, _ in gone.answers] == ["N/A", "12"]


def test_a_posterior_of_proposals_is_calibrated() -> None:
    """Of wrong labels with verifiers of known reliability: what is said 70 % is right in 70 %."""
    rng = random.Random(5)
    trusted = {(name, ""): share for name, share in (("a", 0.8), ("b", 0.6), ("c", 0.4))}
    mistakes = ["100", "200", "300", "400"]
    said: list[tuple[float, bool]] = []
    for _ in range(4_000):
        voices = [
            against(name, "500" if rng.random() < share else rng.choice(mistakes))
            for (name, _), share in trusted.items()
            if rng.random() < 0.7
        ]
        found = posterior(label("10", *voices), 1.0, trusted, RULE)
        said += [(share, text == "500") for text, share in found.answers[1:]]
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        some = [(share, right) for share, right in said if low <= share < low + 0.2]
        mean, right = (sum(column) / len(some) for column in zip(*some, strict=True))
        assert abs(mean - right) < 0.06, (low, mean, right, len(some))


# --- reliability ----------------------------------------------------------------------------------


def decided(
    wrong: int, right: int, *voices: Voice, group: str = "g", category: str = "unit"
) -> list[Decided]:
    return [
        Decided(
            evidence=label("10", *voices, key=f"{group}{n}", group=group),
            wrong=n < wrong,
            truth="12" if n < wrong else "10",
            category=category if n < wrong else "",
        )
        for n in range(wrong + right)
    ]


def found(
    records: tuple[Reliability, ...], verifier: str, verdict: str, **part: str
) -> Reliability:
    wanted = {"category": "", "group": ""} | part
    return next(
        one
        for one in records
        if (one.verifier, one.verdict, one.category, one.group)
        == (verifier, verdict, wanted["category"], wanted["group"])
    )


def test_without_decisions_nothing_is_measured() -> None:
    assert measure([], POLICY, [label("10", against("a"))]) == ()


def test_objections_supports_and_answers_are_counted_apart() -> None:
    records = measure(
        decided(6, 2, against("steps", "12"), Voice("blind", "support", answer="10")), POLICY
    )
    objected, supported = found(records, "steps", "object"), found(records, "blind", "support")
    answered = found(records, "steps", "answer")
    assert (objected.right, objected.total) == (6, 8)
    assert (supported.right, supported.total) == (2, 8)
    assert (answered.right, answered.total) == (6, 6)
    assert objected.low < objected.mean < objected.high
    assert trust(records)["steps", ""] == answered.mean
    assert from_json(to_json(records)) == records


def test_few_decisions_move_little_and_a_group_starts_where_all_are() -> None:
    voice = against("explanation")
    one = measure(decided(1, 0, voice), POLICY)
    assert POLICY.doubt_of("explanation") < found(one, "explanation", "object").mean < 0.6
    bad = decided(20, 0, voice, group="bad") + decided(0, 20, voice, group="good")
    records = measure([*bad, *decided(0, 1, voice, group="new")], POLICY)
    parts = {g: found(records, "explanation", "object", group=g) for g in ("bad", "good", "new")}
    whole = found(records, "explanation", "object")
    assert parts["bad"].mean > 0.85 > whole.mean > parts["new"].mean > parts["good"].mean
    assert parts["new"].high - parts["new"].low > parts["bad"].high - parts["bad"].low
    assert found(records, "explanation", "object", category="unit").right == 20


def test_the_order_of_decisions_does_not_matter() -> None:
    some = decided(5, 3, against("a", "12"), Voice("b", "support"), group="x")
    some += decided(2, 6, against("a", "11"), against("b", "12"), group="y")
    shuffled = some[:]
    random.Random(1).shuffle(shuffled)
    assert measure(shuffled, POLICY) == measure(some, POLICY)


# --- Dawid and Skene ------------------------------------------------------------------------------

TRUE = {"a": (0.95, 0.05), "b": (0.8, 0.2), "c": (0.6, 0.3)}  # objects to wrong, to right labels


def crowd(labels: int, *, known: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What three verifiers say of labels of which 30 % are wrong; the first few are decided."""
    rng = np.random.default_rng(3)
    wrong = rng.random(labels) < 0.3
    rates = np.array(list(TRUE.values()))
    objects = rng.random((labels, 3)) < np.where(wrong[:, None], rates[:, 0], rates[:, 1])
    said = np.where(objects, OBJECT, SUPPORT)
    said[rng.random((labels, 3)) < 0.1] = UNSEEN
    held = np.where(np.arange(labels) < known, wrong, UNKNOWN)
    return said, held, wrong


def test_abilities_are_found_from_agreement_and_a_few_decisions() -> None:
    said, known, wrong = crowd(2_000, known=30)
    able = dawid_skene(said, known, np.full(len(said), 0.2))
    assert abs(able.wrong - wrong.mean()) < 0.03
    for place, (hit, false) in enumerate(TRUE.values()):
        assert abs(able.matrix[place, 1, OBJECT] - hit) < 0.06
        assert abs(able.matrix[place, 0, OBJECT] - false) < 0.04
    assert (able.posterior[:30] == wrong[:30]).all()
    assert ((able.posterior > 0.5) == wrong).mean() > 0.93
    assert able.precision(0, OBJECT) > able.precision(1, OBJECT) > able.precision(2, OBJECT)


def test_agreement_starts_a_verifier_that_few_decisions_have_seen() -> None:
    """`c` is worse than the policy thinks; one decision cannot say so, its disagreements can."""
    said, _, _ = crowd(600, known=0)
    verdicts = {OBJECT: "object", SUPPORT: "support"}
    labels = [
        label(
            "10",
            *(Voice(n, verdicts[s]) for n, s in zip("abc", row, strict=True) if s != UNSEEN),
            key=str(number),
        )
        for number, row in enumerate(said)
    ]
    policy = replace(POLICY, doubt={"a": 0.9, "b": 0.7, "c": 0.95})
    some = [Decided(evidence=labels[0], wrong=True), Decided(evidence=labels[1], wrong=False)]
    some = [*some, *decided(1, 0, against("c"))]
    alone = found(measure(some, policy), "c", "object").mean
    among = found(measure(some, policy, labels[2:]), "c", "object").mean
    assert among < alone - 0.1


# --- review effort --------------------------------------------------------------------------------


def test_effort_is_the_reviews_that_reach_the_allowed_error() -> None:
    policy = parse_policy(
        "[residual]\nusual = 0.1\nhigh = 0.0\n[risk]\nhigh = ['gcs']", over=POLICY
    )
    labels = [("bmi", 0.9), ("bmi", 0.5), ("bmi", 0.1), ("bmi", 0.1), ("gcs", 0.2), ("gcs", 0.0)]
    high, usual = review_effort(labels, policy)
    assert (high.risk, high.labels, high.reviews, high.allowed) == ("high", 2, 1, 0.0)
    assert (usual.risk, usual.labels, usual.expected, usual.reviews) == ("usual", 4, 0.4, 2)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0, 1))
def test_one_review_less_is_not_enough(doubts: list[float], allowed: float) -> None:
    policy = replace(POLICY, residual={"usual": allowed})
    (effort,) = review_effort([("g", doubt) for doubt in doubts], policy)
    ranked = sorted(doubts, reverse=True)
    assert sum(ranked[effort.reviews :]) <= allowed * len(doubts) + 1e-6
    if effort.reviews:
        assert sum(ranked[effort.reviews - 1 :]) > allowed * len(doubts) - 1e-6


# --- calibration ----------------------------------------------------------------------------------


def test_doubts_are_compared_with_what_came_true() -> None:
    foretold = [(0.7, True)] * 7 + [(0.72, False)] * 3 + [(0.1, False)] * 9 + [(1.0, True)]
    bins = reliability_curve(foretold)
    assert [(one.labels, one.wrong) for one in bins] == [(9, 0), (10, 7), (1, 1)]
    assert bins[1].doubt == pytest.approx(0.706)
    assert all(one.low <= one.share <= one.high for one in bins if 0 < one.share < 1)
    assert calibration_error(bins) == pytest.approx((9 * 0.1 + 10 * 0.006) / 20)
    assert reliability_curve([]) == []
    assert calibration_error([]) == 0


def test_what_is_learned_on_simulated_labels_is_calibrated() -> None:
    """Groups of very different error rates, verifiers of different precision: doubts come true."""
    rng = random.Random(11)
    rates = {f"group {n}": rng.choice((0.02, 0.1, 0.3, 0.9)) for n in range(30)}
    simulated = []
    for n in range(3_000):
        group = rng.choice(sorted(rates))
        wrong = rng.random() < rates[group]
        voices = tuple(
            against(name)
            for name, hit, false in (("steps", 0.5, 0.05), ("explanation", 0.4, 0.3))
            if rng.random() < (hit if wrong else false)
        )
        simulated.append(
            Decided(evidence=label("10", *voices, key=str(n), group=group), wrong=wrong)
        )
    rest = simulated[600:]
    errors = []
    for some in ([], simulated[:600]):
        doubts = learn(some, POLICY).doubts([one.evidence for one in rest])
        foretold = [(d.probability, one.wrong) for d, one in zip(doubts, rest, strict=True)]
        errors.append(calibration_error(reliability_curve(foretold)))
    before, after = errors
    assert after < 0.05
    assert after < before, (before, after)


# --- speed ----------------------------------------------------------------------------------------


def test_many_labels_are_judged_fast() -> None:
    """100,000 labels with 10 votes each in under 10 s of one processor; here 5,000, with slack."""
    seconds, _, _ = triaged(5_000)
    assert seconds < 1.0
