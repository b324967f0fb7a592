"""The answer is possible at all."""

from errata.grading import Label, Limits, accepts

from audits.verifiers.base import ABSTAIN, Ballot, Input, Item, objection, read_answer


class ScoreRangeVerifier:
    """Objects to an answer outside the range that the preset gives for the group."""

    name = "score_range"
    version = "1"

    def look(self, item: Item) -> Input | None:
        """The answer and the range, where the group has one."""
        if item.range is None:
            return None
        return {
            "kind": item.kind,
            "answer": item.answer,
            "group": item.group,
            "range": dict(item.range),
        }

    def judge(self, given: Input) -> Ballot:
        """Whether the answer lies in the range."""
        answer = read_answer(given["answer"], given["kind"])
        if answer.unanswerable:
            return ABSTAIN
        lower, upper = given["range"].get("lower"), given["range"].get("upper")
        possible = Label(answer, given["answer"], Limits.between(lower, upper))
        if accepts(possible, answer):
            return ABSTAIN
        return objection(
            f"{given['answer']} is impossible: {given['group']} goes from {lower or 'anything'} "
            f"to {upper or 'anything'}."
        )
