"""What a release notes of itself at freezing: all that its files will say, and nothing later."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from errata.grading import Limits

from registry.models import ImportBatch
from registry.presets import Preset
from registry.selectors import preset_of
from versions.card import quality_card
from versions.changelog import shown_keys
from versions.diffing import DiffEntry, Totals
from versions.drafted import METADATA
from versions.flips import Flips
from versions.formats import formats_of
from versions.holds import describe_holds, holds_in_force
from versions.methods import methods_of
from versions.models import Release
from versions.provenance import explained
from versions.publishers.dvc import public_remote
from versions.reward_quality import reward_quality
from versions.same_meaning import rewordings_of
from versions.selectors import counts_by, rows_of, snapshot_of, withdrawn_versions
from versions.snapshot_format import FORMAT


def snapshot_for(
    release: Release,
    last: Release | None,
    tiers: dict[str, int],
    entries: list[DiffEntry],
    totals: Totals,
    flips: Flips,
) -> dict[str, Any]:
    """The part of a snapshot that facts alone decide; whoever cuts the release adds the rest.

    `tiers` counts its rows, `entries` and `totals` say how it differs from `last`, `flips` what
    that does to stored answers.
    """
    benchmark, changes = release.benchmark, totals.to_dict()
    log, formats = list(explained(benchmark, entries)), formats_of(benchmark)
    card = quality_card(release, last, tiers, totals, entries, log)
    # Counted, not by date: an import that began before the last release may have ended after it.
    batches = ImportBatch.objects.filter(benchmark=benchmark).order_by("pk")
    told = snapshot_of(last)["imports"] if last else 0
    return {
        "format": FORMAT,
        "benchmark": {name: str(getattr(benchmark, name)) for name in METADATA},
        "previous": last.version if last else None,
        "counts": {
            "instances": sum(tiers.values()),
            "splits": counts_by(rows_of(release), "instance__split"),
            "changes": changes,
        },
        "grading": _grading(release, preset_of(benchmark)),
        "quality": card | reward_quality(release, last, formats, entries, flips),
        "methods": methods_of(release),
        "formats": formats,
        "remote": public_remote(benchmark.slug, settings.ERRATA_HUB),
        "rewordings": sum(1 for _ in rewordings_of(release)),
        "withdrawn": withdrawn_versions(benchmark),
        "changelog": log,
        "added": shown_keys(e.key for e in entries if e.kind == "added"),
        "tier_moves": _tier_moves(entries),
        "held": describe_holds(holds_in_force(benchmark)),
        "credits": _credits(log),
        "imports": batches.count(),
        "sources": _sources(batches[told:]),
    }


def _grading(release: Release, preset: Preset) -> dict[str, Any]:
    """How answers to this release are graded; labels carry limits, the rule says where from."""
    kinds = sorted(counts_by(rows_of(release), "after__content__kind"))
    return {
        "kinds": kinds,
        "limits": {kind: preset.limits.get(kind, Limits.exact()).to_dict() for kind in kinds},
        "unanswerable": sorted(preset.unanswerable),
    }


def _tier_moves(entries: Iterable[DiffEntry]) -> dict[str, int]:
    return dict(
        Counter(
            f"{entry.before.tier} → {entry.after.tier}"
            for entry in entries
            if entry.kind == "tier" and entry.before and entry.after
        )
    )


def _credits(log: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whose reports led to what changed, most first."""
    # A report on a group stands behind many entries and counts once.
    reports = {report["id"]: report for entry in log for report in entry["reports"]}
    names = {report["author"]: report["by"] for report in reports.values()}
    counts = Counter(report["author"] for report in reports.values())
    ordered = sorted(counts, key=lambda author: (-counts[author], names[author], author))
    return [{"author": a, "name": names[a], "reports": counts[a]} for a in ordered]


def _sources(batches: Iterable[ImportBatch]) -> list[dict[str, str]]:
    return [
        {"file": b.file_name, "source": b.source, "licence": b.licence, "credit": b.credit}
        for b in batches
        if b.source or b.credit or b.licence
    ]
