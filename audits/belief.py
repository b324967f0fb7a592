"""What decisions teach about the labels that are left: a pure function of decisions and a policy.

A probit model: whether a label is wrong depends on the policy's doubt of it plus a weight for each
of its features (audits.features). Weights start at nothing, so without decisions the policy's
unweighted votes stand; each kind of feature may move as far as its prior deviation, so that few
decisions move little and a group without any takes what is known of all. The posterior is Laplace's
(Rasmussen and Williams 2006, 3.4, in weights instead of functions), its covariances left out.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from scipy.special import log_ndtr, ndtr

from audits.evidence import Decided, Evidence, Policy
from audits.features import Name, features, prior_doubt, probit, variance_of

FORMAT = 1
MAX_PARTS = 3_000  # features that learn; the rarest beyond keep their prior
_STEPS, _ENOUGH, _DIGITS = 50, 1e-8, 6


@dataclass(frozen=True, slots=True)
class Part:
    """What was learned of one feature: its weight, and how many decided labels with it were wrong.

    Weights are on the probit scale.
    """

    mean: float
    variance: float
    wrong: int
    decided: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """How likely a label is wrong, from 0 to 1, and the strongest parts of why in one sentence.

    `mean` and `variance` are of the latent value behind the probability.
    """

    probability: float
    reason: str
    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of a benchmark's labels after some decisions."""

    policy: Policy
    parts: Mapping[Name, Part] = field(default_factory=dict)

    def doubt(self, evidence: Evidence) -> Doubt:
        """How likely this label is wrong, and why."""
        return self.doubts([evidence])[0]

    def doubts(self, labels: Iterable[Evidence]) -> list[Doubt]:
        """The same for many labels, in their order."""
        return [self._doubt(evidence) for evidence in labels]

    def _doubt(self, evidence: Evidence) -> Doubt:
        mean = variance = prior = 0.0
        for name, value in features(evidence):
            before = value * value * variance_of(name)
            prior += before
            part = self.parts.get(name)
            if part is None:
                variance += before
            else:
                mean += value * part.mean
                variance += value * value * part.variance
        mean += probit(prior_doubt(evidence, self.policy), prior)
        probability = round(float(ndtr(mean / (1 + variance) ** 0.5)), _DIGITS)
        return Doubt(probability, self._reason(evidence), mean, variance)

    def _reason(self, evidence: Evidence) -> str:
        loud = sorted(
            (-self.policy.doubt_of(v.verifier), f"{v.verifier} objects" + _why(v.step))
            for v in evidence.voices
            if v.verdict == "object"
        )
        said = [sentence for _, sentence in loud[:2]]
        if not said:
            said = [f"{v.verifier} agrees" for v in evidence.voices if v.verdict == "support"][:1]
        group = self.parts.get(("group", evidence.group))
        if group:
            name = evidence.group or "the benchmark"
            said.append(f"{group.wrong} of {group.decided} decided labels of {name} were wrong")
        elif evidence.group and self.parts:
            said.append(f"none of {evidence.group} is decided yet")
        return "; ".join(said) or "nobody objects"

    def to_json(self) -> dict[str, Any]:
        """The belief as small JSON; equal beliefs give equal bytes."""
        return {
            "format": FORMAT,
            "policy": {
                "version": self.policy.version,
                "default_doubt": self.policy.default_doubt,
                "doubt": dict(sorted(self.policy.doubt.items())),
            },
            "parts": [
                [list(name), part.mean, part.variance, part.wrong, part.decided]
                for name, part in sorted(self.parts.items())
            ],
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any], policy: Policy) -> "Belief":
        """The belief that `to_json` wrote; one of another format or of another policy's doubts
        is forgotten, since its weights say how far to move from those: learn it anew."""
        known = cls(policy).to_json()
        if any(state.get(name) != known[name] for name in ("format", "policy")):
            return cls(policy)
        return cls(policy, {tuple(name): Part(*rest) for name, *rest in state["parts"]})


def _why(step: str) -> str:
    return f" ({step})" if step else ""


def learn(decided: Sequence[Decided], policy: Policy) -> Belief:
    """What the decisions teach; their order does not matter."""
    rows = [dict(features(one.evidence)) for one in decided]
    seen, wrong = Counter[Name](), Counter[Name]()
    for one, row in zip(decided, rows, strict=True):
        seen.update(row.keys())
        if one.wrong:
            wrong.update(row.keys())
    names = sorted(sorted(seen, key=lambda name: (-seen[name], name))[:MAX_PARTS])
    if not names:
        return Belief(policy)
    # Sums of floats depend on their order, so the order is the evidence's own.
    order = sorted(range(len(decided)), key=lambda i: (repr(decided[i].evidence), decided[i].wrong))
    means, variances = _posterior(
        _matrix([rows[i] for i in order], names),
        np.array([_offset(decided[i].evidence, rows[i], policy) for i in order]),
        np.array([1.0 if decided[i].wrong else -1.0 for i in order]),
        np.array([variance_of(name) for name in names]),
    )
    return Belief(
        policy,
        {
            name: Part(
                round(float(mean), _DIGITS),
                round(float(variance), _DIGITS),
                wrong[name],
                seen[name],
            )
            for name, mean, variance in zip(names, means, variances, strict=True)
        },
    )


def _offset(evidence: Evidence, row: Mapping[Name, float], policy: Policy) -> float:
    prior = sum(value * value * variance_of(name) for name, value in row.items())
    return probit(prior_doubt(evidence, policy), prior)


def _matrix(rows: Sequence[Mapping[Name, float]], names: Sequence[Name]) -> sparse.csr_array:
    column = {name: index for index, name in enumerate(names)}
    cells = [
        (row, column[name], value)
        for row, known in enumerate(rows)
        for name, value in known.items()
        if name in column
    ]
    at, to, values = zip(*cells, strict=True)
    return sparse.csr_array((values, (at, to)), shape=(len(rows), len(names)))


def _posterior(
    matrix: sparse.csr_array, offset: np.ndarray, sign: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mode and marginal variances of the weights; `sign` is 1 where wrong, -1 where right."""
    weights = np.zeros(len(prior))
    for _ in range(_STEPS):
        slope, bend = _likelihood(sign, offset + matrix @ weights)
        curvature = (matrix.T @ (matrix * bend[:, None])).toarray()
        curvature[np.diag_indices_from(curvature)] += 1 / prior
        factor = cho_factor(curvature, lower=True)
        step = cho_solve(factor, matrix.T @ slope - weights / prior)
        weights += step
        if np.abs(step).max() < _ENOUGH:
            break
    return weights, np.diag(cho_solve(factor, np.eye(len(prior))))


def _likelihood(sign: np.ndarray, latent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and (negative) second derivative of the log of the probit likelihood."""
    z = sign * latent
    ratio = np.exp(-z * z / 2 - log_ndtr(z)) / np.sqrt(2 * np.pi)
    return sign * ratio, ratio * (z + ratio)
