"""What a ruling would write, shown before it is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from errata.answers import UNANSWERABLE_TEXT
from errata.grading import Label, LabelChange, compare

from audits.members import Member, members_of
from audits.models import Case
from audits.states import Outcome
from registry.errors import InvalidInput, WrongState
from registry.labels import label_of, proposed_label
from registry.presets import Preset
from registry.selectors import preset_of

OUTCOMES = (Outcome.CORRECT, Outcome.NOT_COMPUTABLE, Outcome.CONFIRM)
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Settled:
    """A label that a ruling settles: the revision that was shown, and the answer it gets.

    Without an answer it gets the one that is proposed for it. `overrules` is the public id of the
    decision that was shown with a label on which an expert had decided; empty for all others.
    """

    key: str
    revision: int
    answer: str = ""
    overrules: str = ""


@dataclass(frozen=True, slots=True)
class Ruled:
    """What a ruling makes of one label; `outcome` is that of its decision."""

    member: Member
    label: Label
    change: LabelChange
    outcome: str


def preview_ruling(*, case: Case, outcome: str, settles: Sequence[Settled]) -> list[Ruled]:
    """Work a ruling out without writing anything; raises as deciding would."""
    return ruled(case, members_of(case), outcome=outcome, settles=settles)


def outlook(member: Member, preset: Preset) -> LabelChange | None:
    """How the proposed answer would change a label; None where there is none that can be read."""
    if not member.proposed:
        return None
    try:
        return _rule(member, member.proposed, preset).change
    except InvalidInput:
        return None


def ruled(
    case: Case, members: Sequence[Member], *, outcome: str, settles: Sequence[Settled]
) -> list[Ruled]:
    """The labels after a ruling, in the order in which the members are given.

    A label that already says what it would get is confirmed by the ruling.
    """
    if outcome not in OUTCOMES:
        raise InvalidInput(
            f"A ruling cannot end as '{outcome}'; choose one of {', '.join(OUTCOMES)}.",
            field="outcome",
        )
    if not settles:
        raise InvalidInput("Choose at least one label that the ruling settles.", field="settles")
    if outcome != Outcome.CORRECT and any(settled.answer.strip() for settled in settles):
        raise InvalidInput(f"Answers contradict '{outcome}'; leave them out.", field="settles")
    wanted = {settled.key: settled for settled in settles}
    chosen = [member for member in members if member.key in wanted]
    _require_there(wanted, chosen)
    preset = preset_of(case.benchmark)
    answers = {member.key: _answer(outcome, member, wanted[member.key].answer) for member in chosen}
    if lacking := [key for key, answer in answers.items() if answer is None]:
        raise InvalidInput(
            f"Nobody proposes an answer for {_named(lacking)}; give one, or take them out.",
            field="settles",
        )
    return [_rule(member, answers[member.key] or "", preset) for member in chosen]


def _require_there(wanted: Mapping[str, Settled], chosen: Sequence[Member]) -> None:
    if gone := wanted.keys() - {member.key for member in chosen}:
        raise WrongState(
            f"{_named(sorted(gone))} cannot be settled here (any more): retired or of another "
            "group. Load the case again.",
            code="not_in_group",
        )
    moved = [m.key for m in chosen if m.revision.number != wanted[m.key].revision]
    if moved:
        raise WrongState(
            f"The label changed meanwhile: {_named(moved)}. Load the case and look again.",
            code="label_moved",
            instances=moved,
        )
    decided = [m.key for m in chosen if _decision_on(m) != wanted[m.key].overrules]
    if decided:
        raise WrongState(
            f"An expert has decided on {_named(decided)}, unlike what was shown. Load the case and "
            "look again; to overrule a decision, name it.",
            code="already_decided",
            instances=decided,
        )
    if busy := [member.key for member in chosen if member.busy]:
        raise WrongState(
            f"Somebody is deciding {_named(busy)} in a case of its own; take them out, or wait.",
            code="being_decided",
            instances=busy,
        )


def _decision_on(member: Member) -> str:
    return member.decided.public_id if member.decided else ""


def _answer(outcome: str, member: Member, given: str) -> str | None:
    """The answer a member gets; empty keeps its label, None: there is none."""
    if outcome == Outcome.CONFIRM:
        return ""
    if outcome == Outcome.NOT_COMPUTABLE:
        return UNANSWERABLE_TEXT
    return given.strip() or member.proposed or None


def _rule(member: Member, answer: str, preset: Preset) -> Ruled:
    old = label_of(member.revision)
    if not answer:
        return Ruled(member, old, LabelChange.IDENTICAL, Outcome.CONFIRM)
    try:
        new = proposed_label(member.revision, answer, preset)
    except InvalidInput as error:
        raise InvalidInput(f"{member.key}: {error.message}", field="settles") from error
    step = compare(old, new)
    same = step.change in (LabelChange.IDENTICAL, LabelChange.REFORMATTED)
    if same and not step.limits_changed:
        return Ruled(member, old, LabelChange.IDENTICAL, Outcome.CONFIRM)
    left = Outcome.NOT_COMPUTABLE if new.answer.unanswerable else Outcome.CORRECT
    return Ruled(member, new, step.change, left)


def _named(keys: Sequence[str]) -> str:
    rest = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return ", ".join(keys[:SHOWN]) + rest
