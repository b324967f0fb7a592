"""Store the answers of one model and say how they do on every release."""

import argparse
from pathlib import Path
from typing import Any

from registry.management.command import ErrataCommand
from registry.presets import load_preset
from registry.selectors import get_benchmark
from submissions.services.store_predictions import store_predictions
from versions.selectors import published_releases
from versions.services.score_predictions import score_predictions


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("file", type=Path, help="CSV, JSONL or Parquet, also .gz")
        parser.add_argument("--model", required=True, help="the model that answered")
        parser.add_argument(
            "--family", default="", help="models of one family have one vote in audits"
        )
        parser.add_argument("--preset", required=True, help="a shipped preset or a .toml file")
        parser.add_argument("--upstream", default="", help="alias space of the file's row ids")

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        stored = store_predictions(
            actor=self.actor,
            benchmark=benchmark,
            path=options["file"],
            model=options["model"],
            family=options["family"],
            preset=load_preset(options["preset"]),
            upstream=options["upstream"],
            progress=self.progress(),
        )
        return {
            "benchmark": benchmark.slug,
            "model": stored.model,
            "predictions": stored.public_id,
            "admitted": stored.admitted,
            "releases": {
                release.version: score_predictions(predictions=stored, release=release).to_dict()
                for release in published_releases(benchmark).order_by("sequence")
            },
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        lines = [f"{result['model']}: stored as {result['predictions']}"]
        for version, score in result["releases"].items():
            told = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in score.items())
            lines.append(f"on {version}: {told}")
        return lines if result["releases"] else [*lines, "no release to grade against yet"]
