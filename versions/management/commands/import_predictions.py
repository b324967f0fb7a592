"""Store the answers of one model and say how they do on every release."""

import argparse
from pathlib import Path
from typing import Any

from errata.scoring import Score

from registry.management.command import ErrataCommand
from registry.models import Benchmark
from registry.presets import load_preset
from registry.selectors import get_benchmark
from submissions.models import PredictionSet
from submissions.services.publish_predictions import publish_predictions
from versions.scores import contracts_of, jobs_of, scores_of, unscored
from versions.selectors import published_releases
from versions.services.score_predictions import score_predictions
from versions.services.take_predictions import take_predictions

_TOLD = ("rows", "counted", "correct", "abstained", "unparsable", "not_in_release", "input_changed")


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
        parser.add_argument(
            "--made-on",
            default="",
            metavar="VERSION",
            help="the release whose inputs the model was given (default: the latest one)",
        )
        parser.add_argument("--publish", action="store_true", help="let everybody see them")

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        stored = take_predictions(
            actor=self.actor,
            benchmark=benchmark,
            path=options["file"],
            model=options["model"],
            family=options["family"],
            preset=load_preset(options["preset"]),
            upstream=options["upstream"],
            made_on=options["made_on"],
            progress=self.progress(),
        )
        if options["publish"]:
            publish_predictions(actor=self.actor, found=stored)
        missing = unscored(benchmark, jobs_of(benchmark))
        score_predictions(
            {each: jobs for each, jobs in missing.items() if each == stored},
            progress=self.progress(),
        )
        return {
            "benchmark": benchmark.slug,
            "model": stored.model,
            "predictions": stored.public_id,
            "made_on": stored.made_on or None,
            "admitted": stored.admitted,
            "published": stored.published_at is not None,
            "releases": self._scores(benchmark, stored),
        }

    def _scores(self, benchmark: Benchmark, stored: PredictionSet) -> dict[str, Any]:
        """The figures by version, each under the contract of that version."""
        releases = list(published_releases(benchmark).order_by("sequence").defer("snapshot"))
        scores, contracts = scores_of([stored], releases), contracts_of(releases)
        told = {}
        for release in releases:
            contract = contracts[release.pk].version
            score = Score.from_dict(scores[stored.pk, release.pk, contract].counts)
            told[release.version] = {"contract": contract, **score.figures()}
        return told

    def lines(self, result: dict[str, Any]) -> list[str]:
        lines = [f"{result['model']}: stored as {result['predictions']}"]
        for version, score in result["releases"].items():
            told = ", ".join(f"{score[name]} {name.replace('_', ' ')}" for name in _TOLD)
            lines.append(f"on {version}: {told}")
        return lines if result["releases"] else [*lines, "no release to grade against yet"]
