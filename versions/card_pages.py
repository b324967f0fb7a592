"""The pages of what a release knows of its labels: the quality card, and the methods."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.errors import NotFound
from registry.requests import benchmark_for, reader_of
from versions.card import beside_gold
from versions.gold import gold_sets
from versions.selectors import find_release, snapshot_of

LATER = 12  # gold sets imported since that are shown


@require_safe
def quality(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """How good the labels of a release are, each figure with what it means."""
    return _shown(request, slug, version, "quality")


@require_safe
def methods(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """How the labels of a release came about."""
    return _shown(request, slug, version, "methods")


def _shown(request: HttpRequest, slug: str, version: str, name: str) -> HttpResponse:
    benchmark = benchmark_for(request, slug)
    release = find_release(benchmark, reader_of(request), version)
    snapshot = snapshot_of(release)
    if "methods" not in snapshot:
        raise NotFound(
            f"{release.version} was cut before releases kept such pages; the next one has them.",
            code="no_card",
        )
    context = {
        "benchmark": benchmark,
        "tab": "releases",
        "release": release,
        "told": snapshot[name],
    }
    if name == "quality":
        later = gold_sets(benchmark).filter(at__gt=release.frozen_at)
        context["later"] = beside_gold(release, later[:LATER])
    return render(request, f"versions/{name}.html", context)
