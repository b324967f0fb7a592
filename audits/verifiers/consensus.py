"""What several models, asked independently, agree on.

One vote per model. A model that cannot be read says nothing; an abstention is the answer N/A.
At least MIN_MODELS models, and more than half of those that can be read, must agree.
"""

from collections.abc import Mapping

from errata.answers import Answer, UnreadableAnswer, print_answer
from errata.grading import InvalidLimits, Label, Limits, accepts, limits_by_rule

from audits.verifiers.base import (
    ABSTAIN,
    Ballot,
    Input,
    Item,
    objection,
    read_answer,
    read_label,
    support,
)

MIN_MODELS = 2


class ConsensusVerifier:
    """Objects to a label that the agreeing majority of models contradicts, else supports it."""

    name = "consensus"
    version = "1"

    def look(self, item: Item) -> Input | None:
        """The label and the models' answers; nothing below MIN_MODELS models."""
        if len(item.predictions) < MIN_MODELS:
            return None
        return item.label() | {"rule": item.rule, "predictions": dict(item.predictions)}

    def judge(self, given: Input) -> Ballot:
        """Where the majority stands."""
        label = read_label(given)
        answers = _readable(given["predictions"], given["kind"])
        needed = max(MIN_MODELS, len(answers) // 2 + 1)
        agreeing = [answer for answer in answers.values() if accepts(label, answer)]
        if len(agreeing) >= needed:
            return support(
                f"{len(agreeing)} of {len(answers)} models agree with the label.",
                answer=print_answer(agreeing[0]),
            )
        rule = Limits.from_json(given["rule"])
        others = [answer for answer in answers.values() if not accepts(label, answer)]
        camps = [[other for other in others if _same(one, other, rule)] for one in others]
        camp = max(camps, key=len, default=[])
        if len(camp) < needed:
            return ABSTAIN
        answer = print_answer(camp[0])
        return objection(
            f"{len(camp)} of {len(answers)} models agree on {answer} instead.", answer=answer
        )


def _readable(predictions: Mapping[str, str], kind: str) -> dict[str, Answer]:
    """The answers by model, in the order of the models' names."""
    answers = {}
    for model, text in sorted(predictions.items()):
        try:
            answers[model] = read_answer(text, kind)
        except UnreadableAnswer:
            continue
    return answers


def _same(one: Answer, other: Answer, rule: Limits) -> bool:
    """Whether `other` would be right if `one` were the label."""
    try:
        return accepts(Label(one, print_answer(one), limits_by_rule(one, rule)), other)
    except InvalidLimits:
        return accepts(Label(one, print_answer(one)), other)
