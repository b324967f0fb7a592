"""Keep a run within its budget: the most a call may cost is reserved before it is made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from audits.asking import ModelCall, Outcome
from audits.models import AuditRun, Call, CallOutcome
from audits.states import RunStatus

_OUTCOMES = {Outcome.ANSWERED: CallOutcome.ANSWERED, Outcome.FAILED: CallOutcome.FAILED}
_SETTLED = ("cost", "tokens_in", "tokens_out", "millis", "outcome")


@dataclass(frozen=True, slots=True)
class Reserved:
    """The calls that may be made now, and whether the run still runs."""

    granted: Sequence[ModelCall]
    running: bool


@transaction.atomic
def reserve_calls(
    *, run: AuditRun, wanted: Sequence[ModelCall], ended: Sequence[ModelCall]
) -> Reserved:
    """Settle the calls that ended, then reserve those of `wanted` that the budget covers.

    The run's row is locked, so that all workers together stay within the budget; many calls at
    once cost one short transaction. Calls that the budget does not cover may be asked for again,
    since others may turn out cheaper than they were reserved.
    """
    row = AuditRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    running = row.status == RunStatus.RUNNING
    spent = row.spent + _settle(ended)
    granted = []
    for call in wanted if running else ():
        if row.budget is None or spent + call.highest <= row.budget:
            spent += call.highest
            granted.append(call)
    rows = Call.objects.bulk_create(_reservation(run, call) for call in granted)
    for call, reserved in zip(granted, rows, strict=True):
        call.row = reserved
    if spent != row.spent:
        AuditRun.objects.filter(pk=run.pk).update(spent=spent)
    return Reserved(granted, running)


def may_be_settled(run: AuditRun, seconds: float) -> bool:
    """Whether a reservation not older than this may still turn out cheaper."""
    young = Call.objects.filter(run=run, at__gt=Now() - timedelta(seconds=seconds))
    return young.filter(outcome=CallOutcome.RESERVED).exists()


def _reservation(run: AuditRun, call: ModelCall) -> Call:
    question = call.question
    return Call(
        run=run,
        verifier=question.verifier.name,
        input=question.digest,
        sample=question.sample,
        reserved=call.highest,
    )


def _settle(ended: Iterable[ModelCall]) -> int:
    """Write what these calls cost; return by how much that is more than was reserved."""
    settled, dropped, change = [], [], 0
    for call in ended:
        row = call.row
        if call.outcome is Outcome.DROPPED:
            dropped.append(row.pk)
            change -= row.reserved
        elif call.outcome in _OUTCOMES:
            row.cost, row.outcome = call.cost, _OUTCOMES[call.outcome]
            row.tokens_in, row.tokens_out = call.tokens_in, call.tokens_out
            row.millis = call.millis
            settled.append(row)
            change += row.cost - row.reserved
    Call.objects.filter(pk__in=dropped).delete()
    # One statement whatever the number; bulk_update would build a CASE for each row and column.
    Call.objects.bulk_create(
        settled, update_conflicts=True, unique_fields=["id"], update_fields=_SETTLED
    )
    return change
