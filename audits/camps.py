"""Which answers to one item are the same answer, and what each family of models says.

Camp 0 is the label's: every answer that the label accepts. The other answers are put together
where one would be right if the other were the label, the largest group first.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from errata.answers import UNANSWERABLE_TEXT, Answer, print_answer
from errata.grading import Label, Limits, accepts
from errata.limits import InvalidLimits, Measure, inside, interval, limits_by_rule, measure


@dataclass(frozen=True, slots=True)
class Camps:
    """The answers of the camps, printed, the label's first; and the camp of each voter."""

    answers: tuple[str, ...]
    of: Mapping[str, int]

    @property
    def unanswerable(self) -> int:
        """The camp that says there is no answer, or -1."""
        return self.answers.index(UNANSWERABLE_TEXT) if UNANSWERABLE_TEXT in self.answers else -1


def camps(label: Label, rule: Limits, votes: Mapping[str, Answer]) -> Camps:
    """Put voters into camps. The result does not depend on the order of `votes`."""
    printed = {voter: print_answer(answer) for voter, answer in votes.items()}
    read = {printed[voter]: answer for voter, answer in votes.items()}
    left = Counter(text for text in printed.values() if not accepts(label, read[text]))
    measures = {text: None if read[text].unanswerable else measure(read[text]) for text in left}
    near = {text: _near(read[text], rule, measures) for text in left}
    answers, camp_of = [print_answer(label.answer)], dict.fromkeys(read.keys() - left.keys(), 0)
    while left:
        size = {text: sum(left[other] for other in near[text] & left.keys()) for text in left}
        centre = min(left, key=lambda text: (-size[text], -left[text], text))
        for text in near[centre] & left.keys():
            camp_of[text] = len(answers)
            del left[text]
        answers.append(centre)
    return Camps(tuple(answers), {voter: camp_of[text] for voter, text in printed.items()})


def family_votes(
    label: Label, rule: Limits, votes: Mapping[str, Answer], families: Mapping[str, str]
) -> dict[str, Answer]:
    """One vote per family: the answer that most of its models give, by camps.

    A family whose largest camps are equally large has no vote. A model without a family is one
    by itself.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for model in sorted(votes):
        members[families.get(model, model)].append(model)
    found = camps(label, rule, votes) if len(members) < len(votes) else None
    said = {}
    for family, models in sorted(members.items()):
        spokesman = models[0] if found is None else _spokesman(models, found.of)
        if spokesman is not None:
            said[family] = votes[spokesman]
    return said


def _spokesman(models: Iterable[str], camp_of: Mapping[str, int]) -> str | None:
    """A model of the largest camp among these, the first by name; None where two are as large."""
    members: dict[int, list[str]] = defaultdict(list)
    for model in models:
        members[camp_of[model]].append(model)
    sizes = sorted(map(len, members.values()), reverse=True)
    if sizes[1:2] == sizes[:1]:
        return None
    return max(members.values(), key=len)[0]


def _near(centre: Answer, rule: Limits, measures: Mapping[str, Measure | None]) -> set[str]:
    """The texts of the answers that would be right if `centre` were the label."""
    text = print_answer(centre)
    if centre.unanswerable:
        return {text}
    try:
        bounds = interval(centre, limits_by_rule(centre, rule))
    except InvalidLimits:
        bounds = interval(centre, Limits.exact())
    return {
        other for other, size in measures.items() if size is not None and inside(size, bounds)
    } | {text}
