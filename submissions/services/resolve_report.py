"""End reports with an outcome that everybody can read."""

from datetime import datetime

from registry.events import record
from registry.models import Instance, User
from submissions.models import Report
from submissions.states import ReportStatus, check_move


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
    status = ReportStatus.ACCEPTED if accepted else ReportStatus.DECLINED
    reports = list(
        Report.objects.select_for_update(of=("self",))
        .filter(instance=instance, status=ReportStatus.OPEN)
        .select_related("benchmark")
        .order_by("pk")
    )
    for report in reports:
        check_move(report.status, status)
        report.status, report.outcome = status, outcome
        report.decision, report.resolved_at = decision, at
        report.save(update_fields=["status", "outcome", "decision", "resolved_at"])
        record(
            f"report.{status}",
            actor=actor,
            benchmark=report.benchmark,
            subject=("report", report.public_id),
            data={"instance": instance.key, "decision": decision},
            at=at,
        )
    return reports
