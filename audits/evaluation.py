"""How good doubts are where the truth is known: the usual measures of ranking and calibration.

The measures are those of the field: area under the ROC curve, average precision, the share of
errors caught within a share of the work, the work saved at a recall, the Brier score and the
expected calibration error in ten bins (Guo et al. 2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from audits.calibration import Bin, reliability_curve

SHARES = (0.05, 0.10, 0.20, 0.32, 0.50)
RECALLS = (0.90, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good one source of doubt is on labels whose truth is known.

    Shares are from 0 to 1. `precision` and `recall` are of its objections; what cannot be said
    (no objection, no error, nothing but errors) is None. `saved_at` is the share of the work that
    is saved at this recall: one minus what had to be reviewed for it. `curve` is the share of
    errors caught after each hundredth of the work.
    """

    labels: int
    wrong: int
    objections: int
    right: int
    precision: float | None
    recall: float | None
    auc: float | None
    average_precision: float | None
    caught_at: dict[str, float]
    saved_at: dict[str, float]
    brier: float
    calibration_error: float
    bins: tuple[Bin, ...]
    curve: tuple[float, ...]


def evaluate(
    doubts: Sequence[float], objects: Sequence[bool], wrong: Sequence[bool], ties: Sequence[float]
) -> Quality:
    """Measure doubts (probabilities) and objections against the truth.

    `ties` decides the order of labels as doubtful as each other where an order is needed.
    """
    errors = np.array(wrong, dtype=bool)
    chances, objected = np.array(doubts, dtype=float), np.array(objects, dtype=bool)
    ranked = errors[np.lexsort((np.array(ties), -chances))]
    right, objections, total = (
        int((objected & errors).sum()),
        int(objected.sum()),
        int(errors.sum()),
    )
    mixed = 0 < total < len(errors)
    bins = reliability_curve(zip(chances.tolist(), errors.tolist(), strict=True))
    return Quality(
        labels=len(errors),
        wrong=total,
        objections=objections,
        right=right,
        precision=right / objections if objections else None,
        recall=right / total if total else None,
        auc=float(roc_auc_score(errors, chances)) if mixed else None,
        average_precision=float(average_precision_score(errors, chances)) if total else None,
        caught_at={percent(share): caught_at(ranked, share) for share in SHARES},
        saved_at={percent(recall): _saved_at(ranked, recall) for recall in RECALLS},
        brier=float(((chances - errors) ** 2).mean()),
        calibration_error=sum(
            each.labels / len(errors) * abs(each.doubt - each.share) for each in bins
        ),
        bins=tuple(bins),
        curve=curve_of(ranked),
    )


def curve_of(ranked: np.ndarray) -> tuple[float, ...]:
    """The share of errors caught after each hundredth of the work, nothing first."""
    return tuple(caught_at(ranked, step / 100) for step in range(101))


def caught_at(ranked: np.ndarray, share: float) -> float:
    """The share of errors among the first `share` of the labels; 0 where there is no error."""
    total = int(ranked.sum())
    return float(ranked[: round(share * len(ranked))].sum()) / total if total else 0.0


def percent(share: float) -> str:
    """A share as the key of a table: 0.05 is "5"."""
    return f"{100 * share:.0f}"


def _saved_at(ranked: np.ndarray, recall: float) -> float:
    total = int(ranked.sum())
    if not total:
        return 0.0
    needed = ceil(round(recall * total, 9))
    return 1 - (int(np.searchsorted(np.cumsum(ranked), needed)) + 1) / len(ranked)
