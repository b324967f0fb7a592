"""What decisions teach about the labels that are left: a pure function of decisions and a policy.

A probit model: whether a label is wrong depends on the policy's doubt of it plus a weight for each
of its features (audits.features). Weights start at nothing, so without decisions the policy's
unweighted votes stand; each kind of feature may move as far as its prior deviation, so that few
decisions move little and a group without any takes what is known of all. The mode is found
as in Laplace's approximation (Rasmussen and Williams 2006, 3.4, in weights instead of functions).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import log_ndtr, ndtr

from audits.evidence import Decided, Evidence, Policy
from audits.features import (
    Name,
    features,
    of_label,
    of_voice,
    prior_doubt,
    probit,
    variance_of,
)

if TYPE_CHECKING:
    from scipy import sparse

FORMAT = 1
MAX_PARTS = 2_000  # features that learn; the rarest details beyond keep their prior
_COARSE = frozenset({"all", "group", "split", "source", "kind", "voice"})  # always learn
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
        labels = list(labels)
        means, variances = self.latents(labels)
        chances = ndtr(means / np.sqrt(1 + variances)).round(_DIGITS)
        rows = zip(labels, chances.tolist(), means.tolist(), variances.tolist(), strict=True)
        return [
            Doubt(chance, self._reason(evidence), mean, variance)
            for evidence, chance, mean, variance in rows
        ]

    def has_seen(self, group: str) -> bool:
        """Whether any label of the group was decided."""
        return ("group", group) in self.parts

    def decided(self) -> int:
        """How many decisions it was learned from."""
        every = self.parts.get(("all",))
        return every.decided if every else 0

    def latents(self, labels: Sequence[Evidence]) -> tuple[np.ndarray, np.ndarray]:
        """Means and variances of the latent values: a label is wrong where its value and a
        standard normal deviate are positive together."""
        heard: dict[tuple[object, ...], np.ndarray] = {}  # thousands of labels share few voices
        sums = np.empty((len(labels), 3))
        priors = np.empty(len(labels))
        for row, evidence in enumerate(labels):
            total = self._sum(of_label(evidence))
            for voice in evidence.voices:
                said = (evidence.group, voice.verifier, voice.verdict, voice.step, voice.confidence)
                if said not in heard:
                    heard[said] = self._sum(of_voice(evidence.group, voice))
                total += heard[said]
            sums[row] = total
            priors[row] = prior_doubt(evidence, self.policy)
        learned, variances, before = sums.T
        return learned + probit(priors, before), variances

    def _sum(self, known: Iterable[tuple[Name, float]]) -> np.ndarray:
        """What features add: to the mean, to the variance, and to the variance before learning."""
        mean = variance = prior = 0.0
        for name, value in known:
            before = value * value * variance_of(name)
            prior += before
            part = self.parts.get(name)
            if part is None:
                variance += before
            else:
                mean += value * part.mean
                variance += value * value * part.variance
        return np.array((mean, variance, prior))

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
    names = sorted(sorted(seen, key=lambda it: (it[0] not in _COARSE, -seen[it], it))[:MAX_PARTS])
    if not names:
        return Belief(policy)
    # Sums of floats depend on their order, so the order is the evidence's own.
    order = sorted(range(len(decided)), key=lambda i: (repr(decided[i].evidence), decided[i].wrong))
    means, variances = _posterior(
        _matrix([rows[i] for i in order], names),
        offsets([decided[i].evidence for i in order], policy),
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


def offsets(labels: Sequence[Evidence], policy: Policy) -> np.ndarray:
    """The latent means of labels before anything was decided."""
    return Belief(policy).latents(labels)[0]


def _matrix(rows: Sequence[Mapping[Name, float]], names: Sequence[Name]) -> "sparse.csr_array":
    from scipy import sparse  # slow to load, and only who learns needs it

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
    matrix: "sparse.csr_array", offset: np.ndarray, sign: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mode and variances of the weights; `sign` is 1 where wrong, -1 where right.

    Weights of features that come together are uncertain together, and only their sum is known
    well. So that variances add up without the covariances, each is what is left of the prior's if
    all decided labels with the feature were alike: then it is exact.
    """
    from scipy.linalg import cho_factor, cho_solve

    weights = np.zeros(len(prior))
    for _ in range(_STEPS):
        slope, bend = likelihood(sign, offset + matrix @ weights)
        curvature = (matrix.T @ (matrix * bend[:, None])).toarray()
        known = curvature.diagonal().copy()
        curvature[np.diag_indices_from(curvature)] += 1 / prior
        step = cho_solve(cho_factor(curvature), matrix.T @ slope - weights / prior)
        weights += step
        if np.abs(step).max() < _ENOUGH:
            break
    whole = (matrix**2 @ prior).mean()
    return weights, prior / (1 + whole * known)


def likelihood(sign: np.ndarray, latent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First and (negative) second derivative of the log of the probit likelihood."""
    z = sign * latent
    ratio = np.exp(-z * z / 2 - log_ndtr(z)) / np.sqrt(2 * np.pi)
    return sign * ratio, ratio * (z + ratio)
