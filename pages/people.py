"""A contributor's credit page: what came of what they reported, decided and released."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audits.models import Decision
from registry.errors import NotFound
from registry.models import User
from registry.paging import page_of
from registry.permissions import Reader, may_verify, readable_benchmarks
from registry.requests import reader_of
from registry.selectors import SYSTEM, names_of, specialties_of
from submissions.models import Report
from submissions.states import ReportStatus
from versions.models import Change, ChangeKind, Release
from versions.states import ReleaseStatus

SHOWN = 20


def accepted_reports(public_id: str, reader: Reader) -> QuerySet[Report]:
    """A person's reports that were accepted, on benchmarks that the reader may see."""
    found = Report.objects.filter(author=public_id, status=ReportStatus.ACCEPTED)
    return found.filter(benchmark__in=readable_benchmarks(reader)).select_related(
        "benchmark", "instance", "category"
    )


def decisions_by(public_id: str, reader: Reader) -> QuerySet[Decision]:
    """A person's decisions on benchmarks that the reader may see."""
    found = Decision.objects.filter(actor=public_id)
    return found.filter(instance__benchmark__in=readable_benchmarks(reader))


def releases_crediting(public_id: str, reader: Reader) -> QuerySet[Release]:
    """Published releases with a change that a report or decision of this person led to."""
    reports = Report.objects.filter(author=public_id, status=ReportStatus.ACCEPTED)
    theirs = Decision.objects.filter(
        Q(actor=public_id) | Q(public_id__in=reports.values("decision"))
    )
    between = theirs.filter(
        instance=OuterRef("instance"), after__number__gt=OuterRef("before__number")
    )
    revised = Change.objects.filter(instance__in=theirs.values("instance")).filter(
        Q(kind=ChangeKind.REMOVED) & Exists(between)
        | Q(kind=ChangeKind.REVISED)
        & Exists(between.filter(after__number__lte=OuterRef("after__number")))
    )
    return (
        Release.objects.filter(pk__in=revised.values("release"), status=ReleaseStatus.PUBLISHED)
        .filter(benchmark__in=readable_benchmarks(reader))
        .select_related("benchmark")
    )


@require_safe
def person(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a contributor did; without a name where they wish none or are gone."""
    reader = reader_of(request)
    user = User.objects.filter(public_id=public_id).exclude(username=SYSTEM).first()
    if user is None or not user.is_active:
        raise NotFound("There is nobody of that id (any more). What they did stays on record.")
    own = reader is not None and reader.pk == user.pk
    if not (user.credited or own):
        raise NotFound("Whoever this is wishes no credit page.", code="not_credited")
    stated = specialties_of([public_id]).get(public_id, [])
    reports, decisions = accepted_reports(public_id, reader), decisions_by(public_id, reader)
    releases = releases_crediting(public_id, reader)
    newest = decisions.select_related("instance__benchmark", "case", "ruling").order_by("-pk")
    context = {
        "person": user,
        "name": user.get_full_name() or user.username,
        "own": own,
        "specialties": stated,
        "names": names_of(each.verified_by for each in stated),
        "may_verify": bool(stated) and may_verify(reader, user),
        "page": page_of(reports, order=["-pk"], query=request.GET, size=SHOWN),
        "counts": {
            "reports": reports.count(),
            "decisions": decisions.count(),
            "releases": releases.count(),
        },
        "decisions": newest[:SHOWN],
        "releases": releases.order_by("-pk")[:SHOWN],
    }
    return render(request, "pages/person.html", context)
