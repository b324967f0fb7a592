"""Hold a decision or a group back from the releases to come, lift that, or list what is held."""

import argparse
from typing import Any

from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark
from versions.holds import describe_holds, holds_in_force
from versions.permissions import require_cutter
from versions.services.hold_back import hold_back, lift_hold


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--decision", default="", metavar="ID", help="hold this decision back")
        what.add_argument("--group", default="", help="hold every label of this group back")
        what.add_argument("--lift", default="", metavar="ID", help="lift the hold of this id")
        parser.add_argument("--because", default="", metavar="REASON", help="why; it is published")

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        require_cutter(self.actor, benchmark)
        if options["lift"]:
            lift_hold(actor=self.actor, benchmark=benchmark, hold=options["lift"])
        elif options["decision"] or options["group"]:
            hold_back(
                actor=self.actor,
                benchmark=benchmark,
                reason=options["because"],
                decision=options["decision"],
                group=options["group"],
            )
        return {"benchmark": benchmark.slug, "held": describe_holds(holds_in_force(benchmark))}

    def lines(self, result: dict[str, Any]) -> list[str]:
        if not result["held"]:
            return [f"{result['benchmark']}: nothing is held back"]
        return [hold_line(hold) for hold in result["held"]]


def hold_line(hold: dict[str, Any]) -> str:
    """One hold on one line."""
    what = f"decision {hold['decision']} on {hold['key']}" if hold["decision"] else hold["group"]
    return f"{hold['id']}  {what} ({hold['labels']}), by {hold['by']}: {hold['reason']}"
