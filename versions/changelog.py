"""The changelog that people read, made from what the snapshots of releases keep."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

SHOWN_KEYS = 100
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")
_WORDS = {
    "identical": "same answer",
    "reformatted": "same value, written differently",
    "within_tolerance": "inside the old limits",
    "changed": "changed",
    "became_unanswerable": "became unanswerable",
    "became_answerable": "became answerable",
}


def render_changelog(
    title: str,
    releases: Iterable[Mapping[str, Any]],
    withdrawn: Collection[str] = (),
    *,
    standard: bool = True,
) -> str:
    """CHANGELOG.md: every version, newest first; `withdrawn` ones are marked.

    A release is a mapping with version, date, bump, waiver and its snapshot's counts, changelog,
    credits and sources. Its headings are the `standard` ones of Keep a Changelog
    (https://keepachangelog.com), or those that this hub wrote before.
    """
    parts = [f"# Changelog of {_plain(title)}"]
    for release in releases:
        mark = " [YANKED]" if release["version"] in withdrawn else ""  # as Keep a Changelog does
        parts.append(f"## {release['version']} – {release['date']}{mark}")
        parts += [*_summaries(release), *_sections(release, standard)]
    return "\n\n".join(parts) + "\n"


def _summaries(release: Mapping[str, Any]) -> list[str]:
    parts = [_summary(release)]
    if release["notes"]:
        parts.append(release["notes"])
    if release["comparability"]:
        parts.append(_comparability(release["comparability"]))
    if release["waived"]["labels"]:
        parts += _let_out(release)
    return parts


def _sections(release: Mapping[str, Any], standard: bool) -> list[str]:
    """Headings, each with what stands below it. A corrected label is something that was fixed."""
    entries = folded(release["changelog"])
    fixed = _entries(e for e in entries if e["label_changed"])
    changed = _entries(e for e in entries if not e["label_changed"] and e["after"])
    removed = _entries(e for e in entries if not e["after"])
    added, looked_at = _added(release), _tiers(release["tier_moves"])
    held, thanks = _held(release["held"]), _thanks(release)
    if standard:
        looked_at = looked_at and f"Looked at again, label unchanged:\n\n{looked_at}"
        found = {
            "Held back:": held,
            "Thanks to:": thanks,
            "### Added": added,
            "### Changed": "\n\n".join(part for part in (changed, looked_at) if part),
            "### Removed": removed,
            "### Fixed": fixed,
        }
    else:
        found = {
            "### Label changes": fixed,
            "### Other revisions": changed,
            "### Removed": removed,
            "### Added": added,
            "### Looked at again, label unchanged": looked_at,
            "### Held back": held,
            "### Thanks to": thanks,
        }
    return [part for heading, body in found.items() if body for part in (heading, body)]


def folded(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The entries with all that one ruling changed as one, where its first one stands.

    Such an entry names its `labels` and counts its `changes` by kind; the rest is as in the first.
    """
    lines: dict[tuple[str, bool], list[Mapping[str, Any]]] = {}
    for entry in entries:
        ruling = entry.get("ruling") or ""  # releases before rulings name none
        lines.setdefault((ruling or f"alone {entry['key']}", entry["label_changed"]), []).append(
            entry
        )
    return [_ruled(same) if same[0].get("ruling") else same[0] for same in lines.values()]


def _ruled(same: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        **same[0],
        "labels": [entry["key"] for entry in same],
        "changes": dict(Counter(entry["change"] for entry in same)),
        "reports": list(
            {report["id"]: report for entry in same for report in entry["reports"]}.values()
        ),
    }


def _summary(release: Mapping[str, Any]) -> str:
    counts, changes = release["counts"], release["counts"]["changes"]
    if release["previous"] is None:
        return f"First release: {counts['instances']} instances."
    return (
        f"A {release['bump']} release after {release['previous']}: "
        f"{changes['label_changes']} label changes, {changes['revised']} revised instances, "
        f"{changes['added']} added, {changes['removed']} removed; "
        f"{counts['instances']} instances.{_rewordings(changes)}"
    )


def _rewordings(changes: Mapping[str, int]) -> str:
    """How many rows ask in other words, and of how many of them the same."""
    count, same = changes["inputs_changed"], changes.get("same_meaning", 0)
    return f" {count} have other inputs, {same} of them of the same meaning." if same else ""


def _comparability(flag: Mapping[str, Any]) -> str:
    """Whether scores compare with the release before, and what stored answers say to that."""
    lines = [_plain(flag["reason"])]
    lines += [
        f"Of {each['answers']} answers of {_plain(each['model'])} {each['flipped']} are graded "
        f"differently ({each['gained']} right now, {each['lost']} wrong now)."
        for each in flag["flips"]
        if each["flipped"]
    ]
    return " ".join(lines)


def asks_waiver(snapshot: Mapping[str, Any]) -> bool:
    """Whether contested labels went into this release only where somebody said why."""
    return "contested" in snapshot.get("gates", ("contested",))  # older releases note no gates


def _let_out(release: Mapping[str, Any]) -> list[str]:
    """How many contested labels went out, and why: a reason, or no gate kept them in."""
    waived, reason = release["waived"], release["waiver"]
    count, where = waived["labels"], waived["where"]
    words = "contested label is" if count == 1 else "contested labels are"
    if not asks_waiver(release):
        reason = f"The policy asks for no waiver. {reason}".strip()
    told = "; ".join(f"{name} {', '.join(where[name])}" for name in sorted(where))
    named = f" ({_plain(told)})" if told else ""
    return [f"{count} {words} let out{named}: {_plain(reason)}"] if reason else []


def _entries(entries: Iterable[Mapping[str, Any]]) -> str:
    return "\n".join(_entry(entry) for entry in entries)


def _entry(entry: Mapping[str, Any]) -> str:
    if entry.get("labels"):
        return _ruling(entry)
    group = f" ({_plain(entry['group'])})" if entry["group"] else ""
    return f"- {_code(entry['key'])}{group}: " + " ".join(
        part for part in (_step(entry), *_extras(entry), *_because(entry)) if part
    )


def _ruling(entry: Mapping[str, Any]) -> str:
    count = len(entry["labels"])
    changes = ", ".join(f"{n} {_WORDS[change]}" for change, n in sorted(entry["changes"].items()))
    parts = [f"- {_plain(entry['group'])}: {count} {'label' if count == 1 else 'labels'} by one"]
    parts += [f"ruling ({changes})."]
    told = _because({**entry, "decision": ""})
    return " ".join([*parts, *(part for part in told if part), f"Ruling {entry['ruling']}."])


def _step(entry: Mapping[str, Any]) -> str:
    if not entry["after"]:
        return f"{_plain(entry['before'])} → removed."
    step = f"{_plain(entry['before'])} → {_plain(entry['after'])}"
    return f"{step} ({_WORDS[entry['change']]})."


def _extras(entry: Mapping[str, Any]) -> list[str]:
    extras = []
    if entry["limits_changed"]:
        extras.append(f"Limits {_limits(entry['limits'][0])} → {_limits(entry['limits'][1])}.")
    if entry["inputs_changed"]:
        extras += _reworded(entry.get("rewordings", ()))  # releases before rewordings name none
    if entry["kind_changed"]:
        extras.append("The kind of answer changed.")
    return extras


def _reworded(said: Sequence[Mapping[str, str]]) -> list[str]:
    """That the inputs are others, and who says why they mean the same."""
    if not said:
        return ["The inputs were reworded."]
    reasons = [f"{_sentence(each['reason'])} Said by {_plain(each['by'])}." for each in said]
    return ["The inputs were reworded and mean the same:", *reasons]


def _limits(limits: Mapping[str, str]) -> str:
    if not limits:
        return "exact"
    if "relative" in limits or "absolute" in limits:
        return "±" + limits.get("relative", limits.get("absolute", ""))
    return f"{_plain(limits.get('lower', '…'))} to {_plain(limits.get('upper', '…'))}"


def _because(entry: Mapping[str, Any]) -> list[str]:
    parts = [f"{_plain(entry['category'])}." if entry["category"] else ""]
    if entry["reason"]:
        parts.append(_sentence(entry["reason"]))
    if entry["source"]:
        parts.append(_sentence(entry["source"]))
    if entry["reports"]:
        reports = [f"{report['id']} by {_plain(report['by'])}" for report in entry["reports"]]
        parts.append(f"Reported in {', '.join(reports)}.")
    if entry["decision"]:
        parts.append(f"Decision {entry['decision']}.")
    return parts


def _added(release: Mapping[str, Any]) -> str:
    keys, count = release["added"], release["counts"]["changes"]["added"]
    if release["previous"] is None or not count:
        return ""
    rest = f" and {count - len(keys)} more" if count > len(keys) else ""
    return ", ".join(_code(key) for key in keys) + rest + "."


def _tiers(moves: Mapping[str, int]) -> str:
    return "\n".join(f"- {move}: {count}" for move, count in sorted(moves.items()))


def _held(holds: Iterable[Mapping[str, Any]]) -> str:
    """What maintainers left out of this release, and why."""
    return "\n".join(f"- {_hold(hold)}: {_sentence(hold['reason'])}" for hold in holds)


def _hold(hold: Mapping[str, Any]) -> str:
    if hold["decision"]:
        return f"{_code(hold['key'])}, decision {hold['decision']}"
    return (
        f"{_plain(hold['group'])}, {hold['labels']} {'label' if hold['labels'] == 1 else 'labels'}"
    )


def _thanks(release: Mapping[str, Any]) -> str:
    lines = [
        f"- {_plain(credit['name'])}: {credit['reports']} accepted "
        + ("report" if credit["reports"] == 1 else "reports")
        for credit in release["credits"]
    ]
    for source in release["sources"]:
        told = [source["source"], source["credit"], source["licence"]]
        lines.append(f"- {_code(source['file'])}: {_plain('; '.join(t for t in told if t))}")
    return "\n".join(lines)


def shown_keys(keys: Iterable[str]) -> list[str]:
    """As many keys of added instances as a changelog names; the diff names them all."""
    shown: list[str] = []
    for key in keys:
        if len(shown) == SHOWN_KEYS:
            break
        shown.append(key)
    return shown


def _sentence(text: str) -> str:
    plain = _plain(text)
    return plain if plain.endswith((".", "!", "?")) else f"{plain}."


def _plain(text: str) -> str:
    """Foreign text on one line, so that it cannot become markup."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{' '.join(text.split())}{pad}{fence}"
