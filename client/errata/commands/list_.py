"""errata list: the benchmarks of a hub, or the releases of one."""

from argparse import ArgumentParser, Namespace
from typing import Any
from urllib.parse import quote

from errata.commands.base import Outcome, hub_arguments, table

NAME = "list"
HELP = "the benchmarks of a hub, or the releases of one"


def arguments(parser: ArgumentParser) -> None:
    """Of which benchmark."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="a benchmark, to list its releases")
    hub_arguments(parser)


def run(options: Namespace) -> Outcome:
    """Ask the hub."""
    from errata.hub import Hub

    name = options.name
    path = f"benchmarks/{quote(name, safe='')}/releases/" if name else "benchmarks/"
    with Hub(options.hub) as hub:
        pages = hub.listed(f"{path}?page_size=200", name or "list of benchmarks")
        rows: list[dict[str, Any]] = [row for page in pages for row in page["results"]]
    if name:
        lines = table((f"{name}@{row['version']}", row["status"], _day(row)) for row in rows)
        return Outcome({"ok": True, "releases": rows}, lines or [f"{name} has no release yet."])
    lines = table((row["slug"], row["title"], row["licence"]) for row in rows)
    nothing = ["This hub has no benchmark that you may see."]
    return Outcome({"ok": True, "benchmarks": rows}, lines or nothing)


def _day(row: dict[str, Any]) -> str:
    return str(row.get("published_at") or row["frozen_at"])[:10]
