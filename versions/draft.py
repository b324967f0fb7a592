"""What the next release would contain, for the people who decide whether to cut it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audits.states import Tier
from registry.contracts import contract_in_force
from registry.models import Benchmark
from registry.selectors import preset_of
from versions.changelog import folded
from versions.difference import difference_in
from versions.diffing import BumpName, DiffEntry, Totals, needed_bump, next_version
from versions.drafted import Seal, basis_of, line_of
from versions.models import Release
from versions.pending import Pending, pending_changes
from versions.selectors import counts_by, entries_of_transitions, last_release, rows_of, snapshot_of
from versions.states import ReleaseStatus

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """The heads of now against the last release.

    Of what is revised or removed, `entries` tells the first SHOWN as a diff does and `log` as a
    changelog does. `digest` names exactly this draft, `kept` is what tells later how another one
    differs. `regraded` are the entries that can grade an answer differently; `new_rules` says that
    answers are read in another way than those to the last release.
    """

    last: Release | None
    totals: Totals
    bump: BumpName
    version: str
    entries: Sequence[Mapping[str, Any]]
    log: Sequence[Mapping[str, Any]]
    tiers: Mapping[str, int]
    digest: str
    kept: bytes
    regraded: Sequence[DiffEntry]
    new_rules: bool

    @property
    def contested(self) -> int:
        """How many labels only go out with a waiver."""
        return self.tiers.get(Tier.CONTESTED, 0)

    @property
    def counts(self) -> Mapping[str, int]:
        """What changes, by name."""
        return self.totals.to_dict()

    @property
    def more(self) -> int:
        """How many more are revised or removed than are told."""
        kinds = self.totals.kinds
        return kinds["revised"] + kinds["removed"] - len(self.entries)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to release."""
        return not any(self.totals.kinds.values())

    @property
    def unfinished(self) -> bool:
        """Whether the last release has to be published first."""
        return self.last is not None and self.last.status != ReleaseStatus.PUBLISHED


def draft_of(benchmark: Benchmark) -> Draft:
    """The draft of a benchmark's next release, read in one pass, so that it is of one moment."""
    last = last_release(benchmark)
    seal, tiers = Seal(basis_of(benchmark, last)), Counter(_tiers_of(last))
    pending = _noted(pending_changes(benchmark), seal, tiers)
    totals, shown, regraded = Totals.none(), list[DiffEntry](), list[DiffEntry]()
    if last is None:
        # The first release adds every row; nothing is to be compared.
        totals.kinds["added"] = sum(1 for _ in pending)
    else:
        for entry in entries_of_transitions(pending):
            totals.add(entry)
            if entry.gradable_differently:
                regraded.append(entry)
            if len(shown) < SHOWN and entry.kind in ("revised", "removed"):
                shown.append(entry)
    new_rules = has_new_rules(benchmark, last)
    bump = needed_bump(totals, new_rules=new_rules)
    told = difference_in(benchmark, shown)
    return Draft(
        last=last,
        totals=totals,
        bump=bump,
        version=next_version(last and last.version, bump),
        entries=told.entries,
        log=folded(told.log),
        tiers=tiers,
        digest=seal.digest,
        kept=seal.kept(),
        regraded=regraded,
        new_rules=new_rules,
    )


def has_new_rules(benchmark: Benchmark, last: Release | None) -> bool:
    """Whether answers are read by another contract, or other words count as unanswerable."""
    if last is None:
        return False
    snapshot = snapshot_of(last)
    words = sorted(preset_of(benchmark).unanswerable)
    return (snapshot["grading"]["unanswerable"], snapshot["contract"]) != (
        words,
        contract_in_force(benchmark).to_dict(),
    )


def _tiers_of(last: Release | None) -> dict[str, int]:
    return counts_by(rows_of(last), "tier") if last else {}


def _noted(pending: Iterable[Pending], seal: Seal, tiers: Counter[str]) -> Iterator[Pending]:
    """The same changes, each taken into the digest and into the counts of tiers."""
    for change in pending:
        seal.add(line_of(change))
        if change.before_id is not None:
            tiers[change.tier_before] -= 1
        if change.after_id is not None:
            tiers[change.tier_after] += 1
        yield change
