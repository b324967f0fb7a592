"""When the answers of several experts decide a case. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from errata.grading import Label, accepts

from audits.states import Outcome

_OTHER = (Outcome.RANGE, Outcome.NOT_COMPUTABLE, Outcome.FLAWED)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an expert would make of a label: the outcome, and the label that it would leave."""

    outcome: str
    label: Label


def agree(one: Answer, other: Answer) -> bool:
    """Whether two experts say the same: each label accepts the other's answer.

    What is no plain answer agrees only with the same outcome, and a range with the same limits.
    """
    if one.outcome in _OTHER or other.outcome in _OTHER:
        if one.outcome != other.outcome:
            return False
        return one.outcome != Outcome.RANGE or one.label.limits == other.label.limits
    return accepts(one.label, other.label.answer) and accepts(other.label, one.label.answer)


def concludes(answers: Sequence[Answer], needed: int) -> bool:
    """Whether the answers, oldest first, decide: as the last one says.

    With as many as are needed they have to agree. One more has seen the others' and decides.
    """
    if len(answers) != needed:
        return len(answers) > needed
    return all(agree(answers[-1], answer) for answer in answers[:-1])
