"""How label sets agree with what experts say: the rule, the measures and their intervals. Pure.

Proportions come with Wilson's interval (J. Am. Stat. Assoc. 22, 1927), the symmetric mean absolute
percentage error (sMAPE) with percentiles of a bootstrap over its rows with a fixed seed, so that
the same labels always give the same figures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from errata.answers import Answer
from errata.grading import same_answer
from errata.intervals import Interval, wilson

DEFINITIONS = {
    "tiers": (
        "Labels by how far they were looked at: expert-agreed, two or more experts gave this "
        "answer; expert, one decided; consensus, a verifier that does not see the label arrived at "
        "it and nothing objects; contested, something waits for an expert."
    ),
    "label_changes": "Revised instances by how the new label differs, since the release before.",
    "reports": "Error reports so far by what became of them.",
    "cases": "Review cases so far: undecided ones by state, decided ones by outcome.",
    "expert_agreement": (
        "Labels beside the newest answer that an expert gave blind, before any label was shown: "
        "those of this release (released), and those that the experts were to judge (judged). It "
        "agrees within 5 % of the expert's for numbers and durations, within 1 where every value "
        "compared for the instance is an integer from -20 to 20, for anything else if it is the "
        "same. The share comes with Wilson's 95 % interval; sMAPE is the mean of 200 |a - b| / "
        "(|a| + |b|) percent over the rows where both are numbers, with percentiles of a bootstrap."
    ),
    "gold": "The same for this release beside each gold set: experts' answers from a file.",
    "residual_error": (
        "Of the labels that were clear, the share that experts found wrong in the control sample, "
        "which they saw unmarked; Clopper and Pearson's 95 % interval."
    ),
    "rater_agreement": (
        "How far experts agree in their blind answers: 1 is full agreement, 0 that by chance; 95 % "
        "interval by bootstrap over the cases."
    ),
    "audit": (
        "Labels whose present revision at least one verifier looked at, the day on which the last "
        "audit ended, and how many days before the release that was."
    ),
    "change_rate": (
        "Labels of the release before whose right answer is another one now, by error category "
        "and by what made the change; share of all labels of that release."
    ),
    "clinical_impact": (
        "Of the label changes in which both answers lie in a published risk band, those that moved "
        "the label to another band; Wilson's 95 % interval."
    ),
    "wrong_reward_rate": (
        "How likely it is that the label which grades is not the truth: 1 less the posterior of "
        "all answers that the label grades as right, mean over the rows. That is how often a right "
        "answer gets no reward. By the rows of the reward files, by all valid (unmasked) rows, and "
        "by all rows; splits and groups by their valid rows, those groups first that come to most. "
        "measured counts the rows whose posterior was worked out from what audits, experts and "
        "reports said; of the others the doubt is assumed."
    ),
    "reward_noise": (
        "Of the answers that published predictions give to rows of this release and of the one "
        "before that ask the same, those that changed labels make right or wrong, by the "
        "contract of this release; groups with most of them first."
    ),
    "verifiers": (
        "Over all decided labels: precision is how often a verifier was right when it objected, "
        "recall how many of the wrong labels that it looked at it objected to; 95 % intervals "
        "under Jeffreys' prior."
    ),
}
RESAMPLES = 2_000
_SEED = 20_130_517
_DRAWN_AT_ONCE = 2_000_000
_WHOLE, _NEAR, _SHARE = 20, 1, Decimal("0.05")
_NUMERIC = ("number", "integer", "duration")


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a label set stands to a gold set: `agree` of `n` labels that both have.

    `smape` is in percent, over the `smape_n` rows in which both say a number. Without any row a
    figure and its interval are None.
    """

    n: int
    agree: int
    interval: Interval | None
    smape: float | None
    smape_interval: Interval | None
    smape_n: int

    @property
    def share(self) -> float | None:
        """The proportion that agrees."""
        return self.agree / self.n if self.n else None


@dataclass(slots=True)
class Tally:
    """What is counted of one label set as its rows go by."""

    agreed: list[bool] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)

    def add(self, gold: Answer, answer: Answer, *, whole: bool) -> None:
        """Count one row."""
        self.agreed.append(agrees(gold, answer, whole=whole))
        one, other = number_of(gold), number_of(answer)
        if one is not None and other is not None:
            self.errors.append(percentage_error(one, other))

    def likeness(self) -> Likeness:
        """The figures of all that was counted."""
        hits, error = sum(self.agreed), self.errors
        return Likeness(
            n=len(self.agreed),
            agree=hits,
            interval=wilson(hits, len(self.agreed)),
            smape=float(np.mean(error)) if error else None,
            smape_interval=bootstrap(error),
            smape_n=len(error),
        )


def are_whole(answers: Iterable[Answer]) -> bool:
    """Whether every number compared for an instance is an integer from -20 to 20."""
    numbers = [number for number in map(number_of, answers) if number is not None]
    return all(number == int(number) and abs(number) <= _WHOLE for number in numbers)


def agrees(gold: Answer, answer: Answer, *, whole: bool) -> bool:
    """Whether a label agrees with an expert's answer.

    Unanswerable only with unanswerable. Numbers and durations within 5 % of the expert's, or where
    all that is compared for the instance is `whole`, within 1. Anything else has to be the same.
    """
    one, other = number_of(gold), number_of(answer)
    if one is None or other is None:
        return same_answer(gold, answer)
    if whole:
        return abs(one - other) <= _NEAR
    return abs(one - other) <= _SHARE * abs(one)


def number_of(answer: Answer) -> Decimal | None:
    """The number that an answer is (a duration's in days), if it is one."""
    if answer.kind not in _NUMERIC or answer.value is None:
        return None
    return Decimal(str(answer.value))


def percentage_error(one: Decimal, other: Decimal) -> float:
    """200 × |a - b| / (|a| + |b|): from 0 to 200 percent; 0 where both are 0."""
    sizes = abs(one) + abs(other)
    return float(200 * abs(one - other) / sizes) if sizes else 0.0


def bootstrap(values: Sequence[float]) -> Interval | None:
    """The 95 % interval of a mean by resampling its values; None of nothing."""
    if not values:
        return None
    chance, known = np.random.default_rng(_SEED), np.asarray(values)
    at_once = max(_DRAWN_AT_ONCE // len(known), 1)
    means: list[float] = []
    while len(means) < RESAMPLES:
        size = (min(at_once, RESAMPLES - len(means)), len(known))
        means += known[chance.integers(0, len(known), size)].mean(axis=1).tolist()
    lower, upper = np.percentile(means, [2.5, 97.5])
    return float(lower), float(upper)
