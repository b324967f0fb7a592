"""errata score: how a model's answers do on a release.

PREDICTIONS is CSV or JSONL with the rows' keys and answers (or full responses), results of
MedCalc-Bench, samples of lm-evaluation-harness, or a log of Inspect. RELEASE is a pulled folder,
which needs no hub, or NAME@VERSION; without it, the release that --made-on names, else the only one
that errata.lock pins, else the only pulled folder in this one. --made-on names the release whose
inputs the model was given: an answer counts only where RELEASE asks the same. With --with a file of
keys and answers: also the score if these fixes were accepted, which is provisional, of no version,
and not to be cited.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from errata.commands.base import Outcome, hub_arguments, require_files

if TYPE_CHECKING:
    from errata.scoring import Provisional, Score

NAME = "score"
HELP = "how a model's answers do on a release"


def arguments(parser: ArgumentParser) -> None:
    """Which answers, on what."""
    parser.add_argument(
        "predictions", type=Path, metavar="PREDICTIONS", help="file of the model's answers"
    )
    parser.add_argument(
        "release",
        nargs="?",
        default="",
        metavar="RELEASE",
        help="a pulled folder, or NAME@VERSION (default: the one that is meant here)",
    )
    parser.add_argument(
        "--made-on",
        default="",
        metavar="RELEASE",
        help="the release whose inputs the model was given; without it inputs are not compared",
    )
    parser.add_argument(
        "--with",
        dest="fixes",
        type=Path,
        metavar="FIXES",
        help="CSV or JSONL of key and answer: the score if these labels were accepted",
    )
    hub_arguments(parser, offline=True)


def run(options: Namespace) -> Outcome:
    """Score them."""
    from errata.rescoring import score_file

    require_files(options.predictions, options.fixes)
    found = score_file(
        options.predictions,
        options.release,
        made_on=options.made_on,
        fixes=options.fixes,
        hub=options.hub,
        offline=options.offline,
    )
    report = {
        "ok": True,
        "benchmark": found.benchmark,
        "version": found.version,
        "contract": found.contract,
        "score": found.score.figures(),
        "provisional": found.provisional and found.provisional.to_dict(),
    }
    head = f"{found.benchmark}@{found.version}, contract {found.contract}"
    lines = [f"{head}: {_said(found.score)}"]
    if found.provisional:
        lines.append(_if_accepted(found.provisional))
    return Outcome(report, lines)


def _said(score: "Score") -> str:
    if score.accuracy is None or score.interval is None:
        return (
            f"none of {score.rows} predictions counts; {score.input_changed} were made on other "
            f"inputs, {score.not_in_release} have no row there."
        )
    low, high = score.interval
    other = f"{score.input_changed} were made on other inputs, " if score.input_changed else ""
    return (
        f"{score.correct} of {score.counted} right, {score.accuracy:.1%} ({low:.1%} to "
        f"{high:.1%}); {score.abstained} abstain, {score.unparsable} cannot be read, "
        f"{other}{score.not_in_release} have no row there; covers {score.counted} of "
        f"{score.release_rows} rows."
    )


def _if_accepted(found: "Provisional") -> str:
    return (
        f"Provisional, not to be cited, if these {found.fixes} fixes are accepted: "
        f"{_said(found.score)} Gained {found.gained}, lost {found.lost}."
    )
