"""Say which versions stand for an upstream name, or list all names."""

import argparse
from typing import Any

from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark
from versions.services.name_upstream import name_upstream
from versions.upstream_names import upstream_names


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("name", nargs="?", help="such as v1.0/test; without one all are listed")
        parser.add_argument(
            "versions", nargs="*", metavar="version", help="all it stands for; none: it goes"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        if options["name"]:
            name_upstream(
                actor=self.actor,
                benchmark=benchmark,
                name=options["name"],
                versions=options["versions"],
            )
        return {"benchmark": benchmark.slug, "names": upstream_names(benchmark)}

    def lines(self, result: dict[str, Any]) -> list[str]:
        told = [f"{name}: {', '.join(of)}" for name, of in result["names"].items()]
        return told or [f"{result['benchmark']} has no upstream names"]
