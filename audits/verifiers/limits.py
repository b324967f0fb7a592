"""The label lies inside its own limits."""

from errata.answers import parse_answer
from errata.grading import InvalidLimits, accepts

from audits.verifiers.base import ABSTAIN, Ballot, Input, Item, objection, read_label


class LimitsVerifier:
    """Objects to a label outside its own limits, or with limits that cannot hold."""

    name = "limits"
    version = "1"

    def look(self, item: Item) -> Input | None:
        """The label, where it has limits."""
        return None if item.limits == "{}" else item.label()

    def judge(self, given: Input) -> Ballot:
        """Whether the label would accept its own answer."""
        try:
            label = read_label(given)
        except InvalidLimits as error:
            parse_answer(given["answer"], given["kind"])  # a broken answer is no matter of limits
            return objection(f"The limits cannot hold: {error}")
        if accepts(label, label.answer):
            return ABSTAIN
        bounds = label.limits.to_dict()
        return objection(
            f"The answer {given['answer']} lies outside its own limits "
            f"({bounds.get('lower', 'open')} to {bounds.get('upper', 'open')})."
        )
