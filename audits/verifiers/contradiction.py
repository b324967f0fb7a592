"""The same inputs, whatever their formatting, have the same answer everywhere."""

from errata.grading import LabelChange, compare

from audits.verifiers.base import ABSTAIN, Ballot, Input, Item, objection, read_label

_AGREE = {LabelChange.IDENTICAL, LabelChange.REFORMATTED, LabelChange.WITHIN_TOLERANCE}


class ContradictionVerifier:
    """Objects where another instance with the same inputs has an answer beyond tolerance."""

    name = "contradiction"
    version = "2"

    def look(self, item: Item) -> Input | None:
        """This label and those of the twins; nothing without twins."""
        if not item.twins:
            return None
        return item.label() | {"twins": [list(twin) for twin in sorted(item.twins)]}

    def judge(self, given: Input) -> Ballot:
        """Whether any twin disagrees."""
        label = read_label(given)
        for key, answer, limits in given["twins"]:
            other = read_label({"kind": given["kind"], "answer": answer, "limits": limits})
            if not {compare(label, other).change, compare(other, label).change} & _AGREE:
                return objection(
                    f"The same inputs, up to formatting, have the answer {answer} in {key}."
                )
        return ABSTAIN
