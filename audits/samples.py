"""What several looks at one input come to: the agreement of samples, and one voice of many votes.

Answers are compared as labels are graded: one counts for another where that would be right if the
other were the label, with the limits that the benchmark's rule gives it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from errata.answers import Answer, Kind, UnreadableAnswer, parse_answer, print_answer
from errata.grading import InvalidLimits, Label, Limits, accepts, limits_by_rule, same_answer

from audits.evidence import Voice

SHARE = 0.8  # 4 of 5


@dataclass(frozen=True, slots=True)
class Agreement:
    """The printed answer that enough samples agree on, or None; and the share of the largest camp.

    `N/A` is an answer like any other.
    """

    answer: str | None
    share: float


def agree(
    answers: Sequence[str], kind: Kind, rule: Limits, *, share: float = SHARE, of: int = 0
) -> Agreement:
    """Whether at least `share` of the samples agree on one answer, and on which.

    `of` is how many samples were wanted: one that failed, or that arrived at no readable answer,
    agrees with nobody. The answer is the one most others agree with; among equals the one given
    most often, then the one given first.
    """
    read = [answer for answer in (_readable(text, kind) for text in answers) if answer]
    wanted = max(of, len(answers))
    if not read:
        return Agreement(None, 0.0)
    sizes = [_sizes(one, read, rule) for one in read]
    best = max(range(len(read)), key=lambda place: (sizes[place], -place))
    reached = sizes[best][0] / wanted
    return Agreement(print_answer(read[best]) if reached >= share else None, reached)


def one_voice(
    votes: Sequence[Voice], label: Label, rule: Limits, *, share: float = SHARE, of: int = 1
) -> Voice:
    """What the votes of one verifier on one input say of a label; `of` is how many it gives.

    A support supports its answer: where the label refuses that answer it is an objection. Several
    votes object or support as their super-majority does, and abstain where there is none. The
    voice speaks the sentence of the first vote that agrees with it. `votes` must not be empty.
    """
    if max(of, len(votes)) == 1:
        return _beside(votes[0], label)
    kind = label.answer.kind
    agreed = agree([vote.answer for vote in votes], kind, rule, share=share, of=of)
    if agreed.answer is None:
        told = f"No answer is shared by {share:.0%} of {max(of, len(votes))} samples."
        return Voice(votes[0].verifier, "abstain", told, share=agreed.share)
    answer = parse_answer(agreed.answer, kind)
    speaker = next(vote for vote in votes if _is(vote.answer, answer))
    return _beside(replace(speaker, answer=agreed.answer, share=agreed.share), label)


def same(one: Answer, other: Answer, rule: Limits) -> bool:
    """Whether `other` would be right if `one` were the label."""
    return accepts(_as_label(one, rule), other)


def _beside(vote: Voice, label: Label) -> Voice:
    """A vote as it reads beside this label."""
    if vote.verdict != "support":
        return vote
    answer = _readable(vote.answer, label.answer.kind)
    if answer is None:
        return replace(vote, verdict="abstain")
    return vote if accepts(label, answer) else replace(vote, verdict="object")


def _sizes(one: Answer, answers: Sequence[Answer], rule: Limits) -> tuple[int, int]:
    """How many answers agree with one, and how many are exactly that one."""
    label = _as_label(one, rule)
    agreeing = [other for other in answers if accepts(label, other)]
    return len(agreeing), sum(same_answer(one, other) for other in agreeing)


@lru_cache(maxsize=4096)
def _as_label(answer: Answer, rule: Limits) -> Label:
    try:
        return Label(answer, "", limits_by_rule(answer, rule))
    except InvalidLimits:
        return Label(answer, "")


def _is(text: str, answer: Answer) -> bool:
    read = _readable(text, answer.kind)
    return read is not None and same_answer(read, answer)


def _readable(text: str, kind: Kind) -> Answer | None:
    try:
        return parse_answer(text, kind)
    except UnreadableAnswer:
        return None
