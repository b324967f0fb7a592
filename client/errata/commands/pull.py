"""errata pull: releases in folders, every byte checked.

A release whose files are in the cache needs no network. A download that broke off goes on where it
stopped.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.commands.base import Outcome, hub_arguments, key_argument, signed_by, tier_argument
from errata.errors import ErrataError

if TYPE_CHECKING:
    from errata.lockfile import Locked
    from errata.pulling import Pulled

NAME = "pull"
HELP = "download a release and check every byte"


def arguments(parser: ArgumentParser) -> None:
    """What to pull, from where, to where."""
    parser.add_argument(
        "reference",
        nargs="?",
        metavar="NAME@VERSION",
        help="for example medcalc-bench@1.1.0 or medcalc-bench@latest; with --locked all that "
        "errata.lock pins, or the one named",
    )
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="folder to make (default: NAME-VERSION)"
    )
    parser.add_argument(
        "--locked", action="store_true", help="exactly what errata.lock pins, or fail"
    )
    hub_arguments(parser, offline=True)
    key_argument(parser)
    tier_argument(parser)


def run(options: Namespace) -> Outcome:
    """Pull and say what came."""
    from errata.pulling import pull, pull_locked

    place = {"hub": options.hub, "offline": options.offline}
    if options.locked:
        entries = _locked(options)
        came = [pull_locked(entry, options.to, **place, tiers=options.tier) for entry in entries]
        report: dict[str, Any] = {"ok": True, "releases": [_told(pulled) for pulled in came]}
        return Outcome(report, [line for pulled in came for line in _lines(pulled)])
    if options.reference is None:
        message = "Name a release, for example medcalc-bench@1.1.0, or use --locked."
        raise ErrataError("bad_reference", message, asked_wrongly=True)
    pulled = pull(options.reference, options.to, **place, key=options.key, tiers=options.tier)
    return Outcome({"ok": True} | _told(pulled), _lines(pulled))


def _locked(options: Namespace) -> list["Locked"]:
    from errata.lockfile import LOCK, read_lock

    entries = read_lock()
    name = options.reference
    found = [each for each in entries if name in (None, each.benchmark, str(each))]
    if options.key:
        message = f"--locked goes by the keys in {LOCK}; leave out --key."
    elif not entries:
        message = f"There is no {LOCK} here; write one with: errata lock NAME@VERSION"
    elif not found:
        message = f"{LOCK} does not pin {name}; it pins {', '.join(map(str, entries))}."
    elif options.to and len(found) > 1:
        message = "--to takes one release, and several are pinned; name one."
    else:
        return found
    raise ErrataError("not_locked", message, asked_wrongly=True)


def _told(pulled: "Pulled") -> dict[str, Any]:
    release, vouched = pulled.release, pulled.vouched
    return {
        "benchmark": release.benchmark,
        "version": release.version,
        "status": release.status,
        "reason": release.reason,
        "instead": release.instead,
        "path": str(pulled.path),
        "downloaded": pulled.downloaded,
        "key": vouched and vouched.key,
        "trust": vouched and vouched.trust,
        "files": [asdict(file) for file in pulled.files],
    }


def _lines(pulled: "Pulled") -> list[str]:
    release = pulled.release
    return [
        f"{release.benchmark}@{release.version}: {len(pulled.files)} files in {pulled.path}, "
        f"every digest checked; {pulled.downloaded} downloaded.",
        signed_by(pulled.vouched),
    ]
