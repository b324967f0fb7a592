"""Home, benchmark, instance browser, instance."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audits.control import sentence
from audits.due import due_of
from audits.models import Case
from audits.states import LIVE, Bucket, Tier
from audits.summary import residual_error
from audits.tiers import with_tier
from pages.overview import thanks_of, time_to_answer, trend_of
from pages.reading import pairs_of
from pages.selectors import (
    RETIRED,
    Filters,
    browse,
    choices_of,
    health_of,
    recent_events,
    rows_of,
)
from pages.timeline import timeline
from registry.models import Alias, Head, Role
from registry.paging import page_of
from registry.permissions import readable_benchmarks, roles_of
from registry.requests import benchmark_for, reader_of
from registry.selectors import documents, get_instance, names_of
from submissions.models import Report
from submissions.states import ReportStatus
from versions.advisories import advisories
from versions.pull_lines import cite_line, pull_lines
from versions.selectors import change_at, get_release, published_releases

SHOWN = 8
VERSIONS = 50


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What Errata is, and every benchmark that the reader may see."""
    benchmarks = readable_benchmarks(reader_of(request))
    return render(request, "pages/home.html", {"benchmarks": health_of(benchmarks)})


@require_safe
def benchmark(request: HttpRequest, slug: str) -> HttpResponse:
    """One benchmark: what it is, how it stands, how to get it."""
    found = benchmark_for(request, slug)
    reports = Report.objects.filter(benchmark=found, status=ReportStatus.OPEN)
    newest = list(reports.select_related("instance", "category").order_by("-pk")[:SHOWN])
    health = health_of([found])[0]
    latest = health.latest
    return render(
        request,
        "pages/benchmark.html",
        {
            "benchmark": found,
            "tab": "overview",
            "health": health,
            "latest": latest,
            "pulls": pull_lines(found, latest) if latest else [],
            "reports": newest,
            "names": names_of(report.author for report in newest),
            "due": due_of(found),
            "residual": sentence(residual_error(found)),
            "told": recent_events(found, reader_of(request)),
            "trend": trend_of(found),
            "answered_in": time_to_answer(found),
            "thanks": thanks_of(found),
            "withdrawn": advisories([found]),
            "citation": cite_line(found, latest) if latest else "",
            "roles": roles_of(reader_of(request), found),
        },
    )


@require_safe
def instances(request: HttpRequest, slug: str) -> HttpResponse:
    """The instances of a benchmark, by position, 50 at a time."""
    found = benchmark_for(request, slug)
    names = ("split", "group", "status", "tier", "words")
    filters = Filters(**{name: request.GET.get(name, "").strip()[:200] for name in names})
    page = page_of(browse(found, filters), order=["instance__position"], query=request.GET)
    splits, groups = choices_of(found)
    return render(
        request,
        "pages/instances.html",
        {
            "benchmark": found,
            "tab": "instances",
            "page": page,
            "rows": rows_of(found, page.rows),
            "filters": filters,
            "splits": splits,
            "groups": groups,
            "statuses": [*Bucket.values, RETIRED],
            "tiers": Tier.values,
        },
    )


@require_safe
def instance(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One instance: what it asks, its label, and everything that ever happened to it.

    With `?at=1.0.0` inputs and label are those of that release.
    """
    found = benchmark_for(request, slug)
    row = get_instance(found, key)
    heads = with_tier(Head.objects.filter(pk=row.pk))
    head: Any = heads.select_related("instance__standing", "revision__content").get()
    at = get_release(found, request.GET["at"]) if request.GET.get("at") else None
    held = change_at(at, row) if at else None
    revision = held.after if held else head.revision
    texts = documents([revision.content_id, revision.derivation, revision.meta])
    content = texts.get(revision.content_id)
    return render(
        request,
        "pages/instance.html",
        {
            "benchmark": found,
            "tab": "instances",
            "instance": row,
            "head": head,
            "revision": revision,
            "tier": held.tier if held else head.tier,
            "at": at,
            "versions": published_releases(found).values_list("version", flat=True)[:VERSIONS],
            "inputs": content and content["inputs"],
            "derivation": pairs_of(texts.get(revision.derivation)),
            "meta": pairs_of(texts.get(revision.meta)),
            "aliases": Alias.objects.filter(instance=row).order_by("space", "value"),
            "standing": getattr(row, "standing", None),
            "case": Case.objects.filter(instance=row, status__in=LIVE).first(),
            "timeline": timeline(row),
            "is_expert": Role.EXPERT in roles_of(reader_of(request), found),
        },
    )
