"""Leave a case to other experts: skip it, or declare an interest in it."""

from django.db import transaction
from django.utils import timezone

from audits.blind import is_waiting
from audits.models import Abstention, Case
from audits.services.claim_case import lock_case
from audits.states import CaseStatus, check_case_move
from registry.errors import InvalidInput, WrongState
from registry.events import record
from registry.lengths import require_fits
from registry.models import Role, User
from registry.permissions import require_role


@transaction.atomic
def leave_case(*, actor: User, case: Case, reason: str, interest: bool = False) -> Abstention:
    """Take a case out of the expert's own queue and give it back if they hold it.

    Whoever skips it may still take it later. An interest, once declared, stays: they never decide
    this label.
    """
    case = lock_case(case)
    require_role(actor, case.benchmark, Role.EXPERT, "leave cases to others")
    if not is_waiting(case):
        raise WrongState("This case does not wait for an expert any more; take another one.")
    if not reason.strip():
        raise InvalidInput(
            "Say in a few words why, so that the next one knows.", field="leave_reason"
        )
    require_fits(Abstention, reason=reason)
    left, _ = Abstention.objects.select_for_update().get_or_create(
        case=case, expert=actor, defaults={"interest": interest}
    )
    left.interest = left.interest or interest
    left.reason, left.at = reason.strip()[:2_000], timezone.now()
    left.save(update_fields=["interest", "reason", "at"])
    if case.status == CaseStatus.CLAIMED and case.claimed_by == actor.public_id:
        check_case_move(case.status, CaseStatus.OPEN)
        Case.objects.filter(pk=case.pk).update(
            status=CaseStatus.OPEN, claimed_by="", lease_until=None, claimed_revision=None
        )
    record(
        "case.left",
        actor=actor,
        benchmark=case.benchmark,
        subject=("case", case.public_id),
        data={"interest": left.interest},
    )
    return left
