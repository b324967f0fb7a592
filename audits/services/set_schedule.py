"""Say when a benchmark is audited, and what a scheduled audit may cost."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from audits.due import schedule_of
from audits.models import AuditRun, Chunk, Schedule
from audits.permissions import require_auditor
from audits.states import RunStatus
from registry.errors import InvalidInput
from registry.events import record
from registry.locks import lock_benchmark
from registry.models import Benchmark, User
from registry.selectors import system_user

LONGEST = 3_650  # days


@transaction.atomic
def set_schedule(
    *,
    actor: User,
    benchmark: Benchmark,
    every_days: int | None = None,
    next_at: datetime | None = None,
    after_reports: int | None = None,
    budget: int | None = None,
    building_cost: int | None = None,
) -> Schedule:
    """Change what is given of the schedule; amounts are in billionths of the panel's currency.

    A new interval without a date counts from the last audit. Raises InvalidInput for an interval
    that is not from 1 to 3650 days.
    """
    require_auditor(actor, benchmark)
    lock_benchmark(benchmark.pk)
    if every_days is not None and not 1 <= every_days <= LONGEST:
        raise InvalidInput(f"Audit every 1 to {LONGEST} days.", field="every_days")
    schedule = schedule_of(benchmark)
    if every_days is not None and next_at is None:
        next_at = schedule.next_at + timedelta(days=every_days - schedule.every_days)
    given: dict[str, Any] = {
        "every_days": every_days,
        "next_at": next_at,
        "after_reports": after_reports,
        "budget": budget,
        "building_cost": building_cost,
    }
    changed = {name: value for name, value in given.items() if value is not None}
    for name, value in changed.items():
        setattr(schedule, name, value)
    schedule.save()
    record(
        "schedule.changed",
        actor=actor,
        benchmark=benchmark,
        subject=("benchmark", benchmark.slug),
        data={name: str(value) for name, value in changed.items()},
    )
    return schedule


def settle_schedule(run: AuditRun, *, drawn: int) -> None:
    """Move the date on after a run that brought something new, in the transaction that ends it.

    New are votes and `drawn` control cases. A run that found nothing new to look at leaves the
    benchmark due and says so.
    """
    if run.status != RunStatus.FINISHED:
        return
    schedule = schedule_of(run.benchmark)
    if drawn or Chunk.objects.filter(run=run, votes__gt=0).exists():
        schedule.next_at = run.finished_at + timedelta(days=schedule.every_days)
        keep_schedule(schedule, next_at=schedule.next_at, nothing_new_at=None, odd="")
    elif run.trigger != "asked":
        keep_schedule(schedule, nothing_new_at=run.finished_at, odd="")
        record(
            "audit.nothing_new",
            actor=system_user(),
            benchmark=run.benchmark,
            subject=("run", run.public_id),
        )


def keep_schedule(schedule: Schedule, **values: Any) -> None:
    """Write these columns alone: what a maintainer says of the others at the same time stays."""
    Schedule.objects.update_or_create(
        benchmark=schedule.benchmark,
        defaults=values,
        create_defaults={"next_at": schedule.next_at} | values,
    )
