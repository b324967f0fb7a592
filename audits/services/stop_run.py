"""Stop a run and let it go on."""

from django.db import transaction

from audits.catalog import the_panel
from audits.dispatch import dispatch_run
from audits.models import AuditRun, Chunk
from audits.money import print_amount
from audits.permissions import require_auditor
from audits.states import ChunkStatus, RunStatus, check_run_move
from registry.errors import InvalidInput
from registry.events import record
from registry.models import User
from registry.selectors import system_user


@transaction.atomic
def stop_run(*, actor: User, run: AuditRun) -> AuditRun:
    """Stop a run: calls that are being made end and count, no other follows.

    Workers see it within a second or two; those that ask no model, after their chunk.
    """
    require_auditor(actor, run.benchmark)
    row = _lock(run.pk)
    _stop(row, actor, "Somebody who may run audits stopped it.")
    return row


@transaction.atomic
def stop_for_budget(*, run_id: int) -> None:
    """Stop a run whose budget does not cover another call, unless it has ended otherwise."""
    row = _lock(run_id)
    if row.status == RunStatus.RUNNING:
        budget = print_amount(row.budget or 0, the_panel().currency)
        _stop(
            row,
            system_user(),
            f"Its budget of {budget} does not cover another call. Resume it with a higher one.",
        )


@transaction.atomic
def resume_run(*, actor: User, run: AuditRun, budget: int | None = None) -> AuditRun:
    """Let a stopped run go on where it was, with another budget if one is given.

    Raises InvalidInput for a budget that is spent already.
    """
    require_auditor(actor, run.benchmark)
    row = _lock(run.pk)
    check_run_move(row.status, RunStatus.RUNNING)
    row.budget = row.budget if budget is None else budget
    if row.budget is not None and row.spent and row.budget <= row.spent:
        raise InvalidInput(
            f"The audit has spent {print_amount(row.spent)} already: give a budget above that.",
            field="budget",
            code="budget_spent",
        )
    row.status, row.stopped_because = RunStatus.RUNNING, ""
    row.save(update_fields=["status", "stopped_because", "budget"])
    _record("audit.resumed", actor, row)
    left = Chunk.objects.filter(run=row).exclude(status__in=(ChunkStatus.DONE, ChunkStatus.FAILED))
    dispatch_run(row, left.count())
    return row


def _lock(run_id: int) -> AuditRun:
    rows = AuditRun.objects.select_related("benchmark")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=run_id)


def _stop(row: AuditRun, actor: User, why: str) -> None:
    check_run_move(row.status, RunStatus.STOPPED)
    row.status, row.stopped_because = RunStatus.STOPPED, why
    row.save(update_fields=["status", "stopped_because"])
    _record("audit.stopped", actor, row)


def _record(kind: str, actor: User, row: AuditRun) -> None:
    record(
        kind,
        actor=actor,
        benchmark=row.benchmark,
        subject=("run", row.public_id),
        data={
            "spent": str(row.spent),
            "budget": None if row.budget is None else str(row.budget),
        },
    )
