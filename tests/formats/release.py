"""Make a release for the tests in this folder: python -m tests.formats.release DIR

It is frozen and built as every release is, in a hub on SQLite below DIR, and copied to DIR/release.
Run by the hub's Python; the tests that read it run in .venv-formats.
"""

import logging
import os
import shutil
import sys
from pathlib import Path

ROWS = [
    ("n1", "test", "g", "number", "How much? 25 µg", "", "10.5", "so it is"),
    ("n2", "test", "g", "number", "How much, {question} or {{that}}?", "", "-2", ""),
    ("i1", "test", "g", "integer", "How many?", "", "7", ""),
    ("c1", "test", "h", "choice", "Which, \"one\" or 'two'?", '["one","two"]', "B", ""),
    ("x1", "test", "h", "number", "Is this in doubt?", "", "3", ""),
    ("d1", "train", "h", "date", "When?", "", "2024-02-29", ""),
    ("u1", "train", "h", "number", "Whence?", "", "N/A", ""),
    ("t1", "train", "h", "text", "Who, “exactly”?", "", "Ada\tLovelace", ""),
    ("x2", "train", "h", "number", "Is this in doubt, too?", "", "4", ""),
]
COLUMNS = ("Item", "split", "group", "kind", "question", "Options", "Solution", "explanation")
PRESET = """
name = "small"
[benchmark]
title = "Small *benchmark*"
licence = "CC-BY-4.0"
citation = "Nobody. 2026."
upstream_url = "https://upstream.example/small"
intended_use = "To test formats."
[splits]
test = "test"
train = "train"
[columns]
id = ["id", "Item"]
key = ["Item"]
split = ["split"]
group = ["group"]
kind = ["kind"]
answer = ["answer", "Solution"]
[columns.inputs]
question = ["question"]
choices = ["choices", "Options"]
[columns.derivation]
explanation = ["explanation"]
[kinds]
default = "number"
[limits]
number = { relative = "0.05" }
[categories]
wrong = "The label is wrong."
"""


def main(folder: Path) -> None:
    """Make the hub, report two labels so that they are contested, freeze and build."""
    import django

    for name in [name for name in os.environ if name.startswith("ERRATA_")]:
        del os.environ[name]  # an operator's settings must not steer a test
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "",
        "ERRATA_HOME": str(folder / "home"),
        "ERRATA_HUB": "https://errata.example",
        "CELERY_BROKER_URL": "memory://",
    }
    django.setup()
    logging.disable(logging.WARNING)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    build(folder)


def build(folder: Path) -> None:
    """Import, report, freeze, build."""
    from audits.services.take_in_reports import take_in_reports
    from registry.models import Benchmark, Instance
    from registry.presets import load_preset
    from registry.selectors import system_user
    from registry.services.import_benchmark import import_benchmark
    from submissions.services.file_report import file_report
    from tests.small import write_csv
    from versions.locks import benchmark_files
    from versions.services.build_release import build_release
    from versions.services.freeze_release import freeze_release

    (folder / "small.toml").write_text(PRESET, encoding="utf-8")
    file = write_csv(
        folder / "rows.csv", [dict(zip(COLUMNS, row, strict=True)) for row in ROWS], COLUMNS
    )
    system = system_user()
    preset = load_preset(str(folder / "small.toml"))
    import_benchmark(actor=system, slug="small-one", path=file, preset=preset, upstream="v1")
    benchmark = Benchmark.objects.get(slug="small-one")
    for key in ("x1", "x2"):
        instance = Instance.objects.get(benchmark=benchmark, key=key)
        file_report(
            actor=system,
            benchmark=benchmark,
            instance=instance,
            category="wrong",
            answer="5",
            rationale="It does not add up.",
        )
    take_in_reports(benchmark.pk)
    release = freeze_release(actor=system, benchmark=benchmark, waiver="for the tests")
    with benchmark_files(benchmark.slug):
        shutil.copytree(build_release(release), folder / "release")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
