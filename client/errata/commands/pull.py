"""errata pull: a release in a folder, every byte checked."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from errata.commands.base import Outcome

NAME = "pull"
HELP = "download a release and check every byte"


def arguments(parser: ArgumentParser) -> None:
    """What to pull, from where, to where."""
    parser.add_argument("reference", help="for example medcalc-bench@1.1.0 or medcalc-bench@latest")
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="folder to make (default: slug-version)"
    )
    parser.add_argument("--hub", metavar="URL", help="address of the hub (default: ERRATA_HUB)")


def run(options: Namespace) -> Outcome:
    """Pull and say what came."""
    from errata.pulling import pull

    pulled = pull(options.reference, options.to, hub=options.hub)
    release = pulled.release
    report = {
        "ok": True,
        "benchmark": release.benchmark,
        "version": release.version,
        "status": release.status,
        "path": str(pulled.path),
        "downloaded": pulled.downloaded,
        "files": [asdict(file) for file in release.files],
    }
    line = (
        f"{release.benchmark}@{release.version}: {len(release.files)} files in {pulled.path}, "
        f"every digest checked; {pulled.downloaded} downloaded."
    )
    return Outcome(report, [line])
