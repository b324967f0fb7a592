"""Intervals of proportions. Pure, and without any library.

Wilson's interval of a proportion (J. Am. Stat. Assoc. 22, 1927), and Newcombe's interval of the
difference of two paired proportions (Stat. Med. 17, 1998, method 10).
"""

from math import sqrt

Interval = tuple[float, float]
_DEVIATES = 1.959963984540054  # standard deviations of 95 %


def wilson(hits: int, of: int) -> Interval | None:
    """The 95 % interval of a proportion; None of nothing."""
    if not of:
        return None
    share, square = hits / of, _DEVIATES**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = _DEVIATES * sqrt(share * (1 - share) / of + square / (4 * of**2)) / (1 + square / of)
    lower = 0.0 if not hits else max(middle - reach, 0.0)
    return lower, 1.0 if hits == of else min(middle + reach, 1.0)


def paired_shift(both: int, lost: int, gained: int, neither: int) -> Interval | None:
    """The 95 % interval of (gained - lost) / n, by how each pair came out; None of nothing."""
    n = both + lost + gained + neither
    before, after = wilson(both + lost, n), wilson(both + gained, n)
    if before is None or after is None:
        return None
    old, new = (both + lost) / n, (both + gained) / n
    related = _correlation(both, lost, gained, neither)
    down, up = new - after[0], after[1] - new
    fell, rose = old - before[0], before[1] - old
    lower = sqrt(max(down**2 - 2 * related * down * rose + rose**2, 0.0))
    upper = sqrt(max(up**2 - 2 * related * up * fell + fell**2, 0.0))
    shift = new - old
    return max(shift - lower, -1.0), min(shift + upper, 1.0)


def _correlation(both: int, lost: int, gained: int, neither: int) -> float:
    """Phi of the pairs, with Newcombe's correction where they agree more than by chance."""
    margins = (both + lost) * (gained + neither) * (both + gained) * (lost + neither)
    if not margins:
        return 0.0
    surplus: float = both * neither - lost * gained
    if surplus > 0:
        surplus = max(surplus - (both + lost + gained + neither) / 2, 0.0)
    return float(surplus / sqrt(margins))
