"""manage.py simulate_review: how fast experts would find the errors that a file knows."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from audits.management.commands.evaluate_audit import add_truth, told, write_plots
from audits.measuring import simulate
from audits.plots import line_plot
from registry.errors import InvalidInput
from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark

MOST = 1_000


class Command(ErrataCommand):
    help = "Replay a truth as the expert, one decision at a time: which order finds errors fast?"

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        add_truth(parser)
        parser.add_argument(
            "--seeds", type=int, default=20, help="reviews by order, ties drawn anew (default: 20)"
        )

    def run(
        self,
        *,
        slug: str,
        truth: Path,
        upstream: str,
        plots: Path | None,
        seeds: int,
        **options: Any,
    ) -> dict[str, Any]:
        if not 1 <= seeds <= MOST:
            raise InvalidInput(f"--seeds must be from 1 to {MOST}.", code="bad_seeds")
        benchmark = get_benchmark(slug, self.actor)
        result = simulate(
            benchmark, truth, seeds=seeds, upstream=upstream, progress=self.progress()
        )
        if plots:
            write_plots(plots, {"review": _plot(result)})
        return result

    def lines(self, result: dict[str, Any]) -> list[str]:
        orders = result["orders"]
        shares = list(orders["learning"]["caught_at"])
        return [
            told(result),
            f"Errors caught in {result['seeds']} reviews: mean, and what 95 % of them catch.",
            f"{'order':<10}" + "".join(f"{f'{share} %':>22}" for share in shares),
            *(
                f"{name:<10}" + "".join(f"{_cell(row):>22}" for row in each["caught_at"].values())
                for name, each in orders.items()
            ),
        ]


def _cell(row: dict[str, float]) -> str:
    return f"{row['mean']:.1%} ({row['low']:.1%}–{row['high']:.1%})"


def _plot(result: dict[str, Any]) -> str:
    lines = {
        name: [(at / 100, share) for at, share in enumerate(each["curve"]["caught"])]
        for name, each in result["orders"].items()
    }
    return line_plot("A review replayed", "labels reviewed", "errors caught", lines)
