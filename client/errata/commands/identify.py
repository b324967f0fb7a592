"""errata identify: which version a file is.

A release with exactly this file is found by its digest. Else the labels of a CSV, JSONL, Parquet or
XLSX file are compared, here, with every version of the benchmark named by --of, or of the one whose
newest release has most of them. With --offline all goes by what is in the cache. Parquet takes
pyarrow, XLSX openpyxl. Exit code 1: no release has exactly this file.
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
    parser.add_argument(
        "--of",
        default="",
        metavar="NAME",
        help="the benchmark it belongs to (default: look for it)",
    )
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
    from errata.identifying import identify
    from errata.likeness import Columns

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
        "looked_at": found.looked_at,
        "passed_over": found.passed_over,
    }
    code = OK if found.exact else FINDING
    return Outcome(report, [*map(_exactly, found.exact), *_nearly(options.file, found)], code)


def _exactly(match: "Match") -> str:
    if match.upstream:
        what = f"the file imported as {match.upstream} for {match.benchmark}@{match.version}"
    else:
        what = f"{match.path} of {match.benchmark}@{match.version}"
    what += _standing(match.status)
    since = match.corrected_since
    return f"This is {what}." + ("" if since is None else f" Labels corrected since: {since}.")


def _standing(status: str) -> str:
    return "" if status == "published" else f" ({status})"


def _nearly(file: Path, found: "Identified") -> list[str]:
    if not found.nearest:
        return []
    lines = [f"No release has exactly {file.name}. Nearest first, its labels are there:"]
    for each in found.nearest:
        counts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in each.counts.items() if n)
        lines.append(f"  {each.benchmark}@{each.version}{_standing(each.status)}: {counts}")
    nearest = found.nearest[0]
    lines.append(f"Labels corrected since {nearest.version}: {found.corrected_since}.")
    if found.looked_at:
        others = f"; {found.passed_over} more were not: name yours with --of"
        more = others if found.passed_over else ""
        lines.append(f"Benchmarks that were looked at: {', '.join(found.looked_at)}{more}.")
    return lines
