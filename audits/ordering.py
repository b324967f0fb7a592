"""In which order experts see what waits, and why: a pure function of a belief and a seed.

The most doubtful label comes first, and of two as doubtful the one that may do more harm. Who goes
by doubt alone never learns where it is mistaken: so a label counts for as doubtful as it may well
be (an upper confidence bound), and a share of the places goes to groups nobody has looked at.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from audits.belief import Belief
from audits.evidence import Evidence

OPTIMISM = 0.5  # standard deviations added to what is believed; fixed on simulated benchmarks
_TIE, _DIGITS = 1e-6, 9


@dataclass(frozen=True, slots=True)
class Place:
    """Where a label stands in the queue: the higher the priority, the earlier; and why there."""

    key: str
    priority: float
    reason: str


def order(waiting: Sequence[Evidence], belief: Belief, *, seed: str) -> list[Place]:
    """The places of the labels that wait, first place first.

    Equal labels, belief and seed give equal places. Of every 1 / `policy.exploration` places one
    goes to the most doubtful label of a group in which nothing is decided, while there is any.
    """
    doubts = belief.doubts(waiting)
    means = np.array([doubt.mean for doubt in doubts])
    variances = np.array([doubt.variance for doubt in doubts])
    impacts = np.array([label.impact for label in waiting])
    ties = np.array([draw(seed, label) for label in waiting])
    first = np.argsort(-urgency(means, variances, impacts) - ties, kind="stable")
    ahead = _ahead(first, [label.group for label in waiting])
    scores = urgency(means, variances / (1 + ahead), impacts, spread=variances) + ties
    ranked = [int(row) for row in np.argsort(-scores, kind="stable")]
    decided = belief.decided()
    places: list[Place] = []
    for row, explores in _explore(ranked, waiting, belief, decided):
        score, reason = float(scores[row]), doubts[row].reason
        if explores:
            # It stands there for its group's sake, as urgent as the one that it goes before.
            score = places[-1].priority if places else max(score, float(scores[ranked[0]]))
            reason = f"nobody has decided on any label of {waiting[row].group} yet"
        elif impacts[row] > 1:
            reason = f"{reason}; an error would matter more than usual"
        places.append(Place(waiting[row].key, round(score, _DIGITS), reason))
    return places


def urgency(
    means: np.ndarray,
    variances: np.ndarray,
    impacts: np.ndarray,
    *,
    spread: np.ndarray | None = None,
) -> np.ndarray:
    """How doubtful each label may well be, by its impact.

    `variances` are those that a decision may still settle, `spread` all of them.
    """
    width = np.sqrt(1 + (variances if spread is None else spread))
    return ndtr((means + OPTIMISM * np.sqrt(variances)) / width) * impacts  # type: ignore[no-any-return]


def draw(seed: str, label: Evidence) -> float:
    """A number below 1e-6 that breaks ties: by digest, so the same every time."""
    text = "\n".join((seed, label.benchmark, label.key)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:6], "big") / 2**48 * _TIE


def explores(place: int, share: float) -> bool:
    """Whether the place-th decision of a benchmark, counted from 0, is for an unseen group."""
    return int((place + 1) * share) > int(place * share)


def _ahead(first: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """How many labels of its group stand before each: what is decided on those settles much."""
    counts: Counter[str] = Counter()
    ahead = np.empty(len(groups))
    for row in first:
        ahead[row] = counts[groups[row]]
        counts[groups[row]] += 1
    return ahead


def _explore(
    ranked: Sequence[int], waiting: Sequence[Evidence], belief: Belief, decided: int
) -> list[tuple[int, bool]]:
    """The rows in their final order, and which of them stand early for their group's sake."""
    best: dict[str, int] = {}
    for row in ranked:
        group = waiting[row].group
        if group and group not in best and not belief.has_seen(group):
            best[group] = row
    queue, taken = iter(ranked), set[int]()
    found: list[tuple[int, bool]] = []
    while len(found) < len(ranked):
        early = bool(best) and explores(decided + len(found), belief.policy.exploration)
        row = next(iter(best.values())) if early else next(row for row in queue if row not in taken)
        best.pop(waiting[row].group, None)
        taken.add(row)
        found.append((row, early))
    return found
