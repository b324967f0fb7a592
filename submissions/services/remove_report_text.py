"""Remove texts of people from reports, so that a person's or a patient's name goes everywhere.

Reports are no facts: no digest covers them, and every chain stays valid.
"""

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Replace
from django.utils import timezone

from registry.errors import InvalidInput
from registry.events import record
from registry.models import Mail, Text, User
from registry.permissions import require_staff
from registry.services.remove_text import remove_text
from submissions.models import Report
from submissions.services.resolve_report import about

REMOVED = "[removed]"
SHORT = 20
_TEXTS = ("rationale", "evidence", "outcome")


@transaction.atomic
def remove_report_text(*, actor: User, report: Report, reason: str) -> Report:
    """Empty what the author wrote in a report; its claim, state and decision stay.

    Doing it twice changes nothing.
    """
    require_staff(actor, "remove texts")
    if not reason.strip():
        raise InvalidInput("Say why the text is removed; name nobody in it.", field="reason")
    locked = Report.objects.select_for_update(of=("self",)).select_related("benchmark", "instance")
    report = locked.get(pk=report.pk)
    if report.removed_at is not None:
        return report
    report.rationale, report.evidence, report.spans = REMOVED, "", []
    report.removed_at = timezone.now()
    report.save(update_fields=["rationale", "evidence", "spans", "removed_at"])
    record(
        "report.text_removed",
        actor=actor,
        benchmark=report.benchmark,
        subject=("report", report.public_id),
        reason=reason.strip(),
        data=about(report),
    )
    return report


@transaction.atomic
def remove_text_everywhere(*, actor: User, digest: str, reason: str) -> int:
    """Remove the text behind a digest, and its copies in reports and unsent mails.

    Outcomes quote the reason of their decision; returns how many reports held a copy.
    """
    body = Text.objects.filter(pk=digest, removed_at=None).values_list("body", flat=True).first()
    remove_text(actor=actor, digest=digest, reason=reason)
    if not body:
        return 0
    changed: set[int] = set()
    for name in _TEXTS:
        holding = Report.objects.filter(_holds(name, body))
        ids = list(holding.select_for_update().order_by("pk").values_list("pk", flat=True))
        Report.objects.filter(pk__in=ids).update(
            **{name: Replace(F(name), Value(body), Value(REMOVED))}
        )
        changed.update(ids)
    Mail.objects.filter(_holds("body", body)).update(
        body=Replace(F("body"), Value(body), Value(REMOVED))
    )
    return len(changed)


def _holds(name: str, body: str) -> Q:
    """Rows that quote the text; of a short one only those that end with it or are nothing else.

    "Fine." stands in many texts that have nothing to do with each other.
    """
    if len(body) >= SHORT:
        return Q(**{f"{name}__contains": body})
    return Q(**{name: body}) | Q(**{f"{name}__endswith": f": {body}"})
