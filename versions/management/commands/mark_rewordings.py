"""Say which rewordings mean the same, take that back, or list what was reworded."""

import argparse
from typing import Any

from errata.word_diff import as_wdiff

from registry.errors import InvalidInput
from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark
from versions.permissions import require_cutter
from versions.rewordings import describe, filtered, reworded
from versions.selectors import get_release, last_release
from versions.services.mark_rewordings import mark_rewordings


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument(
            "--between",
            nargs=2,
            default=(),
            metavar=("OLD", "NEW"),
            help="two versions; without it, the last release and now",
        )
        parser.add_argument("--group", default="", help="only of this group")
        parser.add_argument(
            "--key",
            dest="keys",
            action="append",
            default=[],
            help="only this one; may be given again",
        )
        parser.add_argument("--because", default="", metavar="REASON", help="why; it is published")
        parser.add_argument("--undo", action="store_true", help="take back what was said")

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        require_cutter(self.actor, benchmark)
        if options["between"]:
            old, new = (get_release(benchmark, version) for version in options["between"])
        else:
            old, new = last_release(benchmark), None
        found = filtered(reworded(benchmark, old, new) if old else (), group=options["group"])
        if options["keys"]:
            found = [each for each in found if each.pair.key in options["keys"]]
        if missing := sorted(set(options["keys"]) - {each.pair.key for each in found}):
            raise InvalidInput(f"The inputs of {missing[0]} were not reworded there.")
        marked = 0
        if options["because"] or options["undo"]:
            marked = mark_rewordings(
                actor=self.actor,
                benchmark=benchmark,
                pairs=[e.pair for e in found if (e.is_marked if options["undo"] else not e.said)],
                reason=options["because"],
                same=not options["undo"],
            )
        return {"benchmark": benchmark.slug, "marked": marked, "reworded": describe(found)}

    def lines(self, result: dict[str, Any]) -> list[str]:
        if result["marked"]:
            return [f"{result['marked']} written down; it counts from the next release on"]
        if not result["reworded"]:
            return [f"{result['benchmark']}: nothing was reworded"]
        return [line for entry in result["reworded"] for line in _lines(entry)]


def _lines(entry: dict[str, Any]) -> list[str]:
    said = "; ".join(f"{each['by']}: {each['reason']}" for each in entry["rewordings"])
    head = f"{entry['key']}  {f'means the same ({said})' if said else 'nothing said'}"
    return [head, *(f"  {each['name']}: {as_wdiff(each['pieces'])}" for each in entry["inputs"])]
