"""errata lock: pin releases in errata.lock, by version, digest and key.

A benchmark that is named has exactly the named versions afterwards. Without a name the hubs are
asked whether all that is pinned is still what they have.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from errata.commands.base import Outcome, hub_arguments, key_argument

NAME = "lock"
HELP = "pin releases in errata.lock, or check what it pins"


def arguments(parser: ArgumentParser) -> None:
    """Which releases."""
    parser.add_argument(
        "references", nargs="*", metavar="NAME@VERSION", help="as for pull, latest included"
    )
    hub_arguments(parser)
    key_argument(parser)


def run(options: Namespace) -> Outcome:
    """Pin or check."""
    from errata.lockfile import LOCK
    from errata.locking import check_lock, lock

    if options.references:
        entries = lock(options.references, hub=options.hub, key=options.key)
    else:
        entries = check_lock(hub=options.hub)
    report = {"ok": True, "lock": LOCK, "releases": [asdict(entry) for entry in entries]}
    lines = [
        f"{entry}: manifest {entry.manifest[:12]}…, signed by {entry.key[:12]}…, {entry.hub}"
        for entry in entries
    ]
    return Outcome(report, lines)
