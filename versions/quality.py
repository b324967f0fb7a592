"""The quality card of a release: how far its labels were looked at and what became of claims."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TIERS = ("expert-agreed", "expert", "consensus", "unreviewed", "contested")


@dataclass(frozen=True, slots=True)
class Quality:
    """Rows per tier, label changes by class since the release before, claims by outcome so far."""

    tiers: Mapping[str, int]
    label_changes: Mapping[str, int]
    reports: Mapping[str, int]
    cases: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """The card as it stands in `quality.json`; every tier is there, also with no row."""
        return {
            "format": 1,
            "tiers": {tier: self.tiers.get(tier, 0) for tier in TIERS},
            "label_changes": dict(self.label_changes),
            "reports": dict(self.reports),
            "cases": dict(self.cases),
        }
