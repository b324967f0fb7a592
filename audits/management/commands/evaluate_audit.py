"""manage.py evaluate_audit: how good a run's verifiers are where the truth is known."""

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audits.measuring import evaluate_audit
from audits.plots import line_plot
from audits.reading import get_run
from registry.errors import InvalidInput
from registry.management.command import ErrataCommand

_HEAD = (
    "objects", "right", "precision", "recall", "auc", "avg.prec.",
    "@5", "@10", "@20", "@32", "@50", "saved90", "saved95", "brier", "ece",
)  # fmt: skip


class Command(ErrataCommand):
    help = "Measure a run's verifiers, alone and together, on labels whose truth a file knows."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("audit", metavar="RUN", help="the id of the run, as run_audit shows it")
        add_truth(parser)

    def run(
        self, *, audit: str, truth: Path, upstream: str, plots: Path | None, **options: Any
    ) -> dict[str, Any]:
        run = get_run(audit, self.actor)
        result = evaluate_audit(run, truth, upstream=upstream, progress=self.progress())
        if plots:
            write_plots(plots, _plots(result["quality"]))
        return result

    def lines(self, result: dict[str, Any]) -> list[str]:
        quality = result["quality"]
        width = max(map(len, quality))
        return [
            told(result),
            " " * width + "".join(f"{name:>10}" for name in _HEAD),
            *(f"{name:<{width}}" + _cells(row) for name, row in quality.items()),
            "@5: percent of the errors caught by 5 % of the work; saved90: percent of the work "
            "saved while 90 % are caught.",
        ]


def add_truth(parser: ArgumentParser) -> None:
    """The options of commands that measure by a truth."""
    parser.add_argument(
        "--truth",
        type=Path,
        required=True,
        metavar="FILE",
        help="CSV: keys or upstream ids, and the right answer or a column `wrong` (yes or no)",
    )
    parser.add_argument(
        "--upstream", default="", metavar="S", help="alias space of the file's row ids"
    )
    parser.add_argument(
        "--plots", type=Path, metavar="DIR", help="write the plots there too, as SVG"
    )


def told(result: Mapping[str, Any]) -> str:
    """What the truth tells of, in a sentence."""
    return (
        f"{result['benchmark']}: {result['wrong']} of {result['labels']} labels with truth are "
        f"wrong; {result['without_truth']} labels have no truth, {result['elsewhere']} of "
        f"{result['rows']} rows tell of none; both are left out."
    )


def write_plots(folder: Path, plots: Mapping[str, str]) -> None:
    """Write plots by name into a folder, which is made; InvalidInput where that is refused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, svg in plots.items():
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"The plots cannot be written: {error}.", code="bad_folder") from error


def _plots(quality: Mapping[str, Any]) -> dict[str, str]:
    caught = {
        name: [(at / 100, share) for at, share in enumerate(row["curve"])]
        for name, row in quality.items()
    }
    sure = {
        name: [(each["doubt"], each["share"]) for each in row["bins"]]
        for name, row in quality.items()
    }
    return {
        "caught": line_plot("Errors caught", "labels reviewed", "errors caught", caught),
        "reliability": line_plot(
            "Reliability",
            "doubt (mean of each tenth)",
            "labels that are wrong",
            {"as it should be": [(0.0, 0.0), (1.0, 1.0)]} | sure,
        ),
    }


def _cells(row: Mapping[str, Any]) -> str:
    numbers = [row["precision"], row["recall"], row["auc"], row["average_precision"]]
    shares = [*row["caught_at"].values(), *row["saved_at"].values()]
    return (
        f"{row['objections']:>10}{row['right']:>10}"
        + "".join(f"{'–' if n is None else f'{n:.3f}':>10}" for n in numbers)
        + "".join(f"{100 * share:>10.1f}" for share in shares)
        + f"{row['brier']:>10.3f}{row['calibration_error']:>10.3f}"
    )
