"""errata diff: how two releases of a benchmark differ, label by label.

The hub is asked, which knows every reason. With --offline, or of two pulled folders, the rows are
compared here, and reasons are told as the newer release's changelog tells them.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from errata.commands.base import Outcome, hub_arguments
from errata.errors import ErrataError

NAME = "diff"
HELP = "how two releases of a benchmark differ"
_SHOWN = 50
_MOST = 12  # values of a count
_MARKS = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}  # as wdiff writes them


def arguments(parser: ArgumentParser) -> None:
    """Which two."""
    parser.usage = "errata diff NAME OLD NEW [--offline] | errata diff DIR DIR"
    parser.add_argument("name", metavar="NAME", help="the benchmark, or the older release's folder")
    parser.add_argument("old", metavar="OLD", help="the older version, or the newer one's folder")
    parser.add_argument("new", metavar="NEW", nargs="?", help="the newer version, or latest")
    hub_arguments(parser, offline=True)


def run(options: Namespace) -> Outcome:
    """Compare."""
    from errata.comparing import compare_folders, compare_releases
    from errata.hub import Hub

    name, old, new = options.name, options.old, options.new
    if new is None:
        found = compare_folders(*(_folder(each) for each in (name, old)))
    elif options.offline:
        found = compare_releases(name, old, new, hub=options.hub)
    else:
        path = f"benchmarks/{name}/releases/{new}/diff/?since={old}&page_size=200"
        with Hub(options.hub) as hub:
            pages = list(hub.listed(path, f"difference of {name} {old} and {new}"))
        entries = [entry for page in pages for entry in page["results"]]
        first = {name: value for name, value in pages[0].items() if name != "next"}
        found = first | {"results": entries}
    return Outcome({"ok": True} | found, _lines(found))


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        message = f"There is no folder {text}. Name two pulled folders, or NAME OLD NEW."
        raise ErrataError("bad_reference", message, asked_wrongly=True)
    return Path(text)


def _lines(found: dict[str, Any]) -> list[str]:
    counts = ", ".join(f"{count} {_said(name)}" for name, count in found["totals"].items() if count)
    head = (
        f"{found['benchmark']} {found['since']} → {found['version']}: {counts or 'no difference'}"
    )
    entries = [entry for entry in found["results"] if entry["kind"] != "tier"]
    more = len(entries) - _SHOWN
    others = found.get("label_changes_others", {})
    by = [
        f"Label changes by {'class' if name == 'change' else name}: "
        + _counted(counts, others.get(name, 0))
        for name, counts in found.get("label_changes_by", {}).items()
        if counts and name != "reason"
    ]
    lines = [head, *by, *(line for entry in entries[:_SHOWN] for line in _entry(entry))]
    return [*lines, f"… and {more} more; --json prints all."] if more > 0 else lines


def _counted(counts: dict[str, int], others: int) -> str:
    """The values with most, and how many others there are."""
    told = ", ".join(f"{count} {_said(value)}" for value, count in list(counts.items())[:_MOST])
    left = others + max(len(counts) - _MOST, 0)
    return f"{told} and {left} other{'s' if left > 1 else ''}" if left else told


def _entry(entry: dict[str, Any]) -> list[str]:
    """A change, why it was made, and how inputs were reworded."""
    why = [entry.get("category"), entry.get("reason") or entry.get("source")]
    lines = [_line(entry)]
    if any(why):
        lines.append("    " + ": ".join(text for text in why if text))
    lines += [
        f"    marked as meaning the same by {said['by']}: {said['reason']}"
        for said in entry.get("rewordings", [])
    ]
    for each in entry.get("inputs", []):
        told = "".join(_MARKS[piece["op"]].format(piece["text"]) for piece in each["pieces"])
        lines.append(f"    {each['name']}: {told}")
    return lines


def _line(entry: dict[str, Any]) -> str:
    before, after = entry["before"], entry["after"]
    if before is None or after is None:
        return f"  {entry['key']}: {entry['kind']}"
    flags = ("limits_changed", "inputs_changed", "same_meaning", "kind_changed")
    told = [_said(name) for name in flags if entry.get(name)]  # older hubs know fewer
    words = ", ".join([_said(entry["change"]), *told])
    return f"  {entry['key']}: {before['answer']} → {after['answer']} ({words})"


def _said(name: str) -> str:
    return name.replace("_", " ")
