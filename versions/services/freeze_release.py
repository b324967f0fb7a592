"""Freeze the next release: write down what changed, and all that its files will say."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from errata.grading import Limits
from errata.manifest import canonical_json, history_root

from audits.states import Tier
from registry.errors import InvalidInput, WrongState
from registry.events import record
from registry.locks import lock_benchmark
from registry.models import Benchmark, ImportBatch, User
from registry.presets import Preset
from registry.selectors import preset_of
from registry.services.set_contract import keep_contract
from versions.card import quality_card
from versions.changelog import shown_keys
from versions.diffing import (
    BumpName,
    DiffEntry,
    Totals,
    is_smaller,
    needed_bump,
    next_version,
    parse_version,
    total,
)
from versions.dispatch import publish_soon
from versions.formats import formats_of
from versions.holds import describe_holds, holds_in_force
from versions.methods import methods_of
from versions.models import Release
from versions.pending import freeze_pending
from versions.permissions import require_cutter
from versions.provenance import explained
from versions.selectors import counts_by, diff, heads_of, last_release, rows_of, snapshot_of
from versions.states import Bump, ReleaseStatus

AUTO = "auto"


@transaction.atomic
def freeze_release(
    *, actor: User, benchmark: Benchmark, version: str = "", waiver: str = "", bump: str = AUTO
) -> Release:
    """Freeze the heads of now as the next release and have a worker publish it.

    `version` names it (a higher one than the last), else `bump` (auto, major, minor, patch) does.
    Contested labels go out only with a `waiver`, the reason why.
    """
    benchmark = lock_benchmark(benchmark.pk)
    require_cutter(actor, benchmark)
    last = last_release(benchmark)
    _require_finished(last)
    _require_higher(version, last)
    release = Release.objects.create(
        benchmark=benchmark,
        sequence=last.sequence + 1 if last else 1,
        bump=Bump.MAJOR,
        waiver=" ".join(waiver.split()),
        actor=actor.public_id,
        frozen_at=timezone.now(),
    )
    if not freeze_pending(release):
        _refuse_unchanged(benchmark, last)
    tiers = counts_by(rows_of(release), "tier")
    _require_waiver(tiers.get(Tier.CONTESTED, 0), release.waiver)
    entries = list(diff(last, release)) if last else []
    totals = total(entries) if last else Totals(Counter(added=sum(tiers.values())), Counter())
    release.bump = _bump(bump, needed_bump(totals), version)
    release.version = version or next_version(last and last.version, release.bump.value)
    release.history_root = history_root(heads_of(release))
    contract = keep_contract(actor=actor, benchmark=benchmark)
    snapshot = _snapshot(release, last, tiers, entries, totals)
    release.snapshot = canonical_json(snapshot | {"contract": contract.to_dict()})
    release.save(update_fields=["bump", "version", "history_root", "snapshot"])
    record(
        "release.frozen",
        actor=actor,
        benchmark=benchmark,
        subject=("release", release.public_id),
        reason=release.waiver,
        data={"version": release.version, "changes": totals.to_dict()},
        at=release.frozen_at,
    )
    publish_soon(release)
    return release


def _require_finished(last: Release | None) -> None:
    if last is not None and last.status != ReleaseStatus.PUBLISHED:
        raise WrongState(
            f"{last.version} is frozen but not yet published. Wait for the worker, or finish it "
            f"with: manage.py cut_release {last.benchmark.slug} --finish",
            code="release_unfinished",
        )


def _require_higher(version: str, last: Release | None) -> None:
    if not version:
        return
    try:
        wanted = parse_version(version)
    except ValueError as error:
        raise InvalidInput(str(error), code="bad_version") from None
    if last and wanted <= parse_version(last.version):
        raise InvalidInput(
            f"The last release is {last.version}; name a higher version than that.",
            code="version_not_higher",
        )


def _refuse_unchanged(benchmark: Benchmark, last: Release | None) -> None:
    if last is None:
        raise WrongState(
            f"{benchmark.slug} has no instances to release; import some first.",
            code="nothing_to_release",
        )
    raise WrongState(
        f"Nothing changed in {benchmark.slug} since {last.version}; there is nothing to release.",
        code="nothing_changed",
    )


def _require_waiver(contested: int, waiver: str) -> None:
    if contested and not waiver:
        raise WrongState(
            f"{contested} contested labels wait for an expert. Decide them, or let them out as "
            'contested with a reason: --waive "why" on the command line, or the field on the page.',
            code="contested",
            contested=contested,
        )


def _bump(asked: str, needed: BumpName, version: str) -> Bump:
    if asked == AUTO or version:
        return Bump(needed)
    if asked not in Bump.values:
        raise InvalidInput(f"'{asked}' is no bump; use auto, major, minor or patch.")
    if is_smaller(asked, needed):  # type: ignore[arg-type]
        raise InvalidInput(
            f"What changed makes this a {needed} release; use --bump auto or {needed}.",
            code="bump_too_small",
        )
    return Bump(asked)


def _snapshot(
    release: Release,
    last: Release | None,
    tiers: dict[str, int],
    entries: list[DiffEntry],
    totals: Totals,
) -> dict[str, Any]:
    benchmark, changes = release.benchmark, totals.to_dict()
    log = list(explained(benchmark, entries))
    # Counted, not by date: an import that began before the last release may have ended after it.
    batches = ImportBatch.objects.filter(benchmark=benchmark).order_by("pk")
    told = snapshot_of(last)["imports"] if last else 0
    return {
        "format": 1,
        "benchmark": {name: str(getattr(benchmark, name)) for name in _METADATA},
        "previous": last.version if last else None,
        "counts": {
            "instances": sum(tiers.values()),
            "splits": counts_by(rows_of(release), "instance__split"),
            "changes": changes,
        },
        "grading": _grading(release, preset_of(benchmark)),
        "quality": quality_card(release, last, tiers, totals, entries, log),
        "methods": methods_of(release),
        "formats": formats_of(benchmark),
        "changelog": log,
        "added": shown_keys(e.key for e in entries if e.kind == "added"),
        "tier_moves": _tier_moves(entries),
        "held": describe_holds(holds_in_force(benchmark)),
        "credits": _credits(log),
        "imports": batches.count(),
        "sources": _sources(batches[told:]),
    }


_METADATA = ("slug", "title", "licence", "citation", "upstream_url", "intended_use", "canary")


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
