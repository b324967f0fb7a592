"""manage.py decide_cases: decide many cases from a file."""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from audits.services.decide_rows import DONE, FINE, decide_rows
from audits.sheets import read_table
from registry.errors import InvalidInput
from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark


class Command(ErrataCommand):
    help = "Decide cases from a CSV or XLSX: key (or id), outcome, answer, category, reason."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("file", type=Path, help="CSV or XLSX")
        parser.add_argument(
            "--upstream", default="", metavar="S", help="alias space of the ids in `id`"
        )
        parser.add_argument("--dry-run", action="store_true", help="check each row, write nothing")

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        try:
            with options["file"].open("rb") as file:
                rows = read_table(options["file"].name, file)
        except OSError as error:
            raise InvalidInput(f"{options['file']} cannot be read: {error}.") from error
        checked = decide_rows(
            actor=self.actor,
            benchmark=benchmark,
            rows=rows,
            upstream=options["upstream"],
            dry_run=options["dry_run"],
        )
        return {
            "benchmark": benchmark.slug,
            "rows": len(checked),
            **Counter(each.state for each in checked),
            "problems": [
                f"line {each.line}, {each.key}: {each.state}: {each.said}"
                for each in checked
                if each.state not in (FINE, DONE)
            ],
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        counts = [f"{n} {state}" for state, n in result.items() if isinstance(n, int)]
        return [f"{result['benchmark']}: {', '.join(counts)}", *result["problems"]]
