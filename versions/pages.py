"""The pages of releases: all, one of them, and how two differ."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.models import Role
from registry.permissions import roles_of
from registry.requests import benchmark_for, reader_of
from registry.selectors import names_of
from versions.advisories import advisories_of
from versions.badges import badge_line
from versions.changelog import asks_waiver, folded
from versions.difference import difference_of
from versions.exports.about import About
from versions.exports.citation import bibtex
from versions.models import Release
from versions.pull_lines import pull_lines
from versions.selectors import (
    get_release,
    latest_releases,
    snapshot_of,
    state_of,
    visible_releases,
)
from versions.signatures import signature_of
from versions.states import ReleaseStatus
from versions.storage import artifacts_of
from versions.upstream_names import names_of_version

SHOWN = 500


@require_safe
def releases(request: HttpRequest, slug: str) -> HttpResponse:
    """All releases of a benchmark, newest first."""
    benchmark = benchmark_for(request, slug)
    visible = visible_releases(benchmark, reader_of(request))
    # One at a time, since each snapshot holds the whole changelog of its release.
    snapshots = visible.values_list("pk", "snapshot").iterator(chunk_size=1)
    told = {pk: _headline(json.loads(snapshot)) for pk, snapshot in snapshots}
    listed = list(visible.defer("snapshot"))
    latest = latest_releases([benchmark]).defer("snapshot").first()
    advisories = advisories_of(listed)
    rows = [
        (row, told[row.pk], state_of(row, latest), advisories.get(row.pk))
        for row in listed
        if row.pk in told
    ]
    context = {"benchmark": benchmark, "tab": "releases", "releases": rows}
    return render(request, "versions/releases.html", context)


@require_safe
def release(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """One release: files with digests, changelog, quality, how to pull it."""
    benchmark, reader = benchmark_for(request, slug), reader_of(request)
    visible = list(visible_releases(benchmark, reader).defer("snapshot"))
    latest = latest_releases([benchmark]).defer("snapshot").first()
    named = (row for row in visible if row.version == version)
    found = next(named, None) or get_release(benchmark, version)
    snapshot = snapshot_of(found)
    log = folded(snapshot["changelog"])
    published = found.status == ReleaseStatus.PUBLISHED
    context = {
        "benchmark": benchmark,
        "tab": "releases",
        "release": found,
        "snapshot": snapshot,
        "asks_waiver": asks_waiver(snapshot),
        "log": log[:SHOWN],
        "lines": len(log),
        "files": artifacts_of(found) if published else [],
        "files_url": f"/api/v1/benchmarks/{slug}/releases/{found.version}/files/",
        "pulls": pull_lines(benchmark, found) if published else [],
        "older": [row.version for row in visible if row.sequence < found.sequence],
        "names": names_of([found.actor]),
        "signature": signature_of(found),
        "state": state_of(found, latest),
        "upstream_names": names_of_version(benchmark, found.version),
        "badge_line": badge_line(benchmark, found) if published else "",
        "bibtex": bibtex(_about(found, snapshot)) if "formats" in snapshot else "",
        "latest": latest,
        "advisory": advisories_of([found]).get(found.pk),
        "may_withdraw": published and Role.MAINTAINER in roles_of(reader, benchmark),
    }
    return render(request, "versions/release.html", context)


@require_safe
def difference(request: HttpRequest, slug: str, old: str, new: str) -> HttpResponse:
    """How any two published releases differ."""
    benchmark = benchmark_for(request, slug)
    before, after = get_release(benchmark, old), get_release(benchmark, new)
    told = ("revised", "removed")
    found = difference_of(benchmark, before, after, stop=SHOWN, kinds=told)
    others = found.others()
    context = {
        "benchmark": benchmark,
        "tab": "releases",
        "before": before,
        "after": after,
        "totals": found.totals.to_dict(),
        "by": [(name, counts, others.get(name)) for name, counts in found.breakdown().items()],
        "added": found.added,
        "log": folded(found.log),
        "more": found.count - len(found.entries),
    }
    return render(request, "versions/diff.html", context)


def _about(release: Release, snapshot: dict[str, Any]) -> About:
    return About(release.version, release.frozen_at.date().isoformat(), snapshot, {}, ())


def _headline(snapshot: dict[str, Any]) -> dict[str, Any]:
    return {name: snapshot[name] for name in ("previous", "counts")}
