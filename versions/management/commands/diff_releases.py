"""Show how two releases of a benchmark differ, row by row."""

import argparse
from collections.abc import Iterable
from typing import Any

from errata.word_diff import as_wdiff

from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark
from versions.difference import difference_of
from versions.selectors import get_release


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("old", help="the older version")
        parser.add_argument("new", help="the newer version, or latest")

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        old, new = (get_release(benchmark, options[name]) for name in ("old", "new"))
        found = difference_of(benchmark, old, new)
        return {
            "benchmark": benchmark.slug,
            "old": old.version,
            "new": new.version,
            "totals": found.totals.to_dict(),
            "label_changes_by": found.breakdown(),
            "label_changes_others": found.others(),
            "entries": found.entries,
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        counts = ", ".join(f"{n} {name}" for name, n in result["totals"].items() if n)
        title = f"{result['benchmark']} {result['old']} → {result['new']}: {counts or 'no change'}"
        others = result["label_changes_others"]
        by = [
            f"label changes by {name}: {', '.join(f'{n} {value}' for value, n in counts.items())}"
            + (f" and {others[name]} others" if name in others else "")
            for name, counts in result["label_changes_by"].items()
            if counts
        ]
        return [title, *by, *change_lines(result["entries"])]


def change_lines(entries: Iterable[dict[str, Any]]) -> list[str]:
    """Changes for people: what each is, why, and its inputs word by word; label changes first."""
    return [line for entry in sorted(entries, key=_rank) for line in _lines(entry)]


def _rank(entry: dict[str, Any]) -> int:
    """Label changes first, labels that were only looked at again last."""
    return 0 if entry["label_changed"] else 2 if entry["kind"] == "tier" else 1


def _lines(entry: dict[str, Any]) -> list[str]:
    why = ": ".join(
        text for text in (entry["category"], entry["reason"] or entry["source"]) if text
    )
    lines = [_line(entry), f"  {why}"] if why else [_line(entry)]
    lines += [f"  {link['url']}" for link in entry["links"] if link["type"] != "instance"]
    return [*lines, *(f"  {each['name']}: {as_wdiff(each['pieces'])}" for each in entry["inputs"])]


def _line(entry: dict[str, Any]) -> str:
    before, after = entry["before"], entry["after"]
    if before is None or after is None:
        return f"{entry['kind']}  {entry['key']}  {(before or after)['answer']}"
    if entry["kind"] == "tier":
        return f"tier  {entry['key']}  {before['tier']} → {after['tier']}"
    marks = [name for name in ("limits", "inputs", "kind") if entry[f"{name}_changed"]]
    marks += ["same meaning"] if entry["same_meaning"] else []
    also = f"  (also {', '.join(marks)})" if marks else ""
    return f"{entry['change']}  {entry['key']}  {before['answer']} → {after['answer']}{also}"
