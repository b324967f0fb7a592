"""How able several verifiers are that look at the same labels, from where they agree and disagree.

Dawid and Skene (1979), with two classes (right, wrong) and three things to say (abstain, support,
object). Labels that an expert decided are held at what was decided; the others are estimated. Each
verifier has a matrix: how often it says what of a right and of a wrong label.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Whole: TypeAlias = NDArray[np.int64]
Real: TypeAlias = NDArray[np.float64]

ABSTAIN, SUPPORT, OBJECT = 0, 1, 2
UNSEEN = UNKNOWN = -1
_STEPS, _ENOUGH = 200, 1e-6
_PSEUDO = 1.0  # labels of each class that are held against every extreme


@dataclass(frozen=True, slots=True)
class Abilities:
    """`wrong`: the share of wrong labels; `matrix[v, k, s]`: how often verifier v says s of class k
    (0 right, 1 wrong); `posterior`: how likely each label is wrong."""

    wrong: float
    matrix: Real
    posterior: Real

    def precision(self, verifier: int, said: int) -> float:
        """How often a label is wrong of which this verifier says that."""
        wrong = self.wrong * float(self.matrix[verifier, 1, said])
        return wrong / (wrong + (1 - self.wrong) * float(self.matrix[verifier, 0, said]))


def dawid_skene(said: Whole, known: Whole, start: Real) -> Abilities:
    """Estimate by expectation maximisation.

    `said[i, v]` is what verifier v says of label i, UNSEEN where it did not look; `known[i]` is 1
    (wrong), 0 (right) or UNKNOWN; `start[i]` is how likely it was wrong before. Needs a label.
    """
    held = known != UNKNOWN
    wrong = np.where(held, known, start).astype(float)
    matrix, share = _abilities(said, wrong)
    for _ in range(_STEPS):
        new = np.where(held, known, _expected(said, matrix, share))
        moved = float(np.abs(new - wrong).max())
        wrong = new
        matrix, share = _abilities(said, wrong)
        if moved < _ENOUGH:
            break
    return Abilities(share, matrix, wrong)


def _abilities(said: Whole, wrong: Real) -> tuple[Real, float]:
    """Matrices and the share of wrong labels that make these posteriors likeliest."""
    counts = np.empty((said.shape[1], 2, 3))
    for symbol in (ABSTAIN, SUPPORT, OBJECT):
        chosen = said == symbol
        counts[:, 1, symbol] = chosen.T @ wrong
        counts[:, 0, symbol] = chosen.T @ (1 - wrong)
    counts += _PSEUDO / 3
    share = (wrong.sum() + _PSEUDO / 2) / (len(wrong) + _PSEUDO)
    return counts / counts.sum(axis=2, keepdims=True), float(share)


def _expected(said: Whole, matrix: Real, share: float) -> Real:
    """How likely each label is wrong if the verifiers are as able as that."""
    odds = np.full(len(said), np.log(share) - np.log1p(-share))
    ratio = np.log(matrix[:, 1, :]) - np.log(matrix[:, 0, :])
    for verifier in range(said.shape[1]):
        seen = said[:, verifier] != UNSEEN
        odds[seen] += ratio[verifier, said[seen, verifier]]
    return 1 / (1 + np.exp(-odds))  # type: ignore[no-any-return]
