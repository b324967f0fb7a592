"""Freeze the next release: write down what changed, and all that its files will say."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from errata.manifest import canonical_json, history_root

from audits.selectors import current_policy
from audits.states import Tier
from registry.errors import WrongState
from registry.events import record
from registry.importers.base import Progress, no_progress
from registry.locks import lock_benchmark
from registry.models import Benchmark, User
from registry.services.set_contract import keep_contract
from versions.comparability import comparability
from versions.diffing import Totals, needed_bump, total
from versions.dispatch import publish_soon
from versions.draft import has_new_rules
from versions.drafted import difference, sealed
from versions.flips import count_flips
from versions.gates import causes_gate, contested_gate, history_gate
from versions.models import Preview, Release
from versions.naming import AUTO, named_version
from versions.notes import read_notes
from versions.pending import freeze_pending
from versions.permissions import require_cutter
from versions.selectors import counts_by, diff, heads_of, last_release, rows_of
from versions.services.verify_history import newest_revision, verify_labels
from versions.snapshot import snapshot_for
from versions.states import Bump, ReleaseStatus
from versions.waiving import Waiver, read_waiver

_TOLD = 5  # sentences of a difference that stand in the refusal itself


def freeze_release(
    *,
    actor: User,
    benchmark: Benchmark,
    version: str = "",
    bump: str = AUTO,
    waiver: str = "",
    where: Mapping[str, Iterable[str]] | None = None,
    notes: str = "",
    expected: str = "",
    progress: Progress = no_progress,
) -> Release:
    """Freeze the heads of now as the next release and have a worker publish it.

    `version` names it (a higher one than the last), else `bump` (auto, major, minor, patch) does.
    The gates of the benchmark's policy have to pass: contested labels go out only with a `waiver`,
    the reason why, which holds for all or for those that `where` filters (group, split, category).
    `notes` is Markdown on top of its changelog. `expected` is the digest of the draft that was
    previewed: another one is refused with the difference.
    """
    require_cutter(actor, benchmark)
    order = _Order(version, bump, read_waiver(waiver, where or {}), read_notes(notes), expected)
    walked = 0
    if "history" in current_policy(benchmark).gates:
        # All of it before the lock is taken, which would keep everybody from writing meanwhile;
        # what is written until then is walked under the lock.
        walked = newest_revision(benchmark)
        check = verify_labels(benchmark=benchmark, progress=progress)
        history_gate(benchmark, check).require()
    return _freeze(actor, benchmark, order, walked)


@dataclass(frozen=True, slots=True)
class _Order:
    version: str
    bump: str
    waiver: Waiver
    notes: str
    expected: str


@transaction.atomic
def _freeze(actor: User, benchmark: Benchmark, order: _Order, walked: int) -> Release:
    benchmark = lock_benchmark(benchmark.pk)
    require_cutter(actor, benchmark)
    last = last_release(benchmark)
    _require_finished(last)
    release = Release.objects.create(
        benchmark=benchmark,
        sequence=last.sequence + 1 if last else 1,
        bump=Bump.MAJOR,
        waiver=order.waiver.reason,
        actor=actor.public_id,
        frozen_at=timezone.now(),
    )
    frozen = freeze_pending(release)
    if order.expected:
        _require_same(release, last, order.expected)
    if not frozen:
        _refuse_unchanged(benchmark, last)
    contested = _require_gates(release, order.waiver, walked)
    tiers = counts_by(rows_of(release), "tier")
    entries = list(diff(last, release)) if last else []
    totals = total(entries) if last else Totals(Counter(added=sum(tiers.values())), Counter())
    new_rules = has_new_rules(benchmark, last)
    needed = needed_bump(totals, new_rules=new_rules)
    named, makes = named_version(last and last.version, needed, order.bump, order.version)
    release.bump, release.version = Bump(makes), named
    release.history_root = history_root(heads_of(release))
    contract = keep_contract(actor=actor, benchmark=benchmark)
    flips = count_flips(benchmark, entries, contract)
    told = {
        "contract": contract.to_dict(),
        "notes": order.notes,
        "gates": sorted(current_policy(benchmark).gates),
        "waived": {"labels": contested, "where": dict(order.waiver.where)},
        "comparability": comparability(
            last and last.version,
            totals,
            needed=needed,
            named=makes,
            new_rules=new_rules,
            flips=flips.sets,
        ),
    }
    document = snapshot_for(release, last, tiers, entries, totals, flips) | told
    release.snapshot = canonical_json(document)
    release.save(update_fields=["bump", "version", "history_root", "snapshot"])
    Preview.objects.filter(benchmark=benchmark).delete()
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


def _require_same(release: Release, last: Release | None, expected: str) -> None:
    """Refuse a draft that is another one than was previewed, and say how it differs."""
    seal = sealed(release, last)
    if seal.digest == expected:
        return
    benchmark = release.benchmark
    seen = Preview.objects.filter(benchmark=benchmark, digest=expected).first()
    if seen is None:
        raise WrongState(
            f"No draft of {benchmark.slug} with the digest {expected} was previewed since the last "
            "release; preview it again and name the digest of that.",
            code="draft_unknown",
            digest=seal.digest,
        )
    found = difference(benchmark, bytes(seen.kept), seal.kept())
    raise WrongState(
        "The draft changed since it was previewed, so nothing was cut. Look at it again. "
        + " ".join(found.sentences[:_TOLD]),
        code="draft_changed",
        digest=seal.digest,
        labels=found.labels,
        difference=found.sentences,
    )


def _require_gates(release: Release, waiver: Waiver, walked: int) -> int:
    """Refuse a release that does not pass the policy's gates; how many contested labels it has."""
    benchmark = release.benchmark
    gates = current_policy(benchmark).gates
    rows = rows_of(release).filter(tier=Tier.CONTESTED)
    contested = list(rows.values_list("instance", "after"))
    if "history" in gates and newest_revision(benchmark) > walked:
        history_gate(benchmark, verify_labels(benchmark=benchmark, since=walked)).require()
    if "causes" in gates:
        causes_gate(release.changes.exclude(after=None).values("after")).require()
    if "contested" in gates:
        contested_gate(contested, waiver).require()
    return len(contested)


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
