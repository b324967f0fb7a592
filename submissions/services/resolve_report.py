"""End reports with an outcome that everybody can read."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from registry.dialects import update_rows
from registry.events import record
from registry.models import Benchmark, Instance, User
from submissions.models import Report
from submissions.states import ReportStatus, check_move


class Answer(NamedTuple):
    """What is told to all who reported an instance; `decision` is the id of what settled it."""

    accepted: bool
    outcome: str
    decision: str


def resolve_reports(
    *,
    actor: User,
    instance: Instance,
    accepted: bool,
    outcome: str,
    decision: str,
    at: datetime,
) -> list[Report]:
    """Resolve all open reports on an instance, within the caller's transaction and permission.

    `outcome` is the public sentence, `decision` the public id of what settled it. Nothing but a
    human's decision calls this.
    """
    answers = {instance.pk: Answer(accepted, outcome, decision)}
    return resolve_all_reports(actor=actor, answers=answers, at=at)


def resolve_all_reports(
    *, actor: User, answers: Mapping[int, Answer], at: datetime
) -> list[Report]:
    """Resolve the open reports on many instances, each with the answer for its instance's id."""
    reports = list(
        Report.objects.select_for_update(of=("self",))
        .filter(instance__in=answers, status=ReportStatus.OPEN)
        .select_related("benchmark", "instance")
        .order_by("pk")
    )
    _resolve(actor, [(report, answers[report.instance_id]) for report in reports], at)
    return reports


def resolve_group_reports(
    *, actor: User, benchmark: Benchmark, group: str, answer: Answer, at: datetime
) -> list[Report]:
    """Resolve the open reports on a whole group, as `resolve_reports` those on an instance."""
    reports = list(
        Report.objects.select_for_update(of=("self",))
        .filter(benchmark=benchmark, instance=None, group=group, status=ReportStatus.OPEN)
        .select_related("benchmark")
        .order_by("pk")
    )
    _resolve(actor, [(report, answer) for report in reports], at)
    return reports


def _resolve(actor: User, answered: Sequence[tuple[Report, Answer]], at: datetime) -> None:
    for report, answer in answered:
        status = ReportStatus.ACCEPTED if answer.accepted else ReportStatus.DECLINED
        check_move(report.status, status)
        report.status, report.outcome = status, answer.outcome
        report.decision, report.resolved_at = answer.decision, at
        record(
            f"report.{status}",
            actor=actor,
            benchmark=report.benchmark,
            subject=("report", report.public_id),
            data={**about(report), "decision": answer.decision},
            at=at,
        )
    update_rows(
        [report for report, _ in answered], ["status", "outcome", "decision", "resolved_at"]
    )


def about(report: Report) -> dict[str, str]:
    """What a report is about, as events name it."""
    return {"instance": report.instance.key} if report.instance else {"group": report.group}
