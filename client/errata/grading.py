"""Deciding when an answer is right, and how two labels differ.

A label is an answer, the text it was given as, and limits. Grading looks only at the interval that
the limits come to; a label's text matters only for telling `identical` from `reformatted`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from errata.answers import UNANSWERABLE_WORDS, Answer, UnreadableAnswer, parse_prediction
from errata.limits import (
    Interval,
    InvalidLimits,
    Limits,
    inside,
    interval,
    limits_by_rule,
    measure,
    narrowed,
    read_limits,
)

__all__ = [
    "LABEL_CHANGES",
    "Comparison",
    "Grade",
    "InvalidLimits",
    "Label",
    "LabelChange",
    "Limits",
    "Verdict",
    "accepts",
    "compare",
    "gradable_differently",
    "grade",
    "limits_by_rule",
    "read_limits",
    "same_answer",
]


@dataclass(frozen=True, slots=True)
class Label:
    """An answer held to be right: the answer, the text it was given as, and its limits.

    `bounds` are what the limits come to, worked out once, since many answers are graded by a label.
    Raises InvalidLimits where the limits cannot hold for the answer (inverted, of another kind,
    on an unanswerable label). That the answer lies inside its limits is not demanded.
    """

    answer: Answer
    text: str
    limits: Limits = field(default_factory=Limits.exact)
    bounds: Interval = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse limits that do not fit the answer."""
        object.__setattr__(self, "bounds", interval(self.answer, self.limits))


class Verdict(StrEnum):
    """What grading says of one answer."""

    CORRECT = "correct"
    INCORRECT = "incorrect"
    UNPARSABLE = "unparsable"


@dataclass(frozen=True, slots=True)
class Grade:
    """A verdict, and whether the answer was an abstention."""

    verdict: Verdict
    abstained: bool = False


class LabelChange(StrEnum):
    """How a new label differs from an old one."""

    IDENTICAL = "identical"
    REFORMATTED = "reformatted"
    WITHIN_TOLERANCE = "within_tolerance"
    CHANGED = "changed"
    BECAME_UNANSWERABLE = "became_unanswerable"
    BECAME_ANSWERABLE = "became_answerable"


# Those in which the right answer itself is another one.
LABEL_CHANGES = (
    LabelChange.CHANGED,
    LabelChange.BECAME_UNANSWERABLE,
    LabelChange.BECAME_ANSWERABLE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the answer changed and, told beside it, whether other limits are in effect.

    Two exact labels have the same limits whatever their answers are.
    """

    change: LabelChange
    limits_changed: bool


def grade(
    raw: str,
    label: Label,
    *,
    choices: Sequence[str] = (),
    unanswerable: Collection[str] = UNANSWERABLE_WORDS,
) -> Grade:
    """Grade a raw answer against a label; never raises, whatever `raw` says.

    Against an unanswerable label only an abstention is correct; against any other label an
    abstention is incorrect, not unparsable.
    """
    try:
        kind = label.answer.kind
        answer = parse_prediction(raw, kind, choices=choices, unanswerable=unanswerable)
    except UnreadableAnswer:
        return Grade(Verdict.UNPARSABLE)
    verdict = Verdict.CORRECT if accepts(label, answer) else Verdict.INCORRECT
    return Grade(verdict, abstained=answer.unanswerable)


def accepts(label: Label, answer: Answer) -> bool:
    """Whether an answer is right by a label."""
    if answer.unanswerable or label.answer.unanswerable:
        return answer.unanswerable and label.answer.unanswerable
    return answer.kind == label.answer.kind and inside(measure(answer), label.bounds)


def same_answer(one: Answer, other: Answer) -> bool:
    """Whether two answers are the same value; an equivalence."""
    if one.unanswerable or other.unanswerable:
        return one.unanswerable and other.unanswerable
    return one.kind == other.kind and measure(one) == measure(other)


def compare(old: Label, new: Label) -> Comparison:
    """Classify the step from one label to another."""
    return Comparison(_change(old, new), limits_changed=_beside(old) != _beside(new))


def gradable_differently(old: Label, new: Label) -> bool:
    """Whether any answer could be graded differently by the two labels."""
    if old.answer.unanswerable or new.answer.unanswerable:
        return old.answer.unanswerable != new.answer.unanswerable
    if old.answer.kind != new.answer.kind:
        return True
    return _accepted(old) != _accepted(new)


def _change(old: Label, new: Label) -> LabelChange:
    if same_answer(old.answer, new.answer):
        same_text = old.text.strip() == new.text.strip()
        return LabelChange.IDENTICAL if same_text else LabelChange.REFORMATTED
    if new.answer.unanswerable:
        return LabelChange.BECAME_UNANSWERABLE
    if old.answer.unanswerable:
        return LabelChange.BECAME_ANSWERABLE
    return LabelChange.WITHIN_TOLERANCE if accepts(old, new.answer) else LabelChange.CHANGED


def _accepted(label: Label) -> Interval:
    return narrowed(label.bounds, label.answer.kind)


def _beside(label: Label) -> Interval | None:
    """The interval in effect; None where only the answer itself is right."""
    if label.answer.unanswerable:
        return None
    point = measure(label.answer)
    return None if label.bounds == (point, point) else label.bounds
