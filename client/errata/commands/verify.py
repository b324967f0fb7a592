"""errata verify: whether a folder is still the release that was pulled."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from errata.commands.base import FINDING, USAGE, Outcome
from errata.manifest import verify_directory

NAME = "verify"
HELP = "check a pulled folder against its manifest"


def arguments(parser: ArgumentParser) -> None:
    """Which folder."""
    parser.add_argument("folder", type=Path, metavar="DIR")


def run(options: Namespace) -> Outcome:
    """Look at every file."""
    findings = verify_directory(options.folder)
    report = {
        "ok": not findings,
        "path": str(options.folder),
        "findings": [asdict(finding) for finding in findings],
    }
    if not findings:
        return Outcome(report, [f"{options.folder}: all files and the history are as released."])
    code = USAGE if findings[0].code == "no_manifest" else FINDING
    return Outcome(report, [f"errata: {each.path}: {each.message}" for each in findings], code)
