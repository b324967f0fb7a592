"""Check every revision, text, head and manifest of a benchmark; exit 1 names the first broken."""

import argparse
from typing import Any

from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark
from versions.services.verify_history import verify_history


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        check = verify_history(benchmark=benchmark, progress=self.progress())
        self.finding = bool(check.finding)
        return {"benchmark": benchmark.slug, "clean": not self.finding, **check.to_dict()}

    def lines(self, result: dict[str, Any]) -> list[str]:
        walked = (
            f"{result['revisions']} revisions of {result['instances']} instances, "
            f"{result['texts']} texts ({result['removed_texts']} removed), "
            f"{result['releases']} releases"
        )
        if result["finding"]:
            return [f"Broken: {result['finding']}", f"Walked until then: {walked}"]
        return [f"{result['benchmark']}: the history holds. {walked}"]
