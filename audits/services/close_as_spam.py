"""Close a report that says nothing about any label."""

from django.db import transaction
from django.utils import timezone

from audits.services.open_group_case import close_settled_groups
from audits.services.triage_instances import triage_instances
from registry.errors import InvalidInput
from registry.events import record
from registry.lengths import require_fits
from registry.locks import lock_benchmark, lock_head
from registry.models import Head, Role, User
from registry.permissions import require_role
from submissions.models import Report
from submissions.services.resolve_report import about
from submissions.states import ReportStatus, check_move


@transaction.atomic
def close_as_spam(*, actor: User, report: Report, reason: str) -> Report:
    """End a report without a decision; its text is for maintainers alone from now on.

    The label is contested by it no longer, and a case that rests on nothing else closes.
    """
    require_role(actor, report.benchmark, Role.MAINTAINER, "close reports as spam")
    if not reason.strip():
        raise InvalidInput("Say why: the reason stands in the report's place.", field="reason")
    require_fits(Report, outcome=reason)
    if report.instance is not None:
        lock_head(report.instance)
        ids = [report.instance_id]
    else:
        lock_benchmark(report.benchmark_id)
        heads = Head.objects.filter(benchmark=report.benchmark, revision__group=report.group)
        ids = list(heads.values_list("pk", flat=True))
    locked = Report.objects.select_for_update(of=("self",)).select_related("benchmark", "instance")
    report = locked.get(pk=report.pk)
    check_move(report.status, ReportStatus.SPAM)
    report.status, report.outcome = ReportStatus.SPAM, f"Closed as spam: {reason.strip()}"
    report.resolved_at = timezone.now()
    report.save(update_fields=["status", "outcome", "resolved_at"])
    record(
        "report.spam",
        actor=actor,
        benchmark=report.benchmark,
        subject=("report", report.public_id),
        reason=reason.strip(),
        data=about(report),
        at=report.resolved_at,
    )
    triage_instances(benchmark=report.benchmark, instance_ids=ids)
    if report.group and close_settled_groups(benchmark=report.benchmark, groups=[report.group]):
        triage_instances(benchmark=report.benchmark, instance_ids=ids)
    return report
