"""Decide many cases from the rows of a file, each through the same service as one by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from errata.answers import UNANSWERABLE_TEXT
from errata.grading import accepts

from audits.blind import first_of
from audits.models import Case
from audits.services.claim_case import claim_case, is_free
from audits.services.decide_case import decide_case
from audits.services.give_opinion import conclude_case
from audits.services.preview_decision import preview_decision
from audits.states import LIVE, CaseStatus, First, Outcome
from registry.errors import ErrataError, InvalidInput, NotAllowed, NotFound, WrongState
from registry.labels import label_of, proposed_label
from registry.models import Benchmark, Instance, Role, User
from registry.permissions import require_role
from registry.selectors import get_instance, preset_of

STATES = ("fine", "decided", "empty", "unreadable", "case moved", "not yours")
FINE, DONE, EMPTY, UNREADABLE, MOVED, NOT_YOURS = STATES
BLIND = "answer"  # an outcome of rows alone: the expert has not seen the label
COLUMNS = ("outcome", "answer", "lower", "upper", "limits_reason", "category", "reason")


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one row, or would: `state` and, unless it is fine, a sentence.

    `before` and `after` are the label; a dry run tells of it nothing that its answer did not.
    """

    line: int
    key: str
    state: str
    said: str = ""
    before: str = ""
    after: str = ""


def decide_rows(
    *,
    actor: User,
    benchmark: Benchmark,
    rows: Sequence[Mapping[str, str]],
    upstream: str = "",
    dry_run: bool = True,
) -> list[Checked]:
    """Check each row and, unless `dry_run`, claim and decide its case; a bad row stops no other.

    A row names its label by `key`, or by `id` in the alias space `upstream`, and says `outcome`,
    `answer`, `lower`, `upper`, `limits_reason`, `category` and `reason` as the page asks for them.
    The outcome `answer` (or none) is one that was found without the label: it stays as the first
    answer on record, and confirms the label or corrects it.
    A row with `revision` is refused where the label has moved on from that number. A row without
    outcome and answer is passed over. Each row is saved by itself: the same file may be sent again.
    """
    require_role(actor, benchmark, Role.EXPERT, "decide cases")
    seen: set[int] = set()
    return [
        _row(actor, benchmark, line, row, upstream, seen, dry_run=dry_run)
        for line, row in enumerate(rows, start=2)
    ]


def _row(
    actor: User,
    benchmark: Benchmark,
    line: int,
    row: Mapping[str, str],
    upstream: str,
    seen: set[int],
    *,
    dry_run: bool,
) -> Checked:
    given = {name: row.get(name, "").strip() for name in COLUMNS}
    name = row.get("key", "").strip() or f"{upstream}:{row.get('id', '').strip()}".lstrip(":")
    if not (given["outcome"] or given["answer"]):
        return Checked(line, name, EMPTY, "No outcome is given; the case stays as it is.")
    try:
        instance = get_instance(benchmark, name)
        if instance.pk in seen:
            raise InvalidInput(f"{name} stands in the file twice; keep one of the rows.")
        seen.add(instance.pk)
        case = _case(actor, instance, row)
        return _decided(actor, case, line, given, dry_run=dry_run)
    except (NotAllowed, NotFound, WrongState, InvalidInput) as error:
        return Checked(line, name, _state(error), error.message)


def _case(actor: User, instance: Instance, row: Mapping[str, str]) -> Case:
    """The live case of the row's label, if it is still the one that was given out."""
    case = Case.objects.filter(instance=instance, status__in=LIVE).first()
    if case is None:
        raise WrongState(f"{instance.key} has no case that waits; it may be decided already.")
    if row.get("case", "").strip() not in ("", case.public_id):
        raise WrongState(f"{instance.key} has another case by now; load the queue again.")
    shown, number = row.get("revision", "").strip(), instance.head.revision.number
    if shown and shown != str(number):
        raise WrongState(f"The label of {instance.key} changed meanwhile; look at it again.")
    held = case.status == CaseStatus.CLAIMED and case.claimed_by != actor.public_id
    if held and not is_free(case):
        raise NotAllowed(f"Somebody else holds the case of {instance.key}.", code="held")
    return case


def _decided(
    actor: User, case: Case, line: int, given: dict[str, str], *, dry_run: bool
) -> Checked:
    reason = given.pop("reason")
    if not reason:
        raise InvalidInput("Say why: the reason goes into the public history.")
    first, mine = None, given["answer"]
    if given["outcome"] in ("", BLIND):
        first = _first(given)
        given |= _meant(case, given)
    if given["outcome"] not in Outcome.values:
        raise InvalidInput(
            f"'{given['outcome']}' is no outcome; choose one of "
            f"{', '.join([BLIND, *Outcome.values])}."
        )
    texts = {name: given[name] for name in ("outcome", "answer", "lower", "upper")}
    before = case.instance.head.revision.answer
    after = preview_decision(case=case, **texts).label.text
    fields: dict[str, Any] = {**given, "rationale": reason}
    said = ""
    if dry_run and first is not None and first_of(case, actor) is None:
        before, after = "", mine  # an answer found without the label may still be changed
    # A dry run decides in a transaction that is taken back: the same checks, to the last one.
    with transaction.atomic():
        case = claim_case(actor=actor, case=case)
        if first is not None and first_of(case, actor) is None:
            blind = first | {"rationale": reason}
            made = conclude_case(actor=actor, case=case, blind=blind, **fields)
        else:
            made = decide_case(actor=actor, case=case, **fields)
        if made is None:
            said = "Your answer is in; another expert is next."
        if dry_run:
            transaction.set_rollback(True)
    return Checked(line, case.instance.key, FINE if dry_run else DONE, said, before, after)


def _first(given: Mapping[str, str]) -> dict[str, Any]:
    """The blind answer of a row, as the first pass takes it."""
    kept = {name: given[name] for name in ("answer", "category")}
    if given["answer"].strip().upper() == UNANSWERABLE_TEXT:
        return kept | {"outcome": First.NOT_COMPUTABLE, "answer": ""}
    return kept | {"outcome": First.ANSWER}


def _meant(case: Case, given: Mapping[str, str]) -> dict[str, str]:
    """What an answer that was found without the label means for it: it is right, or another is."""
    revision = case.instance.head.revision
    if not given["answer"]:
        raise InvalidInput("Give the answer.")
    mine = proposed_label(revision, given["answer"], preset_of(case.benchmark))
    if accepts(label_of(revision), mine.answer):
        return {"outcome": Outcome.CONFIRM, "answer": "", "category": ""}
    if mine.answer.unanswerable:
        return {"outcome": Outcome.NOT_COMPUTABLE, "answer": ""}
    return {"outcome": Outcome.CORRECT}


def _state(error: ErrataError) -> str:
    if isinstance(error, NotAllowed):
        return NOT_YOURS
    return MOVED if isinstance(error, WrongState) else UNREADABLE
