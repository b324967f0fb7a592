"""manage.py import_reports: a file of proposed answers becomes reports."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from audits.services.import_reports import import_reports
from registry.management.command import ErrataCommand
from registry.presets import load_preset
from registry.selectors import get_benchmark


class Command(ErrataCommand):
    help = "File every row of FILE that proposes another answer than the label's as a report."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("file", type=Path)
        parser.add_argument("--preset", required=True, help="how to read the file")
        parser.add_argument(
            "--upstream", default="", metavar="SPACE", help="alias space of the row ids (v1.0/test)"
        )

    def run(
        self, *, slug: str, file: Path, preset: str, upstream: str, **options: Any
    ) -> dict[str, Any]:
        return import_reports(
            actor=self.actor,
            benchmark=get_benchmark(slug, self.actor),
            path=file,
            preset=load_preset(preset),
            upstream=upstream,
            progress=self.progress(),
        )

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [
            f"{result['rows']} rows: {result['filed']} filed as reports, "
            f"{result['no_difference']} say what the label says, "
            f"{result['already_reported']} reported already, "
            f"{result['declined_before']} declined before, {result['already_decided']} decided."
        ]
