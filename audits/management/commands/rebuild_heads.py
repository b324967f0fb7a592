"""manage.py rebuild_heads: make the projections anew from the facts."""

from argparse import ArgumentParser
from typing import Any

from audits.services.rebuild_heads import rebuild_heads
from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark


class Command(ErrataCommand):
    help = "Make heads and standings anew from revisions, votes, reports and decisions."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")

    def run(self, *, slug: str, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(slug, self.actor)
        result = rebuild_heads(actor=self.actor, benchmark=benchmark, progress=self.progress())
        self.finding = bool(result["heads"] or result["standings"])
        return result

    def lines(self, result: dict[str, Any]) -> list[str]:
        lines = [
            f"{result['instances']} instances: {result['heads']} heads and "
            f"{result['standings']} standings differed from the facts and were mended."
        ]
        return lines + [f"head of {key}" for key in result["keys"]]
