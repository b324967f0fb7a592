"""What the subcommands share: their outcome, the exit codes, and arguments that several take."""

from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from errata.errors import ErrataError

if TYPE_CHECKING:
    from errata.trust import Vouched

OK, FINDING, USAGE, INTERRUPTED = 0, 1, 2, 130
_TRUST = {
    "given": "the key you gave",
    "locked": "the key in errata.lock",
    "known": "the key you know",
    "handed_over": "a new key, to which the one you know hands over",
    "earlier_key": "an earlier key; the one you know lists this release as signed before it",
    "earlier_key_unlisted": "an earlier key; the one you know took over from it, but does not list "
    "what was signed before, so whoever has the old key could have made this: compare the SHA-256 "
    "of manifest.json with the hub's",
    "first_use": "a key first seen here and pinned now; compare it with the hub's /api/v1/keys/",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command comes to: `report` is what `--json` prints, `lines` what people read."""

    report: dict[str, Any]
    lines: list[str] = field(default_factory=list)
    code: int = OK


def failed(code: int, name: str, message: str) -> Outcome:
    """The outcome of a command that could not do its work."""
    return Outcome({"ok": False, "code": name, "message": message}, [f"errata: {message}"], code)


def hub_arguments(parser: ArgumentParser, *, offline: bool = False) -> None:
    """Which hub, and for commands that can do without one, whether to ask it."""
    parser.add_argument("--hub", metavar="URL", help="address of the hub (default: ERRATA_HUB)")
    if offline:
        parser.add_argument("--offline", action="store_true", help="use the cache, ask nobody")


def key_argument(parser: ArgumentParser) -> None:
    """Which key must have signed."""
    parser.add_argument(
        "--key",
        metavar="FINGERPRINT",
        help="the key that must have signed it (default: the one pinned at first use)",
    )


def tier_argument(parser: ArgumentParser) -> None:
    """Which rows alone."""
    parser.add_argument(
        "--tier",
        default=[],
        type=lambda text: [each.strip() for each in text.split(",")],
        metavar="TIER,…",
        help="only the rows of these tiers, for example expert,consensus",
    )


def require_files(*paths: Path | None) -> None:
    """Refuse what names no file; None names nothing."""
    for path in paths:
        if path is not None and not path.is_file():
            raise ErrataError("no_file", f"There is no file {path}.", asked_wrongly=True)


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Lines in which each column begins at the same place."""
    told = list(rows)
    widths = [max(map(len, column)) for column in zip(*told, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in told
    ]


def signed_by(vouched: "Vouched | None") -> str:
    """Who signed a release, and why that key is trusted, for people."""
    if vouched is None:
        return "It is not signed."
    return f"Signed by {vouched.key}, {_TRUST[vouched.trust]}."
