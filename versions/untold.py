"""How likely each answer is where nobody knew more than how doubtful a label is. Pure.

Such a posterior is not kept but made anew with each build, so its figures are constant for all
releases: what audits assume of labels may be tuned, these may not.
"""

from functools import lru_cache

from errata.answers import UNANSWERABLE_TEXT
from errata.manifest import canonical_json

from audits.aggregation import Posterior, rounded

PROBABILITY = 0.85  # of a label that was released before probabilities were kept
NOT_COMPUTABLE = 0.25  # of the doubt; the rest is that something else is right


def untold(answer: str, probability: float | None) -> str:
    """The posterior as exports write it; no probability where none was kept."""
    likely = PROBABILITY if probability is None else probability
    if answer == UNANSWERABLE_TEXT:
        return _text(answer, likely)
    # Of another answer nothing but its text matters: it takes the place of the empty one.
    return _text("", likely).replace('""', canonical_json(answer), 1)


@lru_cache(maxsize=8192)
def _text(answer: str, likely: float) -> str:
    doubt, share = 1 - likely, 0.0 if answer == UNANSWERABLE_TEXT else NOT_COMPUTABLE
    own, none, other = rounded([1 - doubt, doubt * share, doubt * (1 - share)])
    return Posterior(((answer, own), (UNANSWERABLE_TEXT, none)), other).to_text()
