"""How often each verifier was right, by category and group, measured on decisions.

Beta posteriors with hierarchical shrinkage: a verifier starts where the policy puts it, or where
its agreement with others does (Dawid and Skene) once there are decisions; what it did in one
category or group starts at what it did in all. So few decisions move little.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from errata.answers import Kind, UnreadableAnswer, parse_answer
from errata.grading import same_answer
from scipy.special import betaincinv

from audits.belief import Belief
from audits.dawid_skene import ABSTAIN, OBJECT, SUPPORT, UNKNOWN, UNSEEN, dawid_skene
from audits.evidence import Decided, Evidence, Policy, Voice

ANSWER = "answer"  # beside the verdicts: is the answer of a justified objection the right one?
PRIOR = {"support": 0.9, ANSWER: 0.7}  # of an objection the policy says it
STRENGTH, PART_STRENGTH = 4.0, 6.0  # decisions that the start of a verifier, of a part, weighs
MIN_SHARED = 20  # labels that two verifiers must both have judged before agreement tells
_SAID = {"abstain": ABSTAIN, "support": SUPPORT, "object": OBJECT}

Cell = tuple[str, str, str, str]  # verifier, verdict, category, group; empty: all


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often a verdict of a verifier was right: `right` of `total` decisions.

    `mean`, `low` and `high` (95 %) are of the posterior. `verdict` is object, support or answer.
    An empty category or group means all.
    """

    verifier: str
    verdict: str
    category: str
    group: str
    right: int
    total: int
    mean: float
    low: float
    high: float


def measure(
    decided: Sequence[Decided], policy: Policy, labels: Iterable[Evidence] = ()
) -> tuple[Reliability, ...]:
    """The record of every verifier that was heard on a decided label, sorted.

    `labels` are those not decided, whose votes tell how verifiers agree. Empty without decisions:
    until then votes are unweighted.
    """
    right, total = Counter[Cell](), Counter[Cell]()
    for cell, was_right in (each for one in decided for each in _outcomes(one)):
        for wider in {cell, (*cell[:3], ""), (*cell[:2], "", cell[3]), (*cell[:2], "", "")}:
            total[wider] += 1
            right[wider] += was_right
    agreed = _agreement(decided, policy, labels) if decided else {}
    whole = {
        cell[:2]: _posterior(_start(cell, policy, agreed), STRENGTH, right[cell], total[cell])
        for cell in total
        if cell[2:] == ("", "")
    }
    found = []
    for cell in sorted(total):
        if all(cell[2:]):
            continue  # a category within a group is too thin to tell
        spread = whole[cell[:2]]
        if any(cell[2:]):
            spread = _posterior(_mean(spread), PART_STRENGTH, right[cell], total[cell])
        found.append(Reliability(*cell, right[cell], total[cell], *_told(spread)))
    return tuple(found)


def trust(records: Iterable[Reliability]) -> dict[tuple[str, str], float]:
    """How far the answer of each verifier can be trusted, by verifier and group (empty: any)."""
    answers = (one for one in records if one.verdict == ANSWER and not one.category)
    return {(one.verifier, one.group): one.mean for one in answers}


def to_json(records: Iterable[Reliability]) -> list[dict[str, Any]]:
    """Records as JSON; `from_json` turns them back."""
    return [asdict(record) for record in records]


def from_json(rows: Iterable[Mapping[str, Any]]) -> tuple[Reliability, ...]:
    """The records that `to_json` wrote."""
    return tuple(Reliability(**row) for row in rows)


def _outcomes(one: Decided) -> Iterator[tuple[Cell, bool]]:
    """Each verdict on a decided label, and whether it was right."""
    evidence = one.evidence
    for voice in evidence.voices:
        if voice.verdict == "abstain":
            continue
        category = one.category if one.wrong else voice.category
        was_right = one.wrong == (voice.verdict == "object")
        yield (voice.verifier, voice.verdict, category, evidence.group), was_right
        if one.wrong and voice.verdict == "object" and voice.answer:
            hit = _same(voice, one.truth, evidence.kind)
            yield (voice.verifier, ANSWER, category, evidence.group), hit


def _same(voice: Voice, truth: str, kind: str) -> bool:
    known: Kind = kind  # type: ignore[assignment]
    try:
        return same_answer(parse_answer(voice.answer, known), parse_answer(truth, known))
    except UnreadableAnswer:
        return False


def _start(cell: Cell, policy: Policy, agreed: Mapping[tuple[str, str], float]) -> float:
    verifier, verdict = cell[:2]
    known = PRIOR.get(verdict, policy.doubt_of(verifier))
    return min(max(agreed.get((verifier, verdict), known), 0.02), 0.98)


def _agreement(
    decided: Sequence[Decided], policy: Policy, labels: Iterable[Evidence]
) -> dict[tuple[str, str], float]:
    """How often each verdict is right by where verifiers agree, those that share labels."""
    everything = [one.evidence for one in decided] + list(labels)
    names = sorted({voice.verifier for each in everything for voice in each.voices})
    column = {name: place for place, name in enumerate(names)}
    said = np.full((len(everything), len(names)), UNSEEN, dtype=np.int64)
    for row, evidence in enumerate(everything):
        for voice in evidence.voices:
            said[row, column[voice.verifier]] = _SAID[voice.verdict]
    spoken = (said == SUPPORT) | (said == OBJECT)
    shared = spoken[spoken.sum(axis=1) > 1].sum(axis=0) >= MIN_SHARED
    if shared.sum() < 2:
        return {}
    kept = [name for name, enough in zip(names, shared, strict=True) if enough]
    known = np.full(len(everything), UNKNOWN, dtype=np.int64)
    known[: len(decided)] = [one.wrong for one in decided]
    start = np.array([each.probability for each in Belief(policy).doubts(everything)])
    able = dawid_skene(said[:, shared], known, start)
    precise = {}
    for place, name in enumerate(kept):
        precise[name, "object"] = able.precision(place, OBJECT)
        precise[name, "support"] = 1 - able.precision(place, SUPPORT)
    return precise


def _posterior(start: float, strength: float, right: int, total: int) -> tuple[float, float]:
    return start * strength + right, (1 - start) * strength + total - right


def _mean(spread: tuple[float, float]) -> float:
    return spread[0] / sum(spread)


def _told(spread: tuple[float, float]) -> tuple[float, float, float]:
    """Mean and bounds, rounded so that they are the same bytes everywhere."""
    low, high = (float(betaincinv(*spread, tail)) for tail in (0.025, 0.975))
    return round(_mean(spread), 4), round(low, 4), round(high, 4)
