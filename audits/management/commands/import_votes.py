"""manage.py import_votes: bring votes that were made elsewhere."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from audits.services.import_votes import import_votes
from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark


class Command(ErrataCommand):
    help = "Bring votes that were made elsewhere, as JSONL (docs/verifiers.md); all or nothing."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("file", type=Path, help="JSONL, also .gz")
        parser.add_argument(
            "--upstream", default="", help="alias space of the ids in `instance` (default: keys)"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        counts = import_votes(
            actor=self.actor,
            benchmark=benchmark,
            path=options["file"],
            upstream=options["upstream"],
            progress=self.progress(),
        )
        return {"benchmark": benchmark.slug, **counts}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [
            f"{result['benchmark']}: {result['lines']} lines, {result['votes']} new votes, "
            f"{result['looks']} new looks"
        ]
