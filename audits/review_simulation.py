"""A review replayed: the truth plays the expert, one decision at a time, and the queue learns.

The model is that of audits.belief with the order of audits.ordering. So that thousands of reviews
take seconds, the posterior is not made anew after each decision but moved by it (assumed density
filtering: Rasmussen and Williams 2006, 3.6, one pass); a test holds both against each other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from scipy.special import log_ndtr

from audits.belief import offsets
from audits.evaluation import curve_of
from audits.evidence import Evidence, Policy
from audits.features import features, variance_of
from audits.ordering import draw, explores, urgency

STEPS = 1_000  # the queue is ordered anew at most so often; large reviews decide some at a time
ORDERS = ("learning", "static", "random")


@dataclass(frozen=True, slots=True)
class Curve:
    """Share of the errors caught after each hundredth of the work: mean, and 95 % of the seeds."""

    caught: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def at(self, share: float) -> tuple[float, float, float]:
        """Mean, lower and upper bound after this share of the work."""
        place = round(share * (len(self.caught) - 1))
        return self.caught[place], self.low[place], self.high[place]


def simulate_review(
    labels: Sequence[Evidence],
    wrong: Sequence[bool],
    policy: Policy,
    *,
    seeds: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Curve]:
    """Review all labels in three orders, once per seed, and return how the errors were caught.

    `learning` orders anew by what was decided, `static` goes by the policy's doubts alone,
    `random` by lot. Ties are broken by the seed.
    """
    model = _Model(labels, policy)
    errors = np.array(wrong, dtype=bool)
    found: dict[str, list[np.ndarray]] = {name: [] for name in ORDERS}
    for seed in range(seeds):
        ties = np.array([draw(f"{policy.seed} {seed}", label) for label in labels])
        for name, order in (
            ("learning", model.review(errors, ties)),
            ("static", np.argsort(-model.static() - ties, kind="stable")),
            ("random", np.argsort(ties, kind="stable")),
        ):
            found[name].append(np.array(curve_of(errors[order])))
        progress(seed + 1, seeds)
    return {name: _curve(np.array(rows)) for name, rows in found.items()}


class _Model:
    """The labels as rows of a matrix, and the prior of its weights."""

    def __init__(self, labels: Sequence[Evidence], policy: Policy) -> None:
        rows = [dict(features(label)) for label in labels]
        names = {name: at for at, name in enumerate(dict.fromkeys(n for row in rows for n in row))}
        width = max(map(len, rows))
        # Each row holds its features' columns and values, filled up with zeros.
        self.columns = np.zeros((len(rows), width), dtype=np.int64)
        self.values = np.zeros((len(rows), width))
        for at, row in enumerate(rows):
            self.columns[at, : len(row)] = [names[name] for name in row]
            self.values[at, : len(row)] = list(row.values())
        self.prior = np.array([variance_of(name) for name in names])
        self.offsets = offsets(labels, policy)
        self.impacts = np.array([label.impact for label in labels])
        groups = {group: at for at, group in enumerate(dict.fromkeys(e.group for e in labels))}
        self.groups = np.array([groups[label.group] for label in labels])
        self.share = policy.exploration

    def dot(self, weights: np.ndarray) -> np.ndarray:
        """Each row times the weights."""
        return (self.values * weights[self.columns]).sum(axis=1)  # type: ignore[no-any-return]

    def variances(self) -> np.ndarray:
        """The prior variance of each row's latent value."""
        return (self.values**2 * self.prior[self.columns]).sum(axis=1)  # type: ignore[no-any-return]

    def static(self) -> np.ndarray:
        """How urgent each label is before anything is decided, without optimism."""
        return urgency(
            self.offsets, np.zeros(len(self.offsets)), self.impacts, spread=self.variances()
        )

    def review(self, errors: np.ndarray, ties: np.ndarray) -> np.ndarray:
        """The order in which all labels are reviewed when each decision is learned from."""
        means, variances = self.offsets.copy(), self.variances()
        covariance = np.diag(self.prior)
        seen = np.zeros(self.groups.max() + 1, dtype=bool)
        left = np.ones(len(errors), dtype=bool)
        order: list[int] = []
        batch = -(-len(errors) // STEPS)
        while len(order) < len(errors):
            score = np.where(left, urgency(means, variances, self.impacts) + ties, -1.0)
            for row in np.argsort(-score, kind="stable")[: min(batch, left.sum())]:
                row = self._turn(int(row), score, seen, left, len(order))
                left[row] = False
                seen[self.groups[row]] = True
                order.append(row)
                self._learn(row, errors[row], means, variances, covariance)
        return np.array(order)

    def _turn(
        self, row: int, score: np.ndarray, seen: np.ndarray, left: np.ndarray, place: int
    ) -> int:
        """The row to look at: the best one, or the best of an unseen group if it is its turn."""
        unseen = left & ~seen[self.groups]
        if not left[row]:  # an exploring place took it already
            row = int(np.argmax(np.where(left, score, -1.0)))
        if explores(place, self.share) and unseen.any():
            row = int(np.argmax(np.where(unseen, score, -1.0)))
        return row

    def _learn(
        self,
        row: int,
        wrong: bool,
        means: np.ndarray,
        variances: np.ndarray,
        covariance: np.ndarray,
    ) -> None:
        """Move all that is believed by one decision, in place."""
        columns, values = self.columns[row], self.values[row]
        towards = covariance[:, columns] @ values
        spread = 1 + float(values @ towards[columns])
        sign = 1.0 if wrong else -1.0
        z = sign * float(means[row]) / sqrt(spread)
        ratio = float(np.exp(-z * z / 2 - log_ndtr(z))) / sqrt(2 * pi)
        settled = ratio * (z + ratio) / spread
        along = self.dot(towards)
        means += along * (sign * ratio / sqrt(spread))
        variances -= settled * along**2
        covariance -= np.outer(settled * towards, towards)


def _curve(rows: np.ndarray) -> Curve:
    low, high = np.quantile(rows, (0.025, 0.975), axis=0)
    return Curve(*(tuple(line.tolist()) for line in (rows.mean(axis=0), low, high)))
