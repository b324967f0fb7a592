"""Import a gold set: answers of experts that labels are compared with."""

import argparse
from pathlib import Path
from typing import Any

from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark
from versions.services.import_gold import import_gold


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("file", type=Path, help="CSV, XLSX, JSONL or Parquet, also .gz")
        parser.add_argument("--upstream", required=True, help="alias space of the file's row ids")
        parser.add_argument("--name", required=True, help="what to call the gold set")
        parser.add_argument("--id-column", default="", help="(default: as the preset calls ids)")
        parser.add_argument(
            "--answer-column", default="", help="(default: as the preset calls answers)"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        names = ("upstream", "name", "id_column", "answer_column")
        done = import_gold(
            actor=self.actor,
            benchmark=benchmark,
            path=options["file"],
            progress=self.progress(),
            **{name: options[name] for name in names},
        )
        return {
            "benchmark": benchmark.slug,
            "gold": done.gold.name,
            "changed": done.is_new,
            "rows": done.gold.rows,
            "labels": done.gold.labels,
            "unlabelled": done.gold.rows - done.gold.labels,
            "with_unit": done.with_unit,
            "units": done.units,
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        verdict = "imported" if result["changed"] else "nothing is new"
        lines = [
            f"{result['gold']}: {verdict} ({result['labels']} answers, {result['unlabelled']} "
            "rows that nobody labelled)"
        ]
        lines += [
            f"  {row['id']}: '{row['written']}' is read as {row['read']}, unit {row['unit']}"
            for row in result["units"]
        ]
        if result["with_unit"] > len(result["units"]):
            lines.append(f"  and {result['with_unit'] - len(result['units'])} more with a unit")
        return lines
