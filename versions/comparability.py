"""Whether scores on a release can be compared with those on the one before. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from versions.diffing import BumpName, Totals, is_smaller, what_moves_scores


def comparability(
    previous: str | None,
    totals: Totals,
    *,
    needed: BumpName,
    named: BumpName,
    new_rules: bool,
    flips: Sequence[Mapping[str, Any]],
) -> dict[str, Any] | None:
    """The flag of a release, or None for the first one.

    `needed` is the bump that the changes ask for, `named` the one that the version makes.
    `new_rules`: answers are read by another contract, or other words count as unanswerable. `flips`
    are the stored prediction sets, each with how many of its grades moved.
    """
    if previous is None:
        return None
    reasons = [told for _, told in what_moves_scores(totals, new_rules=new_rules)]
    told = f"Not comparable with {previous}: {', '.join(reasons)}."
    if not reasons:
        told = f"Comparable with {previous}: no answer can be graded differently."
    if is_smaller(named, needed):
        told += f" By what changed it would be a {needed} release."
    return {
        "previous": previous,
        "comparable": not reasons,
        "needed": needed,
        "named": named,
        "reason": told,
        "flips": [dict(each) for each in flips],
    }
