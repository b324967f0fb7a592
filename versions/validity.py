"""Which labels of a release nothing should be scored or trained on, and why. Pure."""

from collections.abc import Mapping, Sequence

from errata.answers import UnreadableAnswer, parse_answer
from errata.grading import InvalidLimits, Label, Limits, accepts

CONTESTED = "contested"
IMPROBABLE = "improbable"
OUTSIDE_LIMITS = "outside_limits"
INPUTS_REMOVED = "inputs_removed"
_EXACT = Limits.exact().to_json()
MEANINGS = {
    CONTESTED: "An objection, a report or a flaw of the item waits for an expert.",
    IMPROBABLE: "Another answer is likelier than the label's own.",
    OUTSIDE_LIMITS: "The label's own limits do not accept its answer.",
    INPUTS_REMOVED: "The inputs were removed for a person's sake, so nothing can be asked.",
}


def mask_of(
    *,
    tier: str,
    posterior: Sequence[Mapping[str, str | None]],
    kind: str,
    answer: str,
    limits: str,
    has_inputs: bool,
) -> list[str]:
    """The reasons that mask a label, in the order of MEANINGS; none where it is valid.

    That an item is unanswerable is no reason: N/A is its right answer.
    """
    holds = {
        CONTESTED: tier == CONTESTED,
        IMPROBABLE: _is_improbable(posterior),
        OUTSIDE_LIMITS: not _accepts_itself(kind, answer, limits),
        INPUTS_REMOVED: not has_inputs,
    }
    return [reason for reason in MEANINGS if holds[reason]]


def _is_improbable(posterior: Sequence[Mapping[str, str | None]]) -> bool:
    own, *others = posterior
    named = [float(each["probability"] or 0) for each in others if each["answer"] is not None]
    return max(named, default=0.0) > float(own["probability"] or 0)


def _accepts_itself(kind: str, answer: str, limits: str) -> bool:
    try:
        read = parse_answer(answer, kind)  # type: ignore[arg-type]
        if limits == _EXACT:
            return True
        return accepts(Label(read, answer, Limits.from_json(limits)), read)
    except (UnreadableAnswer, InvalidLimits):
        return False
