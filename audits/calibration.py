"""Whether doubts come true: of labels called 70 % doubtful, how many were wrong?"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from scipy.special import betaincinv

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Decided labels whose doubt lay in one tenth: how many, how many were wrong, the mean doubt,
    and the share that was wrong with its interval (95 %, Jeffreys)."""

    labels: int
    wrong: int
    doubt: float
    share: float
    low: float
    high: float


def reliability_curve(foretold: Iterable[tuple[float, bool]]) -> list[Bin]:
    """The tenths that hold any label, of pairs of a doubt and whether the label was wrong."""
    tenths: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for doubt, wrong in foretold:
        tenths[min(int(doubt * BINS), BINS - 1)].append((doubt, wrong))
    return [_bin(some) for _, some in sorted(tenths.items())]


def calibration_error(bins: Iterable[Bin]) -> float:
    """How far doubt and share wrong lie apart, averaged over labels; 0 where all come true."""
    bins = list(bins)
    total = sum(one.labels for one in bins)
    return sum(one.labels * abs(one.doubt - one.share) for one in bins) / total if total else 0.0


def _bin(some: list[tuple[float, bool]]) -> Bin:
    labels, wrong = len(some), sum(was_wrong for _, was_wrong in some)
    low, high = (
        float(betaincinv(wrong + 0.5, labels - wrong + 0.5, tail)) for tail in (0.025, 0.975)
    )
    return Bin(labels, wrong, sum(doubt for doubt, _ in some) / labels, wrong / labels, low, high)
