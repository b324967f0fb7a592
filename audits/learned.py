"""What pages show of what was learned: the effort still due, and whether doubts come true."""

from typing import Any

from audits.models import Belief as Learned
from registry.models import Benchmark


def effort_of(benchmark: Benchmark) -> list[dict[str, Any]]:
    """Per risk class the reviews still due (audits.effort), shares also as percent."""
    learned = Learned.objects.filter(benchmark=benchmark).first()
    return [
        {
            **row,
            "expected_percent": _percent(row["expected"]),
            "allowed_percent": _percent(row["allowed"]),
        }
        for row in (learned.effort if learned else ())
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
