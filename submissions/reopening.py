"""When a declined report may be brought back: once, by its author, with new evidence."""

from collections.abc import Sequence
from typing import Any

from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.models import Instance, User
from submissions.models import Report
from submissions.states import ReportStatus


def may_reopen(reader: User | None, report: Report) -> bool:
    """Whether `reader` may bring the report back, given new evidence."""
    return (
        reader is not None
        and report.author == reader.public_id
        and report.status == ReportStatus.DECLINED
        and not Report.objects.filter(reopens=report).exists()
    )


def require_reopenable(
    actor: User,
    report: Report,
    instance: Instance | None,
    group: str,
    evidence: str,
    spans: Sequence[Any],
) -> None:
    """Refuse unless `actor` may reopen the report about this label with this evidence.

    Locks the report, so that of two tries at once one is told so.
    """
    report = Report.objects.select_for_update().get(pk=report.pk)
    if report.author != actor.public_id:
        raise NotAllowed(
            "Only who filed a report may reopen it; file one of your own.", code="not_author"
        )
    if (report.instance_id, report.group) != (instance.pk if instance else None, group):
        raise InvalidInput("The report to reopen is about something else.", field="reopens")
    if report.status != ReportStatus.DECLINED:
        raise WrongState(
            f"Only a declined report can be reopened; this one is {report.status}.",
            code="not_declined",
        )
    if Report.objects.filter(reopens=report).exists():
        raise WrongState("This report was reopened once already.", code="reopened_already")
    old = {" ".join(report.evidence.split()), *(span["text"] for span in report.spans)}
    new = {" ".join(evidence.split()), *(span["text"] for span in spans)} - {""}
    if not new - old:
        raise InvalidInput(
            "Give evidence that the declined report did not have: what the expert has not seen.",
            code="no_new_evidence",
            field="evidence",
        )
