"""Whether a benchmark is due for an audit, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from audits.catalog import verifiers
from audits.models import AuditRun, Decision, Schedule
from audits.recurrence import recommended_days
from audits.states import RunStatus
from registry.models import Benchmark, Event, Head
from submissions.models import Report

_ENDED = (RunStatus.FINISHED, RunStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Due:
    """When the next audit is due, and the reasons (code, sentence) to audit now."""

    schedule: Schedule
    last: AuditRun | None
    reasons: tuple[tuple[str, str], ...]
    recommended_days: int | None

    @property
    def overdue(self) -> bool:
        """Whether the date has passed."""
        return any(code == "schedule" for code, _ in self.reasons)

    @property
    def recommended_at(self) -> datetime | None:
        """The date that measured error rates recommend; None before the first audit."""
        if self.last is None or self.recommended_days is None:
            return None
        return self.last.created_at + timedelta(days=self.recommended_days)


def due_of(benchmark: Benchmark) -> Due:
    """How a benchmark stands, in a fixed number of queries."""
    schedule = schedule_of(benchmark)
    last = last_audit(benchmark)
    reasons = tuple(_reasons(benchmark, schedule, last))
    return Due(schedule, last, reasons, _recommended(benchmark, last))


def schedule_of(benchmark: Benchmark) -> Schedule:
    """The schedule, or an unsaved one: half a year after the last audit, else after the start."""
    found = Schedule.objects.filter(benchmark=benchmark).first()
    if found is not None:
        return found
    last = last_audit(benchmark)
    start = last.created_at if last else benchmark.created_at
    schedule = Schedule(benchmark=benchmark)
    schedule.next_at = start + timedelta(days=schedule.every_days)
    return schedule


def last_audit(benchmark: Benchmark) -> AuditRun | None:
    """The newest run that has ended."""
    return AuditRun.objects.filter(benchmark=benchmark, status__in=_ENDED).order_by("-pk").first()


def has_news(benchmark: Benchmark, since: datetime) -> bool:
    """Whether anything but audits happened to a benchmark since it had nothing new."""
    events = Event.objects.filter(benchmark=benchmark, at__gt=since)
    return events.exclude(Q(kind__startswith="audit.") | Q(kind="cases.triaged")).exists()


def _reasons(
    benchmark: Benchmark, schedule: Schedule, last: AuditRun | None
) -> Iterator[tuple[str, str]]:
    if schedule.next_at <= timezone.now():
        yield "schedule", f"The regular audit was due on {schedule.next_at:%d %B %Y}."
    if last is None:
        return
    if changed := _changed_verifiers(last):
        yield "verifier", f"New since the last audit: {', '.join(changed)}."
    filed = Report.objects.filter(benchmark=benchmark, created_at__gt=last.created_at).count()
    if filed >= schedule.after_reports:
        yield "reports", f"{filed} reports were filed since the last audit."
    if schedule.odd:
        yield "predictions", schedule.odd


def _changed_verifiers(last: AuditRun) -> list[str]:
    """The verifiers that the last audit did not ask, or asked in another version."""
    before = {name: told.get("version") for name, told in last.panel.items()}
    if not before:
        return []
    return sorted(v.name for v in verifiers() if before.get(v.name) != v.version)


def _recommended(benchmark: Benchmark, last: AuditRun | None) -> int | None:
    if last is None:
        return None
    first = AuditRun.objects.filter(benchmark=benchmark, status__in=_ENDED).earliest("pk")
    changed = Decision.objects.filter(case__benchmark=benchmark).exclude(outcome="confirm")
    labels = Head.objects.filter(benchmark=benchmark, retired=False).count()
    # What the first audit found had gathered before it; only what came later says how fast.
    later = (
        changed.filter(case__opened_at__gt=last.created_at)
        if first == last
        else (changed.filter(case__opened_at__gt=first.finished_at or first.created_at))
    )
    days = (timezone.now() - first.created_at).total_seconds() / 86_400
    return recommended_days(wrong=later.count(), labels=labels, days=days)
