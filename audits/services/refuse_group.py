"""Refuse what was reported of a whole group, for a public reason, without settling its labels."""

from django.db import transaction
from django.utils import timezone

from audits.members import group_reports, heads_of_group
from audits.models import Case
from audits.services.claim_case import lock_case, require_claim, require_decider
from audits.services.open_group_case import REPORTED, close_settled_groups
from audits.services.triage_instances import triage_instances
from audits.states import CaseStatus, check_case_move
from registry.errors import InvalidInput, WrongState
from registry.events import record
from registry.lengths import require_fits
from registry.locks import lock_benchmark, lock_heads
from registry.models import User
from submissions.models import Report
from submissions.services.resolve_report import Answer, resolve_group_reports


@transaction.atomic
def refuse_group(*, actor: User, case: Case, rationale: str) -> Case:
    """Decline the open reports on the group of a case that `actor` holds.

    Its labels go on by what else is known of them; the case ends where nothing of that is a doubt.
    """
    lock_benchmark(case.benchmark_id)
    ids = list(heads_of_group(case.benchmark, case.group).values_list("pk", flat=True))
    lock_heads(case.benchmark, ids)
    case = lock_case(case)
    require_decider(actor, case)
    if case.instance_id is not None:
        raise WrongState("This case is about one label; decide that.", code="no_group_case")
    require_claim(actor, case)
    reason = rationale.strip()
    if not reason:
        raise InvalidInput("Say why: the reason goes into the public history.", field="rationale")
    require_fits(Report, outcome=reason)
    if not group_reports(case.benchmark).filter(group=case.group).exists():
        raise WrongState("No report on the group waits; rule on its labels.", code="no_report")
    check_case_move(case.status, CaseStatus.OPEN)
    at = timezone.now()
    case.status, case.claimed_by, case.lease_until = CaseStatus.OPEN, "", None
    case.reasons = [each for each in case.reasons if each != REPORTED]
    case.save(update_fields=["status", "claimed_by", "lease_until", "reasons"])
    answer = Answer(False, f"Declined: {reason}", "")
    resolve_group_reports(
        actor=actor, benchmark=case.benchmark, group=case.group, answer=answer, at=at
    )
    record(
        "group.refused",
        actor=actor,
        benchmark=case.benchmark,
        subject=("case", case.public_id),
        reason=reason,
        data={"group": case.group},
        at=at,
    )
    triage_instances(benchmark=case.benchmark, instance_ids=ids)
    close_settled_groups(benchmark=case.benchmark, groups=[case.group])
    triage_instances(benchmark=case.benchmark, instance_ids=ids)
    case.refresh_from_db()
    return case
