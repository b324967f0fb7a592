"""How far experts agree: Cohen's and Fleiss' kappa, Krippendorff's alpha, with intervals.

Pure. The coefficients are those of scikit-learn, statsmodels and krippendorff; the intervals are
percentiles of a bootstrap over the cases, with a fixed seed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np

RESAMPLES = 1_000
_SEED = 20_130_517
Row = Mapping[str, str]  # what each expert said of one case, by expert


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient with its 95 % interval, from so many cases."""

    name: str
    value: float
    lower: float
    upper: float
    cases: int


def coefficients(rows: Sequence[Row]) -> list[Coefficient]:
    """Those that the rows allow: cases that two experts or more answered.

    Alpha takes any number of answers a case; Cohen's kappa exactly two experts who both answered
    every case, Fleiss' as many answers for each. Where all say one and the same none is defined.
    """
    shared = [row for row in rows if len(row) >= 2]
    experts = {expert for row in shared for expert in row}
    counts = {len(row) for row in shared}
    asked: list[tuple[str, Callable[[Sequence[Row]], float]]] = [("Krippendorff's alpha", alpha)]
    if len(counts) == 1:
        asked.append(("Fleiss' kappa", fleiss))
    if len(experts) == 2:
        asked.append(("Cohen's kappa", cohen))
    found = (_with_interval(name, measure, shared) for name, measure in asked)
    return [each for each in found if each is not None]


def alpha(rows: Sequence[Row]) -> float:
    """Krippendorff's, for nominal answers; NaN where all are the same."""
    import krippendorff

    codes, experts = _codes(rows), sorted({expert for row in rows for expert in row})
    if len(codes) < 2:
        return float("nan")
    table = [[codes[row[e]] if e in row else np.nan for row in rows] for e in experts]
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement="nominal"))


def fleiss(rows: Sequence[Row]) -> float:
    """Fleiss'; NaN where all answers are the same."""
    from statsmodels.stats.inter_rater import fleiss_kappa

    codes = _codes(rows)
    if len(codes) < 2:
        return float("nan")
    table = np.zeros((len(rows), len(codes)))
    for place, row in enumerate(rows):
        for answer in row.values():
            table[place, codes[answer]] += 1
    return float(fleiss_kappa(table))


def cohen(rows: Sequence[Row]) -> float:
    """Cohen's, of two experts; NaN where all answers are the same."""
    from sklearn.metrics import cohen_kappa_score

    if len(_codes(rows)) < 2:
        return float("nan")
    one, other = sorted({expert for row in rows for expert in row})
    return float(cohen_kappa_score([row[one] for row in rows], [row[other] for row in rows]))


def _codes(rows: Sequence[Row]) -> dict[str, int]:
    return {
        answer: code for code, answer in enumerate(sorted({a for r in rows for a in r.values()}))
    }


def _with_interval(
    name: str, measure: Callable[[Sequence[Row]], float], rows: Sequence[Row]
) -> Coefficient | None:
    value = measure(rows) if rows else float("nan")
    if isnan(value):
        return None
    chance = np.random.default_rng(_SEED)
    drawn = (chance.integers(0, len(rows), len(rows)) for _ in range(RESAMPLES))
    values = [measure([rows[int(place)] for place in places]) for places in drawn]
    known = [each for each in values if not isnan(each)]
    lower, upper = np.percentile(known, [2.5, 97.5]) if known else (value, value)
    return Coefficient(name, value, float(lower), float(upper), len(rows))
