"""errata verify: whether a folder is still the release that was made, and who made it.

Asks no hub. The key that signed the release must be the one given, else the one that errata.lock or
your known keys pin; a key that is first seen is pinned.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from errata.commands.base import FINDING, USAGE, Outcome, key_argument, signed_by, tier_argument

NAME = "verify"
HELP = "check a release's folder: signature, digests and history, without the hub"


def arguments(parser: ArgumentParser) -> None:
    """Which folder, which key."""
    parser.add_argument("folder", type=Path, metavar="DIR")
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
        what = (
            f"the tiers {', '.join(options.tier)}" if options.tier else "all files and the history"
        )
        line = f"{options.folder}: {name}, {what} are as released."
        return Outcome(report, [line, signed_by(found.vouched)])
    code = USAGE if found.findings[0].code == "no_manifest" else FINDING
    lines = [f"errata: {finding.path}: {finding.message}" for finding in found.findings]
    return Outcome(report, lines, code)
