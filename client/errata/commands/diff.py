"""errata diff: how two releases of a benchmark differ, label by label.

The hub is asked, which knows every reason. With --offline, or of two pulled folders, the rows are
compared here, and reasons are told as the newer release's changelog tells them.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from errata.commands.base import Outcome, hub_arguments
from errata.errors import ErrataError

NAME = "diff"
HELP = "how two releases of a benchmark differ"
_SHOWN = 50
_MOST = 12  # values of a count
_CLASSES = ("changed", "became_unanswerable", "became_answerable")
_COUNTS = {
    "label_changes": "label changes",
    "reformatted": "labels written differently",
    "within_tolerance": "labels moved inside the old limits",
    "limits_changed": "with other limits",
    "inputs_changed": "with reworded inputs",
    "same_meaning": "reworded, meaning the same",
    "kind_changed": "of another kind of answer",
    "added": "added",
    "removed": "removed",
    "tier": "looked at again, label unchanged",
}


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

    name, old, new = options.name, options.old, options.new
    if new is None:
        found = compare_folders(*(_folder(each) for each in (name, old)))
    elif options.offline:
        found = compare_releases(name, old, new, hub=options.hub)
    else:
        found = _asked(name, old, new, options.hub)
    return Outcome({"ok": True} | found, _lines(found))


def _asked(name: str, old: str, new: str, address: str | None) -> dict[str, Any]:
    """What the hub says, all pages as one; it is asked for upstream's names first."""
    from errata.hub import Hub, is_version

    with Hub(address) as hub:
        old, new = (
            each if is_version(each) else hub.release(name, each).version for each in (old, new)
        )
        at = f"benchmarks/{quote(name, safe='')}/releases/{quote(new)}/diff/"
        what = f"difference of {name} {old} and {new}"
        found, *more = hub.listed(f"{at}?since={quote(old)}&page_size=200", what)
    found.pop("next", None)
    for page in more:
        found["results"] += page["results"]
    return found


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        message = f"There is no folder {text}. Name two pulled folders, or NAME OLD NEW."
        raise ErrataError("bad_reference", message, asked_wrongly=True)
    return Path(text)


def _lines(found: dict[str, Any]) -> list[str]:
    head = f"{found['benchmark']} {found['since']} → {found['version']}: "
    entries = [entry for entry in found["results"] if entry["kind"] != "tier"]
    more = len(entries) - _SHOWN
    by = [
        f"Label changes by {name}: "
        + ", ".join(f"{count} {_said(value)}" for value, count in list(counts.items())[:_MOST])
        for name, counts in found.get("label_changes_by", {}).items()
        if counts and name not in ("change", "reason")  # the head counts them by class
    ]
    lines = [*by, *(line for entry in entries[:_SHOWN] for line in _entry(entry))]
    return [head + _counted(found["totals"]), *lines] + (
        [f"… and {more} more; --json prints all."] if more > 0 else []
    )


def _counted(totals: dict[str, int]) -> str:
    """What changed, the most important first."""
    told = {name: f"{totals[name]} {words}" for name, words in _COUNTS.items() if totals.get(name)}
    classes = [f"{totals[name]} {_said(name)}" for name in _CLASSES if totals.get(name)]
    if classes and "label_changes" in told:
        told["label_changes"] += f" ({', '.join(classes)})"
    return "; ".join(told.values()) or "no difference"


def _entry(entry: dict[str, Any]) -> list[str]:
    """A change, why it was made, where that is told in full, and how inputs were reworded."""
    from errata.word_diff import as_wdiff

    reason = entry.get("reason") or entry.get("source") or entry.get("changelog")
    why = [entry.get("category"), reason]
    lines = [_line(entry)]
    if any(why):
        lines.append("    " + ": ".join(text for text in why if text))
    links = entry.get("links", [])  # a hub's, and not an older one's
    lines += [f"    {link['url']}" for link in links if link["type"] != "instance"]
    lines += [
        f"    marked as meaning the same by {said['by']}: {said['reason']}"
        for said in entry.get("rewordings", [])
    ]
    inputs = entry.get("inputs", [])
    return lines + [f"    {each['name']}: {as_wdiff(each['pieces'])}" for each in inputs]


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
