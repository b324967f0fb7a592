"""The errata of a benchmark: every released correction, to read, to follow and for programs."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.models import Benchmark
from registry.paging import page_of
from registry.permissions import readable_benchmarks
from registry.requests import benchmark_for, reader_of
from versions.advisories import advisories_beside, find_advisory, is_advisory
from versions.atom import MEDIA
from versions.atom import atom as written_atom
from versions.corrections import (
    choices_of,
    corrections,
    find_correction,
    hidden_persons,
    narrowed,
    told,
)
from versions.osv import SCHEMA_VERSION, advisory_osv, osv

_FILTERS = ("version", "group", "category")
ORDER = ["-pk"]


@require_safe
def errata(request: HttpRequest, slug: str) -> HttpResponse:
    """All corrections, newest first, by version, group and category."""
    found = benchmark_for(request, slug)
    chosen = _chosen(request)
    page = page_of(narrowed(corrections([found]), **chosen), order=ORDER, query=request.GET)
    records = told(page.rows)
    context = {
        "benchmark": found,
        "tab": "errata",
        "page": page,
        "advisories": advisories_beside(found, first=_is_first(request), **chosen),
        "records": records,
        "hidden": hidden_persons(records),
        "chosen": chosen,
        "filtered": any(chosen.values()),
        **choices_of(found),
    }
    return render(request, "pages/errata.html", context)


@require_safe
def record(request: HttpRequest, slug: str, erratum: str) -> HttpResponse:
    """One correction and everything behind it; or the advisory on a withdrawn release."""
    found = benchmark_for(request, slug)
    if is_advisory(erratum):
        context = {"benchmark": found, "tab": "errata", "advisory": find_advisory(found, erratum)}
        return render(request, "pages/advisory.html", context)
    known = find_correction(found, erratum)
    context = {
        "benchmark": found,
        "tab": "errata",
        "record": known,
        "entry": known.entry,
        "hidden": hidden_persons([known]),
    }
    return render(request, "pages/erratum.html", context)


@require_safe
def record_json(request: HttpRequest, slug: str, erratum: str) -> HttpResponse:
    """One correction, or advisory, for programs."""
    found = benchmark_for(request, slug)
    if is_advisory(erratum):
        advisory = find_advisory(found, erratum)
        return JsonResponse(advisory_osv(advisory, request.build_absolute_uri))
    known = find_correction(found, erratum)
    return JsonResponse(osv(known, request.build_absolute_uri, hidden_persons([known])))


@require_safe
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    """All corrections for programs, a page at a time; `next` is the address of the next one."""
    found = benchmark_for(request, slug)
    chosen = _chosen(request)
    rows = narrowed(corrections([found]), **chosen)
    page = page_of(rows, order=ORDER, query=request.GET)
    records = told(page.rows)
    advisories = advisories_beside(found, first=_is_first(request), **chosen)
    hidden = hidden_persons(records)
    query = request.GET.copy()
    query.pop("before", None)
    query["after"] = page.after
    following = f"{request.path}?{query.urlencode()}"
    return JsonResponse(
        {
            "schema_version": SCHEMA_VERSION,
            "benchmark": found.slug,
            "records": [
                *(advisory_osv(each, request.build_absolute_uri) for each in advisories),
                *(osv(each, request.build_absolute_uri, hidden) for each in records),
            ],
            "next": request.build_absolute_uri(following) if page.after else None,
        }
    )


@require_safe
def atom(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest corrections of a benchmark as Atom."""
    found = benchmark_for(request, slug)
    home = reverse("errata", args=[slug])
    return _atom(request, [found], f"Errata of {found.title}", home)


@require_safe
def hub_atom(request: HttpRequest) -> HttpResponse:
    """The newest corrections of all benchmarks that the reader may see."""
    seen = list(readable_benchmarks(reader_of(request)))
    return _atom(request, seen, "Errata of all benchmarks", reverse("home"))


def _is_first(request: HttpRequest) -> bool:
    return not (request.GET.get("after") or request.GET.get("before"))


def _chosen(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "")[:200] for name in _FILTERS}


def _atom(
    request: HttpRequest, benchmarks: Sequence[Benchmark], title: str, home: str
) -> HttpResponse:
    feed = written_atom(
        benchmarks, title=title, home=home, here=request.path, absolute=request.build_absolute_uri
    )
    return HttpResponse(feed, content_type=MEDIA)
