"""What the next release would contain, for the people who decide whether to cut it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audits.states import Tier
from audits.tiers import tier_counts
from registry.models import Benchmark, Head
from versions.changelog import folded
from versions.diffing import BumpName, DiffEntry, Totals, needed_bump, next_version
from versions.models import Release
from versions.provenance import explained
from versions.selectors import draft_diff, last_release
from versions.states import ReleaseStatus

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """The heads of now against the last release; `log` explains the first `told` of them."""

    last: Release | None
    totals: Mapping[str, int]
    bump: BumpName
    version: str
    log: Sequence[Mapping[str, Any]]
    told: int
    tiers: Mapping[str, int]

    @property
    def contested(self) -> int:
        """How many labels only go out with a waiver."""
        return self.tiers.get(Tier.CONTESTED, 0)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to release."""
        changed = ("added", "removed", "revised", "tier")
        return not any(self.totals[name] for name in changed)

    @property
    def unfinished(self) -> bool:
        """Whether the last release has to be published first."""
        return self.last is not None and self.last.status != ReleaseStatus.PUBLISHED


def draft_of(benchmark: Benchmark) -> Draft:
    """The draft of a benchmark's next release."""
    heads = Head.objects.filter(benchmark=benchmark, retired=False)
    tiers = tier_counts(heads).get(benchmark.pk, {})
    last = last_release(benchmark)
    totals, shown = Totals.none(), []
    if last is None:
        # The first release adds every row; nothing is to be compared.
        totals.kinds["added"] = sum(tiers.values())
    else:
        for entry in draft_diff(benchmark):
            totals.add(entry)
            if len(shown) < SHOWN and entry.kind in ("revised", "removed"):
                shown.append(entry)
    bump = needed_bump(totals)
    return Draft(
        last=last,
        totals=totals.to_dict(),
        bump=bump,
        version=next_version(last and last.version, bump),
        log=_explained(benchmark, shown),
        told=len(shown),
        tiers=tiers,
    )


def _explained(benchmark: Benchmark, entries: Sequence[DiffEntry]) -> list[Mapping[str, Any]]:
    return folded(explained(benchmark, entries))
