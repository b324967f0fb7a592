"""errata identify: which version a file is.

A release with exactly this file is found by its digest. Else the labels of a CSV or JSONL file are
compared, here, with every version of the benchmark named by --of. With --offline both goes by what
is in the cache. Exit code 1: no release has exactly this file.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from errata.commands.base import FINDING, OK, Outcome, hub_arguments, require_files

if TYPE_CHECKING:
    from errata.identifying import Identified, Match

NAME = "identify"
HELP = "which version a file is"


def arguments(parser: ArgumentParser) -> None:
    """Which file, and how to read its labels."""
    parser.add_argument("file", type=Path, metavar="FILE", help="any file of a benchmark")
    parser.add_argument("--of", default="", metavar="NAME", help="the benchmark it belongs to")
    parser.add_argument(
        "--id-column",
        action="append",
        default=[],
        metavar="C",
        help="column of the keys or upstream ids, once for each part of a key (default: as the "
        "hub reads this benchmark, else key or id)",
    )
    parser.add_argument(
        "--answer-column",
        default="",
        metavar="C",
        help="column of the answer (default: as the hub reads this benchmark, else answer)",
    )
    hub_arguments(parser, offline=True)


def run(options: Namespace) -> Outcome:
    """Look for it."""
    from errata.identifying import Columns, identify

    require_files(options.file)
    ids, answer = tuple(options.id_column), options.answer_column
    columns = Columns((ids,) if ids else (), (answer,) if answer else ())
    found = identify(
        options.file, of=options.of, columns=columns, hub=options.hub, offline=options.offline
    )
    report = {
        "ok": bool(found.exact),
        "sha256": found.sha256,
        "exact": [asdict(match) for match in found.exact],
        "nearest": [asdict(each) for each in found.nearest],
        "corrected_since": found.corrected_since,
    }
    code = OK if found.exact else FINDING
    return Outcome(report, [*map(_exactly, found.exact), *_nearly(options.file, found)], code)


def _exactly(match: "Match") -> str:
    if match.upstream:
        what = f"the file imported as {match.upstream} for {match.benchmark}@{match.version}"
    else:
        what = f"{match.path} of {match.benchmark}@{match.version}"
    since = match.corrected_since
    return f"This is {what}." + ("" if since is None else f" Labels corrected since: {since}.")


def _nearly(file: Path, found: "Identified") -> list[str]:
    lines = []
    for each in found.nearest:
        counts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in each.counts.items() if n)
        lines.append(f"  {each.benchmark}@{each.version}: {counts}")
    if lines:
        nearest = found.nearest[0]
        lines.insert(0, f"No release has exactly {file.name}. Nearest first, its labels are there:")
        lines.append(f"Labels corrected since {nearest.version}: {found.corrected_since}.")
    return lines
