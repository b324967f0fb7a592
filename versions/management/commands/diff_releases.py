"""Show how two releases of a benchmark differ, row by row."""

import argparse
from typing import Any

from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark
from versions.diffing import total
from versions.selectors import diff, get_release


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("old", help="the older version")
        parser.add_argument("new", help="the newer version, or latest")

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        old, new = (get_release(benchmark, options[name]) for name in ("old", "new"))
        entries = list(diff(old, new))
        return {
            "benchmark": benchmark.slug,
            "old": old.version,
            "new": new.version,
            "totals": total(entries).to_dict(),
            "entries": [entry.to_dict() for entry in entries],
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        counts = ", ".join(f"{n} {name}" for name, n in result["totals"].items() if n)
        title = f"{result['benchmark']} {result['old']} → {result['new']}: {counts or 'no change'}"
        return [title, *(_line(entry) for entry in result["entries"])]


def _line(entry: dict[str, Any]) -> str:
    before, after = entry["before"], entry["after"]
    if before is None or after is None:
        return f"{entry['kind']}  {entry['key']}  {(before or after)['answer']}"
    if entry["kind"] == "tier":
        return f"tier  {entry['key']}  {before['tier']} → {after['tier']}"
    marks = [name for name in ("limits", "inputs", "kind") if entry[f"{name}_changed"]]
    also = f"  (also {', '.join(marks)})" if marks else ""
    return f"{entry['change']}  {entry['key']}  {before['answer']} → {after['answer']}{also}"
