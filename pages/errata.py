"""The errata of a benchmark: every released correction, to read, to follow and for programs."""

import re
from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from registry.models import Benchmark
from registry.paging import page_of
from registry.permissions import readable_benchmarks
from registry.requests import benchmark_for, reader_of
from versions.corrections import (
    Correction,
    choices_of,
    corrections,
    find_correction,
    hidden_persons,
    narrowed,
    told,
)
from versions.osv import SCHEMA_VERSION, osv, references, summary

_FILTERS = ("version", "group", "category")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
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
        "records": records,
        "hidden": hidden_persons(records),
        "chosen": chosen,
        "filtered": any(chosen.values()),
        **choices_of(found),
    }
    return render(request, "pages/errata.html", context)


@require_safe
def record(request: HttpRequest, slug: str, erratum: str) -> HttpResponse:
    """One correction and everything behind it."""
    found = benchmark_for(request, slug)
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
    """One correction for programs."""
    known = find_correction(benchmark_for(request, slug), erratum)
    return JsonResponse(osv(known, request.build_absolute_uri, hidden_persons([known])))


@require_safe
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    """All corrections for programs, a page at a time; `next` is the address of the next one."""
    found = benchmark_for(request, slug)
    rows = narrowed(corrections([found]), **_chosen(request))
    page = page_of(rows, order=ORDER, query=request.GET)
    records = told(page.rows)
    hidden = hidden_persons(records)
    query = request.GET.copy()
    query.pop("before", None)
    query["after"] = page.after
    following = f"{request.path}?{query.urlencode()}"
    return JsonResponse(
        {
            "schema_version": SCHEMA_VERSION,
            "benchmark": found.slug,
            "records": [osv(each, request.build_absolute_uri, hidden) for each in records],
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


def _chosen(request: HttpRequest) -> dict[str, str]:
    # NUL is in no name, and PostgreSQL cannot be asked for it.
    return {name: request.GET.get(name, "").replace("\0", "")[:200] for name in _FILTERS}


def _atom(
    request: HttpRequest, benchmarks: Sequence[Benchmark], title: str, home: str
) -> HttpResponse:
    page = page_of(corrections(benchmarks), order=ORDER, query={})
    absolute = request.build_absolute_uri
    made = Atom1Feed(
        title=_xml(title),
        link=absolute(home),
        description="",
        language="en",
        subtitle="Corrections of labels, each with its reason, its authors and its versions.",
        author_name="Errata",
        feed_url=absolute(request.path),
        feed_guid=absolute(request.path),
    )
    for each in told(page.rows):
        _add(made, each, request)
    return HttpResponse(made.writeString("utf-8"), content_type=f"{made.content_type}")


def _add(made: Atom1Feed, record: Correction, request: HttpRequest) -> None:
    entry = record.entry
    link = request.build_absolute_uri(references(record)[0][1])
    people = [report["by"] for report in entry["reports"]] + [record.decided_by[1]]
    until = f"Fixed in {record.fixed}"
    since = f"; wrong since {record.introduced}." if record.introduced else "."
    made.add_item(
        title=_xml(summary(record)),
        link=link,
        description=_xml(" ".join([until + since, entry["reason"] or entry["source"]])).strip(),
        unique_id=link,
        author_name=_xml(", ".join(dict.fromkeys(name for name in people if name))) or None,
        pubdate=record.published,
        updateddate=record.published,
        categories=[_xml(text) for text in (entry["category"], entry["group"]) if text],
    )


def _xml(text: str) -> str:
    """Foreign text without the characters that no XML can hold."""
    return _NOT_XML.sub("\ufffd", text)
