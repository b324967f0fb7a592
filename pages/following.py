"""The page on which a report is followed: every step with its date and its reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audits.blind import is_waiting
from audits.models import Case, Decision, Look, Ruling
from audits.states import Outcome
from registry.comments import may_moderate
from registry.models import Event, Head
from registry.requests import reader_of
from registry.selectors import names_of
from submissions.models import Report
from submissions.reopening import may_reopen
from submissions.selectors import get_report
from submissions.states import ReportStatus
from versions.models import Change
from versions.states import ReleaseStatus


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a report; without `at` it is still to come."""

    name: str
    at: datetime | None = None
    actor: str = ""
    why: str = ""
    link: str = ""
    link_text: str = ""


@require_safe
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    """Claim, steps, outcome and what was said about a report."""
    reader = reader_of(request)
    found = get_report(public_id, reader)
    heads = Head.objects.select_related("revision__content")
    head = heads.filter(pk=found.instance_id).first()
    steps = list(steps_of(found, head))
    reopened = Report.objects.filter(reopens=found).first()
    moderator = may_moderate(reader, found.benchmark)
    context = {
        "benchmark": found.benchmark,
        "tab": "reports",
        "report": found,
        "steps": steps,
        "decided": next((step for step in steps if step.name == "Decided"), None),
        "revision": head and head.revision,
        "reopened": reopened,
        "may_reopen": may_reopen(reader, found),
        "moderator": moderator,
        "hidden": found.status == ReportStatus.SPAM and not moderator,
        "names": names_of([found.author, *(step.actor for step in steps)]),
    }
    return render(request, "pages/report.html", context)


def steps_of(report: Report, head: Head | None) -> Iterator[Step]:
    """From filed to released; what ended otherwise has no later steps."""
    yield Step("Filed", report.created_at, report.author, report.category.sentence)
    case, settled = _case(report)
    yield _taken_in(report, case)
    looked = _looked_at(report, head, case) if head else None
    if looked is not None and (looked.at or report.status == ReportStatus.OPEN):
        yield looked
    yield _claimed(case)
    yield _decided(report, settled)
    if report.status in (ReportStatus.OPEN, ReportStatus.ACCEPTED):
        yield _released(report, settled)


def _case(report: Report) -> tuple[Case | None, Decision | Ruling | None]:
    """The case that counts the report, and what settled it."""
    if report.decision:
        decisions = Decision.objects.select_related("case")
        settled: Decision | Ruling | None = decisions.filter(public_id=report.decision).first()
        if settled is None:
            rulings = Ruling.objects.select_related("case")
            settled = rulings.filter(public_id=report.decision).first()
        if settled is not None:
            return settled.case, settled
    mine = Q(instance=report.instance_id) if report.instance_id else Q(instance=None)
    cases = Case.objects.filter(
        mine, benchmark=report.benchmark, group=report.group, latest_report__gte=report.pk
    )
    return cases.order_by("pk").first(), None


def _taken_in(report: Report, case: Case | None) -> Step:
    if case is None:
        return Step("Taken in")
    why = "One case for the whole group." if report.group else "It waits in the experts' queue."
    return Step(
        "Taken in",
        max(case.opened_at, report.created_at),
        why=why,
        link=reverse("case", args=[case.public_id]),
        link_text="See the case",
    )


def _looked_at(report: Report, head: Head, case: Case | None) -> Step:
    """What verifiers say is told once an expert has answered."""
    looks = Look.objects.filter(instance=head.pk, vote__at__lte=report.resolved_at or _LATE)
    newest = looks.order_by("-vote__at").values_list("vote__at", flat=True).first()
    if newest is None:
        return Step("Verifiers looked")
    why = "What they say is told once an expert has answered."
    if case is None or not is_waiting(case):
        verdicts = looks.filter(revision=head.revision_id).values_list("vote__verdict", flat=True)
        told = list(verdicts)
        why = f"{told.count('object')} objected, {told.count('support')} supported the label."
    return Step("Verifiers looked", newest, why=why)


_LATE = datetime.max.replace(tzinfo=UTC)


def _claimed(case: Case | None) -> Step:
    taken = (
        case
        and Event.objects.filter(
            kind="case.claimed", subject_kind="case", subject_id=case.public_id
        )
        .order_by("-at", "-pk")
        .first()
    )
    if not taken:
        return Step("Taken on by an expert")
    return Step("Taken on by an expert", taken.at, taken.actor)


def _decided(report: Report, settled: Decision | Ruling | None) -> Step:
    if report.status == ReportStatus.OPEN:
        return Step("Decided")
    ended = Event.objects.filter(
        kind=f"report.{report.status}", subject_kind="report", subject_id=report.public_id
    ).first()
    link, link_text = "", "See the decision"
    if isinstance(settled, Ruling):
        link = reverse("ruling", args=[report.benchmark.slug, settled.public_id])
        link_text = "See the ruling and all that it settled"
    elif isinstance(settled, Decision) and report.instance is not None:
        page = reverse("instance", args=[report.benchmark.slug, report.instance.key])
        link = f"{page}#decision-{settled.public_id}"
    return Step(
        "Decided",
        report.resolved_at,
        ended.actor if ended else "",
        report.outcome,
        link,
        link_text if link else "",
    )


def _released(report: Report, settled: Decision | Ruling | None) -> Step:
    after = []
    if isinstance(settled, Decision):
        after = [settled.after_id]
    elif settled is not None:
        changed = settled.decisions.exclude(outcome=Outcome.CONFIRM)
        after = list(changed.values_list("after", flat=True))
    change = (
        Change.objects.filter(after__in=after, release__status=ReleaseStatus.PUBLISHED)
        .select_related("release")
        .order_by("sequence")
        .first()
        if after
        else None
    )
    if change is None:
        return Step("Released")
    release = change.release
    return Step(
        "Released",
        release.published_at or release.frozen_at,
        link=reverse("release", args=[report.benchmark.slug, release.version]),
        link_text=f"In version {release.version}",
    )
