"""Preview the next release: what changes, which gates it passes; remembered by its digest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from audits.selectors import current_policy
from registry.contracts import contract_in_force
from registry.importers.base import Progress, no_progress
from registry.models import Benchmark, Revision, User
from versions.comparability import comparability
from versions.draft import Draft, draft_of
from versions.flips import count_flips
from versions.gates import (
    Gate,
    causes_gate,
    contested_gate,
    history_gate,
    history_later,
    switched_off,
)
from versions.holds import describe_holds, holds_in_force
from versions.models import Preview
from versions.naming import named_version
from versions.pending import contested_now, pending_revisions
from versions.permissions import require_cutter
from versions.services.verify_history import verify_labels
from versions.waiving import Waiver, facets

AT_ONCE = 20_000  # revisions that are verified while somebody waits for a page
KEPT = 20  # previews that are remembered of one benchmark


@dataclass(frozen=True, slots=True)
class Previewed:
    """A draft, the gates before it, what is held, and how its scores compare with the last ones.

    `waivable` counts the contested labels by group, split and category.
    """

    draft: Draft
    version: str
    gates: Sequence[Gate]
    held: Sequence[Mapping[str, Any]]
    comparability: Mapping[str, Any] | None
    waivable: Mapping[str, Mapping[str, int]]

    def to_dict(self) -> dict[str, Any]:
        """The preview for programs."""
        draft = self.draft
        return {
            "digest": draft.digest,
            "previous": draft.last and draft.last.version,
            "version": self.version,
            "needed": draft.bump,
            "changes": dict(draft.counts),
            "tiers": {tier: count for tier, count in draft.tiers.items() if count},
            "gates": [gate.to_dict() for gate in self.gates],
            "held": list(self.held),
            "waivable": self.waivable,
            "comparability": self.comparability,
        }


def preview_release(
    *,
    actor: User,
    benchmark: Benchmark,
    version: str = "",
    bump: str = "auto",
    waiver: Waiver | None = None,
    whole_history: bool = False,
    progress: Progress = no_progress,
) -> Previewed:
    """What a release cut now would be; publishing names its digest.

    `whole_history` also verifies a history that is too long for a page.
    """
    require_cutter(actor, benchmark)
    draft = draft_of(benchmark)
    contested = contested_now(benchmark)
    last = draft.last and draft.last.version
    named, makes = named_version(last, draft.bump, bump, version)
    keep_preview(benchmark, draft)
    return Previewed(
        draft=draft,
        version=named,
        gates=_gates(benchmark, draft, contested, waiver or Waiver(), whole_history, progress),
        held=describe_holds(holds_in_force(benchmark)),
        comparability=comparability(
            last,
            draft.totals,
            needed=draft.bump,
            named=makes,
            new_rules=draft.new_rules,
            flips=count_flips(benchmark, draft.regraded, contract_in_force(benchmark)).sets,
        ),
        waivable=facets(contested),
    )


def keep_preview(benchmark: Benchmark, draft: Draft) -> None:
    """Remember a draft by its digest, and forget the oldest ones."""
    Preview.objects.update_or_create(
        benchmark=benchmark,
        digest=draft.digest,
        defaults={"at": timezone.now()},
        create_defaults={"kept": draft.kept},
    )
    kept = Preview.objects.filter(benchmark=benchmark).order_by("-at", "-pk")
    Preview.objects.filter(pk__in=list(kept.values_list("pk", flat=True)[KEPT:])).delete()


def _gates(
    benchmark: Benchmark,
    draft: Draft,
    contested: Sequence[tuple[int, int]],
    waiver: Waiver,
    whole_history: bool,
    progress: Progress,
) -> list[Gate]:
    checks = {
        "history": lambda: _history(benchmark, whole_history, progress),
        "causes": lambda: causes_gate(pending_revisions(benchmark)),
        "contested": lambda: contested_gate(contested, waiver),
    }
    asked = current_policy(benchmark).gates
    return [check() if name in asked else switched_off(name) for name, check in checks.items()]


def _history(benchmark: Benchmark, whole: bool, progress: Progress) -> Gate:
    revisions = Revision.objects.filter(instance__benchmark=benchmark).count()
    if revisions > AT_ONCE and not whole:
        return history_later(revisions)
    return history_gate(benchmark, verify_labels(benchmark=benchmark, progress=progress))
