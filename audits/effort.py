"""How many labels have to be reviewed until few enough wrong ones are expected to be left."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from audits.evidence import Policy


@dataclass(frozen=True, slots=True)
class Effort:
    """Of one risk class: its labels, the share expected to be wrong now, the share allowed, and how
    many reviews, the most doubtful first, bring the one below the other."""

    risk: str
    labels: int
    expected: float
    allowed: float
    reviews: int

    def to_json(self) -> dict[str, Any]:
        """As a belief keeps it."""
        return asdict(self)


def review_effort(labels: Iterable[tuple[str, float]], policy: Policy) -> list[Effort]:
    """The effort by risk class, of every label's group and doubt (0 where an expert decided).

    A review is taken to end in the right label.
    """
    doubts: dict[str, list[float]] = defaultdict(list)
    for group, doubt in labels:
        doubts[policy.risk_of(group)].append(doubt)
    return [
        Effort(
            risk,
            len(some),
            round(sum(some) / len(some), 4),
            policy.residual.get(risk, 1.0),
            _reviews(sorted(some, reverse=True), policy.residual.get(risk, 1.0)),
        )
        for risk, some in sorted(doubts.items())
    ]


def _reviews(doubts: list[float], allowed: float) -> int:
    """How many of the first have to go until the others' sum is small enough."""
    left, target = sum(doubts), allowed * len(doubts)
    for count, doubt in enumerate(doubts):
        if left <= target + 1e-9:
            return count
        left -= doubt
    return len(doubts)
