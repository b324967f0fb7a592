"""What events mean for those who follow reports, instances and benchmarks: who hears what."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from audits.models import AuditRun, Case, Decision, Look, Ruling
from registry.models import Event
from registry.permissions import Reader, readable_benchmarks
from registry.selectors import texts
from submissions.models import Report
from submissions.states import ReportStatus
from versions.models import Change

KINDS = (
    "report.filed",
    "report.accepted",
    "report.declined",
    "report.spam",
    "report.reopened",
    "reports.taken_in",
    "reports.imported",
    "case.claimed",
    "audit.finished",
    "decision.made",
    "ruling.made",
    "instance.reworded",
    "instance.retired",
    "instance.revived",
    "release.published",
    "release.withdrawn",
    "comment.added",
)

FEW = 5

Subject = tuple[str, str]


@dataclass(frozen=True, slots=True)
class News:
    """One mail to many: its key among the event's, what it says, and whom it concerns.

    `author` is told as well as those who watch one of the `subjects`.
    """

    key: str
    title: str
    body: str
    page: str
    subjects: tuple[Subject, ...]
    author: str = ""

    def text(self) -> str:
        """The body with the address of the page."""
        return f"{self.body}\n\n{settings.ERRATA_HUB}{self.page}"


def news_of(event: Event) -> Iterator[News]:
    """What an event tells, for each report or subject that it is about."""
    if event.benchmark is None:
        return
    if event.kind == "comment.added":
        yield from _comment(event)
    elif event.kind in _LABELS:
        yield from _labels(event)
    elif event.kind in _WHOLE:
        yield _whole(event)
    yield from _steps(event)


def _steps(event: Event) -> Iterator[News]:
    """News of reports; many of one author that move at once are one mail."""
    name, why = _STEPS.get(event.kind, ("", ""))
    if event.kind == "release.published":
        name, why = "released", f"The correction is in version {event.data['version']}."
    elif event.kind == "audit.finished":
        name, why = "looked at by verifiers", "Verifiers looked at the label."
    if not name:
        return
    by_author: dict[str, list[Report]] = defaultdict(list)
    for report in _reports(event):
        by_author[report.author].append(report)
    for author, reports in by_author.items():
        if len(reports) <= FEW:
            yield from (_step(event, report, name, why) for report in reports)
        else:
            yield _many(event, author, len(reports), name, why)


def _many(event: Event, author: str, count: int, name: str, why: str) -> News:
    return News(
        key=author,
        title=f"{count} of your reports: {name}",
        body=f"{count} of your reports on {event.benchmark.title} are {name}.\n\n{why}",
        page=reverse("reports", args=[event.benchmark.slug]),
        subjects=(),
        author=author,
    )


_STEPS = {
    "report.filed": ("filed", "An expert looks at every report."),
    "report.reopened": ("reopened", "Its author brought new evidence."),
    "reports.taken_in": ("taken in", "It waits in the experts' queue."),
    "case.claimed": ("taken on", "An expert is working on it."),
    "report.accepted": ("accepted", ""),
    "report.declined": ("declined", ""),
    "report.spam": ("closed as spam", ""),
}
_LABELS = {
    "decision.made": "was decided",
    "ruling.made": "was settled by a ruling",
    "instance.reworded": "was reworded",
    "instance.retired": "was retired",
    "instance.revived": "was brought back",
}
_WHOLE = {
    "release.published": "has a new version",
    "release.withdrawn": "has withdrawn version",
    "audit.finished": "was audited",
    "reports.imported": "got reports from a file",
}


def _step(event: Event, report: Report, name: str, why: str) -> News:
    what = report.instance.key if report.instance else f"all of {report.group}"
    subjects = [("report", report.public_id), ("benchmark", report.benchmark.slug)]
    if report.instance:
        subjects.append(("instance", f"{report.benchmark.slug}/{report.instance.key}"))
    return News(
        key=report.public_id,
        title=f"Report on {what}: {name}",
        body=f"The report on {what} of {report.benchmark.title} is {name}.\n\n"
        + (why or report.outcome),
        page=reverse("report", args=[report.public_id]),
        subjects=tuple(subjects),
        author=report.author,
    )


def _reports(event: Event) -> Iterable[Report]:
    """The reports whose step the event is."""
    reports = Report.objects.select_related("benchmark", "instance").order_by("pk")
    if event.kind == "reports.taken_in":
        return reports.filter(public_id__in=event.data["reports"])
    if event.kind == "release.published":
        return _released(event)
    if event.kind == "audit.finished":
        return _looked_at(event)
    if event.kind != "case.claimed":
        return reports.filter(public_id=event.subject_id)
    case = Case.objects.get(public_id=event.subject_id)
    mine = Q(instance=case.instance_id) if case.instance_id else Q(instance=None)
    return reports.filter(
        mine,
        benchmark=case.benchmark_id,
        group=case.group,
        created_at__lte=event.at,
        pk__lte=case.latest_report_id or 0,
    ).filter(Q(resolved_at=None) | Q(resolved_at__gte=event.at))


def _released(event: Event) -> Iterable[Report]:
    """The accepted reports whose correction came out with this release."""
    after = Change.objects.filter(release__public_id=event.subject_id, kind="revised")
    decided = Decision.objects.filter(after__in=after.values("after"))
    rulings = Ruling.objects.filter(decisions__in=decided)
    return (
        Report.objects.filter(
            Q(decision__in=decided.values("public_id"))
            | Q(decision__in=rulings.values("public_id")),
            benchmark=event.benchmark,
            status=ReportStatus.ACCEPTED,
        )
        .select_related("benchmark", "instance")
        .order_by("pk")
    )


def _looked_at(event: Event) -> Iterable[Report]:
    """The open reports on labels at which the run's verifiers looked anew."""
    looked = Look.objects.filter(
        instance__benchmark=event.benchmark,
        vote__at__gte=_began(event),
        vote__at__lte=event.at,
    )
    return (
        Report.objects.filter(
            benchmark=event.benchmark,
            status=ReportStatus.OPEN,
            created_at__lte=event.at,
            instance__in=looked.values("instance"),
        )
        .select_related("benchmark", "instance")
        .order_by("pk")
    )


def _began(event: Event) -> object:
    return AuditRun.objects.values_list("created_at", flat=True).get(public_id=event.subject_id)


def _labels(event: Event) -> Iterator[News]:
    """News for those who watch an instance; whoever reported it hears of the report."""
    benchmark = event.benchmark
    keys = [event.data["instance"]] if "instance" in event.data else [event.subject_id]
    more = ""
    if event.kind == "ruling.made":
        decided = Decision.objects.filter(ruling__public_id=event.data["ruling"])
        keys = list(decided.values_list("instance__key", flat=True))
        path = reverse("ruling", args=[benchmark.slug, event.data["ruling"]])
        more = f" Why, and what else it settled: {settings.ERRATA_HUB}{path}"
    for key in keys:
        yield News(
            key=key[-80:],
            title=f"{key} {_LABELS[event.kind]}",
            body=f"{key} of {benchmark.title} {_LABELS[event.kind]}.{more}",
            page=reverse("instance", args=[benchmark.slug, key]),
            subjects=(("instance", f"{benchmark.slug}/{key}"),),
        )


def _whole(event: Event) -> News:
    benchmark = event.benchmark
    version = event.data.get("version", "")
    page = reverse("release", args=[benchmark.slug, version]) if version else None
    return News(
        key="all",
        title=f"{benchmark.title} {_WHOLE[event.kind]} {version}".strip(),
        body=f"{benchmark.title} {_WHOLE[event.kind]} {version}".strip() + f".{_told_why(event)}",
        page=page or reverse("benchmark", args=[benchmark.slug]),
        subjects=(("benchmark", benchmark.slug),),
    )


def _told_why(event: Event) -> str:
    """The reason of what should reach readers with it."""
    if event.kind != "release.withdrawn":
        return ""
    instead = event.data["instead"]
    use = f" Use {instead} instead." if instead else ""
    return f"{use}\n\n{texts([event.reason]).get(event.reason, '')}"


def _comment(event: Event) -> Iterator[News]:
    """News for those who watch a report or instance; comments on cases wait for the experts."""
    benchmark, kind, subject = event.benchmark, event.subject_kind, event.subject_id
    if kind == "report":
        report = Report.objects.filter(public_id=subject).first()
        page, watched, author = reverse("report", args=[subject]), subject, report and report.author
    elif kind == "instance":
        page, author = reverse("instance", args=[benchmark.slug, subject]), ""
        watched = f"{benchmark.slug}/{subject}"
    else:
        return
    yield News(
        key="comment",
        title=f"A comment on {kind} {subject if kind == 'instance' else ''}".strip(),
        body=f"Somebody commented on {'a report' if kind == 'report' else subject} "
        f"of {benchmark.title}.",
        page=f"{page}#comment-{event.data['comment']}",
        subjects=((kind, watched),),
        author=author or "",
    )


def may_hear(reader: Reader, event: Event) -> bool:
    """Whether the benchmark is still one that the reader may see."""
    return readable_benchmarks(reader).filter(pk=event.benchmark_id).exists()
