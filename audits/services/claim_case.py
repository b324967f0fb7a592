"""Claim a case, so that one expert works on it at a time, or give it back."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from audits.blind import finals_of, is_waiting
from audits.members import members_of
from audits.models import Abstention, Case, Verdict
from audits.practice import practice_of
from audits.states import CaseStatus, check_case_move
from audits.voices import voices_of
from registry.errors import NotAllowed, WrongState
from registry.events import record
from registry.models import Head, Role, User
from registry.permissions import require_role
from submissions.models import Report
from submissions.states import ReportStatus

LEASE = timedelta(minutes=30)


@transaction.atomic
def claim_case(*, actor: User, case: Case, lease: timedelta = LEASE) -> Case:
    """Claim a case for half an hour (or `lease`), or renew one's own claim.

    A claim of somebody else that has run out is taken over. The label shown is the head of this
    moment; a decision is refused if it moves.
    """
    case = lock_case(case)
    require_decider(actor, case)
    require_practised(actor, case)
    mine = case.status == CaseStatus.CLAIMED and case.claimed_by == actor.public_id
    if not mine and not is_free(case):
        if case.status == CaseStatus.CLAIMED:
            raise WrongState(
                f"Somebody else holds this case until {case.lease_until:%H:%M} UTC. Take another "
                "one, or come back then."
            )
        check_case_move(case.status, CaseStatus.CLAIMED)
    # None for a group, of which each label is shown with its own revision.
    shown = Head.objects.filter(pk=case.instance_id).values_list("revision", flat=True).first()
    Case.objects.filter(pk=case.pk).update(
        status=CaseStatus.CLAIMED,
        claimed_by=actor.public_id,
        claimed_revision=shown,
    )
    # Renewing never shortens: a packet is held for longer than a case on the page.
    held = Case.objects.filter(pk=case.pk)
    if mine:
        held = held.filter(Q(lease_until=None) | Q(lease_until__lt=Now() + lease))
    held.update(lease_until=Now() + lease)
    case.refresh_from_db()
    if not mine:
        record(
            "case.claimed",
            actor=actor,
            benchmark=case.benchmark,
            subject=("case", case.public_id),
            data={"instance": case.instance.key} if case.instance else {"group": case.group},
        )
    return case


@transaction.atomic
def release_case(*, actor: User, case: Case) -> Case:
    """Give a claimed case back to the queue."""
    case = lock_case(case)
    require_claim(actor, case)
    case.status, case.claimed_by, case.lease_until = CaseStatus.OPEN, "", None
    case.claimed_revision = None
    case.save(update_fields=["status", "claimed_by", "lease_until", "claimed_revision"])
    return case


def lock_case(case: Case) -> Case:
    """Lock a case for the rest of the transaction and load what its services need."""
    cases = Case.objects.select_for_update(of=("self",))
    return cases.select_related("benchmark", "instance__benchmark").get(pk=case.pk)


def require_single(case: Case) -> None:
    """Refuse a case that is about a whole group."""
    if case.instance_id is None:
        raise WrongState(
            f"This case is about the whole group {case.group}: a ruling settles it.",
            code="group_case",
        )


def is_free(case: Case) -> bool:
    """Whether anybody may claim the case now, by the database's clock."""
    if case.status == CaseStatus.OPEN:
        return True
    expired = Case.objects.filter(pk=case.pk, status=CaseStatus.CLAIMED, lease_until__lt=Now())
    return expired.exists()


def require_claim(actor: User, case: Case) -> None:
    """Refuse unless `actor` holds the case."""
    if case.status != CaseStatus.CLAIMED or case.claimed_by != actor.public_id:
        raise WrongState(
            "You do not hold this case (any more): it is "
            f"{CaseStatus(case.status).label}. Claim it before you decide.",
            code="not_claimed",
        )


def require_practised(actor: User, case: Case) -> None:
    """Refuse a new expert who has not done the practice cases yet."""
    if case.instance_id is not None and (left := practice_of(actor, case.benchmark).left):
        raise WrongState(
            f"First come {len(left)} practice cases, which were decided before: answer them, and "
            "see how your answers compare.",
            code="practice_first",
            cases=list(left),
        )


def require_decider(actor: User, case: Case) -> None:
    """Refuse who is no expert, or may not decide this case.

    That is who declared an interest, who has given their answer, and whose own report alone stands
    behind it. Of a group case, `services.decide_group` asks again for each label that it settles.
    """
    require_role(actor, case.benchmark, Role.EXPERT, "decide cases")
    if interests_of(actor, case).exists():
        raise NotAllowed(
            "You declared an interest in this case; another expert has to decide it.",
            code="interest",
        )
    answered = {opinion.expert for opinion in finals_of(case)} if is_waiting(case) else set()
    if actor.public_id in answered:
        raise NotAllowed(
            "Your answer on this case is in; it waits for another expert's.",
            code="already_answered",
        )
    reports = Report.objects.filter(
        benchmark=case.benchmark_id,
        instance=case.instance_id,
        group=case.group,
        status=ReportStatus.OPEN,
    )
    authors = set(reports.values_list("author", flat=True))
    if authors == {actor.public_id} and not _is_objected(case):
        raise NotAllowed(
            "Only your own report stands behind this case; another expert has to decide it.",
            code="own_report",
        )


def interests_of(actor: User, case: Case) -> QuerySet[Abstention]:
    """The interests that somebody declared in a case, or in an earlier one of the same label."""
    same = Q(case=case)
    if case.instance_id is not None:
        same |= Q(case__instance=case.instance_id)
    return Abstention.objects.filter(same, expert=actor, interest=True)


def _is_objected(case: Case) -> bool:
    if case.instance_id is None:
        return any(member.objected for member in members_of(case))
    head = Head.objects.get(pk=case.instance_id)
    voices = voices_of(case.benchmark, head.revision_id)
    return any(voice.verdict == Verdict.OBJECT for voice in voices)
