"""When to audit again: what measured error rates say, and which new predictions look odd. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from scipy.special import bdtrc

ALLOWED = 0.01  # of the labels may have turned wrong unnoticed by the next audit
SHORTEST, LONGEST = 30, 365  # days between audits
LEAST = 5  # predictions of a group before its pattern means anything
CHANCE = 0.001  # that one of all groups looks odd though none is


@dataclass(frozen=True, slots=True)
class Odd:
    """A group in which new predictions disagree with the labels far more than elsewhere."""

    group: str
    disagree: int
    total: int
    expected: float  # share that disagrees in the other groups


def recommended_days(*, wrong: int, labels: int, days: float) -> int:
    """Days until the next audit, from `wrong` labels found in the last `days` among `labels`.

    The time in which ALLOWED of the labels would be found wrong at that rate, by the median of its
    Gamma posterior under Jeffreys' prior (about `wrong` + 1/6, the usual approximation).
    """
    rate = (wrong + 1 / 6) / max(days, 1.0)
    return round(min(LONGEST, max(SHORTEST, ALLOWED * labels / rate)))


def odd_groups(rows: Iterable[tuple[str, bool]]) -> list[Odd]:
    """The groups whose new predictions disagree too often for chance, worst first.

    `rows` are (group, whether the label accepts the prediction), one per prediction. Each group is
    compared with all others by the binomial tail, CHANCE shared among the groups (Bonferroni).
    """
    totals: dict[str, int] = {}
    misses: dict[str, int] = {}
    for group, accepted in rows:
        totals[group] = totals.get(group, 0) + 1
        misses[group] = misses.get(group, 0) + (not accepted)
    everything, missed = sum(totals.values()), sum(misses.values())
    found = []
    for group, total in totals.items():
        others = everything - total
        if total < LEAST or not others:
            continue
        # One more of each kind: where all others agree, one slip elsewhere is still possible.
        expected = (missed - misses[group] + 1) / (others + 2)
        tail = float(bdtrc(misses[group] - 1, total, expected)) if misses[group] else 1.0
        if tail < CHANCE / len(totals):
            found.append((tail, group, Odd(group, misses[group], total, expected)))
    return [odd for _, _, odd in sorted(found, key=lambda each: each[:2])]
