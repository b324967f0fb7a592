"""The control sample: clear labels that experts see unmarked, to measure how many are wrong.

`draw` gives every label the same chance and spreads the draws over the groups; `residual` says from
their decisions how wrong the clear labels are, with an interval. Pure: the same labels, seed and
round give the same draw.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import TypeVar

from scipy.special import betaincinv

T = TypeVar("T")

CONFIDENCE = 0.95
DRAWN = "Drawn for review."  # The reason of every case that no objection and no report opened.


@dataclass(frozen=True, slots=True)
class Residual:
    """The share of wrong labels among the clear ones, with its 95 % interval.

    `wrong` of the `decided` ones of `drawn` control cases were not right as they stood. Without
    any decision nothing is known: `share` is None and the interval is all from 0 to 1.
    """

    drawn: int
    decided: int
    wrong: int
    share: float | None
    lower: float
    upper: float


def sample_size(upper: float) -> int:
    """How many draws without an error bring the interval's upper end to `upper` or below.

    The interval is Clopper-Pearson's (Biometrika 26, 1934), two-sided: 60 for 6 %.
    """
    return ceil(log((1 - CONFIDENCE) / 2) / log(1 - upper))


def draw(
    labels: Iterable[tuple[str, str]], size: int, *, seed: str, round_number: int
) -> list[str]:
    """The keys of `size` of the labels (group and key each), or of all if there are fewer.

    A systematic sample: labels stand in a row by group, within each in the order of their digests,
    and every (number / size)-th is drawn from a start that the digest gives. So each group gets its
    share, rounded up or down, and each label the same chance.
    """
    row = sorted(
        (group, _digest(seed, round_number, group, key), key) for group, key in set(labels)
    )
    if size >= len(row):
        return [key for *_, key in row]
    step = len(row) / size if size else 0.0
    start = share_of(seed, round_number, "start") * step
    return [row[min(int(start + number * step), len(row) - 1)][2] for number in range(size)]


def residual(draws: Iterable[tuple[str, bool | None]]) -> Residual:
    """The estimate from control cases: group, and whether the label was wrong (None: undecided).

    Within a group the decided draws speak for all of it; groups without any count like the rest.
    Where all are decided each counts once; else the interval is Clopper-Pearson's for as many
    draws as the unequal weights are worth (Kish 1965: the square of their sum over the sum of
    their squares).
    """
    groups: dict[str, list[bool | None]] = defaultdict(list)
    for group, wrong in draws:
        groups[group].append(wrong)
    weights: list[tuple[float, bool]] = []
    for marks in groups.values():
        known = [mark for mark in marks if mark is not None]
        weights += [(len(marks) / len(known), mark) for mark in known]
    drawn = sum(map(len, groups.values()))
    if not weights:
        return Residual(drawn, 0, 0, None, 0.0, 1.0)
    total = sum(weight for weight, _ in weights)
    share = sum(weight for weight, wrong in weights if wrong) / total
    worth = total**2 / sum(weight**2 for weight, _ in weights)
    lower, upper = clopper_pearson(share * worth, worth)
    return Residual(drawn, len(weights), sum(wrong for _, wrong in weights), share, lower, upper)


def sentence(found: Residual) -> str:
    """The estimate in words, always with its interval."""
    if not found.drawn:
        return "Not known yet: the first audit draws a control sample."
    if found.share is None:
        return f"Not known yet: of {found.drawn} labels drawn as a control none is decided."
    return (
        f"{_percent(found.share)} ({_percent(found.lower)} to {_percent(found.upper)} with 95 % "
        f"confidence): {found.wrong} of {found.decided} control labels that experts decided were "
        f"wrong, of {found.drawn} drawn."
    )


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def clopper_pearson(hits: float, of: float) -> tuple[float, float]:
    """The 95 % interval of a share, exact for whole numbers (Clopper and Pearson 1934)."""
    half = (1 - CONFIDENCE) / 2
    lower = float(betaincinv(hits, of - hits + 1, half)) if hits > 0 else 0.0
    upper = float(betaincinv(hits + 1, of - hits, 1 - half)) if hits < of else 1.0
    return lower, upper


def share_of(seed: str, round_number: int, *parts: str) -> float:
    """A number from 0 to below 1 that the digest of these gives."""
    return int(_digest(seed, round_number, *parts)[:13], 16) / 16**13


def borrowed(places: Sequence[T], *, seed: str, round_number: int, key: str) -> T | None:
    """One of the places in the queue, so that a control case stands among the others."""
    if not places:
        return None
    return places[int(share_of(seed, round_number, "place", key) * len(places))]


def _digest(seed: str, round_number: int, *parts: str) -> str:
    text = "\n".join((seed, str(round_number), *parts))
    return hashlib.sha256(text.encode()).hexdigest()
