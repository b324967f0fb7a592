"""errata verify: whether a folder is still the release that was made, and who made it.

Asks no hub. The key that signed the release must be the one given, else the one that errata.lock or
your known keys pin; a key that is first seen is pinned.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from errata.commands.base import FINDING, USAGE, Outcome, key_argument, signed_by, tier_argument

if TYPE_CHECKING:
    from errata.manifest import Finding

NAME = "verify"
HELP = "check a release's folder: signature, digests and history, without the hub"
_SHOWN = 10


def arguments(parser: ArgumentParser) -> None:
    """Which folder, which key."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of a pulled release")
    key_argument(parser)
    tier_argument(parser)


def run(options: Namespace) -> Outcome:
    """Look at every file and at the signature."""
    from errata.verifying import verify

    found = verify(options.folder, key=options.key, tiers=options.tier)
    report = {
        "ok": not found.findings,
        "path": str(options.folder),
        "benchmark": found.benchmark,
        "version": found.version,
        "key": found.vouched and found.vouched.key,
        "trust": found.vouched and found.vouched.trust,
        "findings": [asdict(finding) for finding in found.findings],
    }
    if found.vouched:
        name = f"{found.benchmark}@{found.version}"
        tiers = ", ".join(options.tier)
        what = f"its rows of {tiers}" if tiers else "all files and the history"
        line = f"{options.folder}: {name}, {what} are as released."
        return Outcome(report, [line, signed_by(found.vouched)])
    code = USAGE if found.findings[0].code == "no_manifest" else FINDING
    return Outcome(report, _lines(options, found.findings), code)


def _lines(options: Namespace, findings: "list[Finding]") -> list[str]:
    lines = [f"errata: {finding.path}: {finding.message}" for finding in findings[:_SHOWN]]
    if more := len(findings) - len(lines):
        lines.append(f"errata: … and {more} more; --json prints all.")
    data = options.folder / "data"
    if not options.tier and (data / "tiers").is_dir() and not any(data.glob("*.jsonl")):
        lines.append("errata: If it was pulled with --tier, name the same tiers here.")
    return lines
