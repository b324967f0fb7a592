"""Compare label sets with a gold set: the labels as they stand, releases, and files."""

import argparse
from pathlib import Path
from typing import Any

from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark
from versions.gold import compare_labels, get_gold
from versions.selectors import get_release


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("--gold", required=True, metavar="NAME", help="the gold set")
        parser.add_argument(
            "--release",
            action="append",
            default=[],
            metavar="VERSION",
            help="a release (default: the labels as they stand); may be given again",
        )
        parser.add_argument(
            "--labels",
            type=Path,
            nargs="+",
            action="extend",
            default=[],
            metavar="FILE",
            help="CSV, XLSX, JSONL or Parquet with ids as in the gold set",
        )

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        gold = get_gold(benchmark, options["gold"])
        compared = compare_labels(
            benchmark=benchmark,
            gold=gold,
            releases=[get_release(benchmark, version) for version in options["release"]],
            files=options["labels"],
            current=not options["release"],
            progress=self.progress(),
        )
        return {
            "benchmark": benchmark.slug,
            "gold": {"name": gold.name, "rows": gold.rows, "labels": gold.labels},
            "sets": [each.to_dict() for each in compared],
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        gold = result["gold"]
        return [
            f"{result['benchmark']} beside {gold['name']}: {gold['labels']} answers of experts",
            *(_line(each) for each in result["sets"]),
        ]


def _line(each: dict[str, Any]) -> str:
    if not each["n"]:
        return f"{each['set']}: no label for any of them"
    lower, upper = each["interval"]
    line = f"{each['set']}: {each['agree']} of {each['n']} agree ({lower:.1%} to {upper:.1%})"
    if each["smape_n"]:
        low, high = each["smape_interval"]
        line += f", sMAPE {each['smape']:.2f} % ({low:.2f} to {high:.2f}, n {each['smape_n']})"
    return line + (f", {each['missing']} missing" if each["missing"] else "")
