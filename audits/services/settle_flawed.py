"""End a flawed case: a maintainer rewords the item or retires it."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from audits.models import Case
from audits.services.claim_case import lock_case, require_single
from audits.services.triage_instances import triage_instances
from audits.states import CaseStatus, check_case_move
from registry.errors import WrongState
from registry.events import record
from registry.locks import lock_head
from registry.models import Revision, Role, User
from registry.permissions import require_role
from registry.services.retire_instance import (
    require_reason,
    retire_instance,
    reword_instance,
)
from submissions.services.resolve_report import resolve_reports


@transaction.atomic
def settle_flawed(
    *, actor: User, case: Case, reason: str, inputs: Mapping[str, Any] | None = None
) -> Revision:
    """Reword the item with new `inputs`, or retire it if there are none; accept its reports.

    Returns the revision that this leaves.
    """
    require_role(actor, case.benchmark, Role.MAINTAINER, "settle flawed items")
    require_single(case)
    head = lock_head(case.instance)
    case = lock_case(case)
    if case.status != CaseStatus.FLAWED:
        raise WrongState("Only an item that an expert called flawed waits for a maintainer.")
    check_case_move(case.status, CaseStatus.DECIDED)
    require_reason(reason)
    if inputs is None and head.retired:  # meanwhile, by an import or by hand
        after = head.revision
        outcome = f"The item was flawed and is retired: {reason}"
    elif inputs is None:
        after = retire_instance(actor=actor, instance=case.instance, reason=reason)
        outcome = f"The item was flawed and is retired: {reason}"
    else:
        after = reword_instance(
            actor=actor,
            instance=case.instance,
            inputs=inputs,
            expected=head.revision,
            reason=reason,
        )
        outcome = f"The item was flawed and is reworded: {reason}"
    decision = case.decisions.latest("at")
    case.status, case.ended_at = CaseStatus.DECIDED, timezone.now()
    case.save(update_fields=["status", "ended_at"])
    resolve_reports(
        actor=actor,
        instance=case.instance,
        accepted=True,
        outcome=outcome,
        decision=decision.public_id,
        at=case.ended_at,
    )
    record(
        "case.settled",
        actor=actor,
        benchmark=case.benchmark,
        subject=("case", case.public_id),
        reason=reason,
        data={"instance": case.instance.key},
    )
    triage_instances(benchmark=case.benchmark, instance_ids=[case.instance_id])
    return after
