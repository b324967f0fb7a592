"""Rule on a group: one reasoned decision that settles many labels at once."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from errata.grading import LabelChange

from audits.guides import current_guide
from audits.members import Member, heads_of_group, members_of
from audits.models import Abstention, Case, Decision, Guide, Opinion, Ruling
from audits.services.claim_case import lock_case, require_claim, require_decider
from audits.services.preview_ruling import Ruled, Settled, ruled
from audits.services.triage_instances import triage_instances
from audits.states import LIVE, CaseStatus, Outcome, check_case_move
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.events import record
from registry.ids import new_id
from registry.locks import lock_benchmark, lock_heads
from registry.models import Category, Head, Revision, User
from registry.services.keep_text import keep_text
from registry.services.revise_labels import NewLabel, revise_labels
from submissions.services.file_report import get_category
from submissions.services.resolve_report import Answer, resolve_all_reports, resolve_group_reports

BATCH = 500


@transaction.atomic
def decide_group(
    *,
    actor: User,
    case: Case,
    outcome: str,
    rationale: str,
    settles: Sequence[Settled],
    category: str = "",
) -> Ruling:
    """Rule on a group case that `actor` holds: one act, one reason, one decision per label.

    `outcome` is correct (each label gets its recomputed or given answer), not_computable, or
    confirm, which refuses the case: the labels are right. Labels that are left out go on by
    themselves. The number of queries does not grow with every label. Refused as a whole if any
    label moved since it was shown.
    """
    heads = _lock(case)
    case = lock_case(case)
    if case.instance_id is not None:
        raise WrongState("This case is about one label; decide that.", code="no_group_case")
    require_decider(actor, case)
    require_claim(actor, case)
    if not rationale.strip():
        raise InvalidInput("Say why: the reason goes into the public history.", field="rationale")
    members = members_of(case)
    rows = ruled(case, members, outcome=outcome, settles=settles)
    _require_others(actor, [row.member for row in rows])
    chosen = _category(case, outcome, category)
    check_case_move(case.status, CaseStatus.DECIDED)
    at, reason = timezone.now(), rationale.strip()
    ruling = Ruling.objects.create(
        case=case,
        group=case.group,
        category=chosen,
        reason=keep_text(reason),
        actor=actor.public_id,
        at=at,
    )
    decisions = _decide(actor, ruling, rows, {head.pk: head for head in heads}, reason)
    left_out = {member.key for member in members if member.offered} - {s.key for s in settles}
    _end(actor, case, ruling, rows, decisions, sorted(left_out), outcome=outcome, reason=reason)
    triage_instances(benchmark=case.benchmark, instance_ids=[head.pk for head in heads])
    return ruling


def _lock(case: Case) -> list[Head]:
    """Lock benchmark, heads of the group and their cases, in this order."""
    lock_benchmark(case.benchmark_id)
    ids = list(heads_of_group(case.benchmark, case.group).values_list("pk", flat=True))
    heads = lock_heads(case.benchmark, ids)
    cases = Case.objects.select_for_update().filter(
        Q(pk=case.pk) | Q(instance__in=ids, status__in=LIVE)
    )
    list(cases.order_by("pk").values_list("pk"))
    return heads


def _require_others(actor: User, members: Sequence[Member]) -> None:
    """Nobody decides where only their own report stands behind the doubt, or has an interest."""
    interested = Abstention.objects.filter(expert=actor, interest=True)
    interested = interested.filter(case__instance__in=[member.instance for member in members])
    if keys := list(interested.values_list("case__instance__key", flat=True).distinct()):
        raise NotAllowed(
            f"You declared an interest in {', '.join(keys[:5])}; take out what another expert has "
            "to decide.",
            code="interest",
            instances=keys,
        )
    alone = [m.key for m in members if m.reporters == {actor.public_id} and not m.objected]
    if alone:
        raise NotAllowed(
            f"Only your own report stands behind {', '.join(alone[:5])}; take out what another "
            "expert has to decide.",
            code="own_report",
            instances=alone,
        )


def _category(case: Case, outcome: str, code: str) -> Category | None:
    if code:
        return get_category(case.benchmark, code)
    if outcome == Outcome.CONFIRM:
        return None
    raise InvalidInput("Choose the category of the error.", field="category")


def _decide(
    actor: User, ruling: Ruling, rows: Sequence[Ruled], heads: dict[int, Head], reason: str
) -> list[Decision]:
    """Opinion, new revision where the label changes, and decision, for each label."""
    guide = current_guide(ruling.case.benchmark, ruling.group)
    before = {row.member.instance: heads[row.member.instance].revision for row in rows}
    ids = {row.member.instance: new_id() for row in rows}
    opinions = Opinion.objects.bulk_create(
        [_opinion(ruling, row, before[row.member.instance], guide) for row in rows],
        batch_size=BATCH,
    )
    changed = [row for row in rows if row.outcome != Outcome.CONFIRM]
    written = revise_labels(
        actor=actor,
        labels=[
            NewLabel(heads[row.member.instance], row.label, ("decision", ids[row.member.instance]))
            for row in changed
        ],
        reason=reason,
        at=ruling.at,
    )
    after = before | {revision.instance_id: revision for revision in written}
    decisions = Decision.objects.bulk_create(
        [
            Decision(
                public_id=ids[row.member.instance],
                case=ruling.case,
                instance_id=row.member.instance,
                ruling=ruling,
                outcome=row.outcome,
                category=ruling.category if row.outcome != Outcome.CONFIRM else None,
                before=before[row.member.instance],
                after=after[row.member.instance],
                guide=guide,
                reason=ruling.reason,
                actor=ruling.actor,
                at=ruling.at,
            )
            for row in rows
        ],
        batch_size=BATCH,
    )
    links = Decision.opinions.through
    links.objects.bulk_create(
        [
            links(decision_id=decision.pk, opinion_id=opinion.pk)
            for decision, opinion in zip(decisions, opinions, strict=True)
        ],
        batch_size=BATCH,
    )
    return decisions


def _opinion(ruling: Ruling, row: Ruled, seen: Revision, guide: Guide | None) -> Opinion:
    return Opinion(
        case=ruling.case,
        revision=seen,
        expert=ruling.actor,
        outcome=row.outcome,
        answer=row.label.text,
        limits=row.label.limits.to_json(),
        category=ruling.category if row.outcome != Outcome.CONFIRM else None,
        guide=guide,
        rationale=ruling.reason,
        at=ruling.at,
    )


def _end(
    actor: User,
    case: Case,
    ruling: Ruling,
    rows: Sequence[Ruled],
    decisions: Sequence[Decision],
    left_out: Sequence[str],
    *,
    outcome: str,
    reason: str,
) -> None:
    case.status, case.ended_at = CaseStatus.DECIDED, ruling.at
    case.claimed_by, case.lease_until = "", None
    case.save(update_fields=["status", "claimed_by", "lease_until", "ended_at"])
    _free_lapsed([row.member.instance for row in rows])
    resolve_all_reports(
        actor=actor,
        answers={decision.instance_id: _told(decision, reason) for decision in decisions},
        at=ruling.at,
    )
    changed = sum(row.change is not LabelChange.IDENTICAL for row in rows)
    sentence = f"A ruling changed {changed} of {len(rows)} labels: {reason}"
    if not changed:
        sentence = f"A ruling confirmed {len(rows)} labels: {reason}"
    resolve_group_reports(
        actor=actor,
        benchmark=case.benchmark,
        group=case.group,
        answer=Answer(bool(changed), sentence, ruling.public_id),
        at=ruling.at,
    )
    record(
        "ruling.made",
        actor=actor,
        benchmark=case.benchmark,
        subject=("case", case.public_id),
        reason=reason,
        data={
            "ruling": ruling.public_id,
            "group": case.group,
            "outcome": outcome,
            "instances": len(rows),
            "changed": changed,
            "left_out": left_out,
        },
        at=ruling.at,
    )


def _free_lapsed(instances: Sequence[int]) -> None:
    """Cases of their own whose claim ran out are open again, so that triage can close them."""
    lapsed = Case.objects.filter(
        instance__in=instances, status=CaseStatus.CLAIMED, lease_until__lt=Now()
    )
    check_case_move(CaseStatus.CLAIMED, CaseStatus.OPEN)
    lapsed.update(status=CaseStatus.OPEN, claimed_by="", lease_until=None, claimed_revision=None)


def _told(decision: Decision, reason: str) -> Answer:
    old, new = decision.before.answer, decision.after.answer
    if decision.outcome == Outcome.CONFIRM:
        return Answer(False, f"The label {old} was confirmed: {reason}", decision.public_id)
    sentence = f"The label was changed from {old} to {new}: {reason}"
    return Answer(True, sentence, decision.public_id)
