"""Import a file into a benchmark, which is made if it is not there; --release cuts a release."""

import argparse
from pathlib import Path
from typing import Any

from registry.management.command import ErrataCommand
from registry.models import Visibility
from registry.presets import load_preset
from registry.selectors import get_benchmark
from registry.services.import_benchmark import MISSING, import_benchmark
from versions.management.commands import cut_release
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("file", type=Path, help="CSV, JSONL or Parquet, also .gz")
        parser.add_argument("--preset", required=True, help="a shipped preset or a .toml file")
        parser.add_argument("--upstream", default="", help="alias space of the file's row ids")
        parser.add_argument(
            "--align", default="", metavar="SPACE", help="find instances by these aliases"
        )
        parser.add_argument(
            "--missing",
            default="keep",
            choices=MISSING,
            help="what to do with instances that the file's splits lack (default: keep)",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="write nothing, show what would be"
        )
        parser.add_argument(
            "--release", default="", metavar="VERSION", help="release what was imported"
        )
        parser.add_argument("--title", default="", help="of a new benchmark (default: preset's)")
        parser.add_argument(
            "--licence", default="", metavar="SPDX", help="of what is imported (default: preset's)"
        )
        parser.add_argument(
            "--visibility", default="public", choices=Visibility.values, help="of a new benchmark"
        )
        parser.add_argument("--source", default="", help="where the file is from")
        parser.add_argument("--credit", default="", help="whom to thank for it")

    def run(self, **options: Any) -> dict[str, Any]:
        told = ("slug", "upstream", "align", "missing", "dry_run")
        told += ("title", "licence", "visibility", "source", "credit")
        result = import_benchmark(
            actor=self.actor,
            path=options["file"],
            preset=load_preset(options["preset"]),
            progress=self.progress(),
            **{name: options[name] for name in told},
        )
        shown = {
            "benchmark": options["slug"],
            "dry_run": options["dry_run"],
            "changed": result.changed,
            "counts": dict(result.counts),
        }
        if options["dry_run"]:
            rows = {name: [e._asdict() for e in some] for name, some in result.examples.items()}
            shown |= {"plan": result.plan, "examples": rows}
        if options["release"] and not options["dry_run"]:
            shown["release"] = self._release(options["slug"], options["release"])
        return shown

    def _release(self, slug: str, version: str) -> dict[str, Any]:
        benchmark = get_benchmark(slug, self.actor)
        release = freeze_release(actor=self.actor, benchmark=benchmark, version=version)
        return cut_release.told(publish_release(release.pk, progress=self.progress()))

    def lines(self, result: dict[str, Any]) -> list[str]:
        counts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in result["counts"].items())
        if not result["changed"]:
            verdict = "nothing is new"
        else:
            verdict = "would be imported" if result["dry_run"] else "imported"
        lines = [f"{result['benchmark']}: {verdict} ({counts})"]
        for name, rows in result.get("examples", {}).items():
            lines.append(f"{name.replace('_', ' ')}, the first {len(rows)}:")
            lines += [f"  {row['key']}: {row['before']} → {row['after']}" for row in rows]
        return lines + (cut_release.lines(result["release"]) if "release" in result else [])
