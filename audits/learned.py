"""What pages show of what was learned: the effort still due, and whether doubts come true."""

from dataclasses import dataclass
from typing import Any

from audits.calibration import Bin, calibration_error, reliability_curve
from audits.decided import was_wrong
from audits.models import Belief as Learned
from audits.models import Decision
from registry.models import Benchmark

SIDE = 200  # of the plot, in its own units


@dataclass(frozen=True, slots=True)
class Dot:
    """One bin as the plot shows it (y from the top) and as the table says it."""

    bin: Bin
    x: int
    y: int
    top: int
    bottom: int
    doubt: str
    share: str
    interval: str


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


def calibration_of(benchmark: Benchmark) -> dict[str, Any]:
    """Doubts that were told before an expert decided, against what was decided.

    Cases keep the score they had. Cases that somebody asked for were told no doubt, and those of
    the control sample borrow theirs, so both are left out.
    """
    decisions = Decision.objects.filter(
        case__benchmark=benchmark, case__control=False, case__score__lt=1, ruling=None
    ).select_related("case", "before__content", "after__content")
    foretold = [(decision.case.score, was_wrong(decision)) for decision in decisions.order_by("pk")]
    bins = reliability_curve(foretold)
    return {
        "labels": len(foretold),
        "error": _percent(calibration_error(bins)),
        "dots": [_dot(one) for one in bins],
        "side": SIDE,
    }


def _dot(one: Bin) -> Dot:
    return Dot(
        one,
        *(round(SIDE * one.doubt), *(_down(at) for at in (one.share, one.high, one.low))),
        _percent(one.doubt),
        _percent(one.share),
        f"{_percent(one.low)} – {_percent(one.high)} %",
    )


def _down(share: float) -> int:
    return round(SIDE * (1 - share))


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
