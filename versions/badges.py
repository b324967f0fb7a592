"""A release's badge: benchmark, version, and whether it is the one to use."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe
from errata.manifest import sha256_hex

from registry.models import Benchmark, Visibility
from registry.requests import benchmark_for
from versions.models import Release
from versions.selectors import get_release, latest_releases, state_of
from versions.states import State

_COLOURS = {State.CURRENT: "#1a7f37", State.SUPERSEDED: "#6e5200", State.WITHDRAWN: "#b3261e"}
_CHARACTER, _PAD = 6.6, 16  # pixels


@dataclass(frozen=True, slots=True)
class _Half:
    """One half of a badge: where it starts, how wide it is, where its text is centred."""

    text: str
    start: float

    @property
    def width(self) -> float:
        return round(len(self.text) * _CHARACTER + _PAD, 1)

    @property
    def middle(self) -> float:
        return round(self.start + self.width / 2, 1)


@require_safe
def badge(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """The badge of a release as SVG; it changes when the release is superseded or withdrawn."""
    benchmark = benchmark_for(request, slug)
    release = get_release(benchmark, version)
    state = state_of(release, latest_releases([benchmark]).defer("snapshot").first())
    left = _Half(f"{benchmark.slug} {release.version}", 0)
    right = _Half(state, left.width)
    context = {
        "left": left,
        "right": right,
        "width": round(left.width + right.width, 1),
        "colour": _COLOURS[State(state)],
    }
    response = render(request, "versions/badge.svg", context, content_type="image/svg+xml")
    etag = f'"{sha256_hex(response.content)}"'
    response["ETag"] = etag
    public = benchmark.visibility == Visibility.PUBLIC
    response["Cache-Control"] = "no-cache" if public else "private, no-cache"
    found: HttpResponse = get_conditional_response(request, etag=etag, response=response)
    return found


def badge_line(benchmark: Benchmark, release: Release) -> str:
    """The Markdown that shows the badge and leads to the release."""
    page = f"{settings.ERRATA_HUB}/b/{benchmark.slug}/r/{release.version}/"
    return f"[![{benchmark.slug} {release.version}]({page}badge.svg)]({page})"
