"""How two sets of labels differ: the rows of two releases, or a file and the releases it may be."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from errata.answers import parse_answer
from errata.grading import Label, LabelChange, Limits, compare, gradable_differently
from errata.pulling import load

Row = Mapping[str, Any]
LABEL_CHANGES = (
    LabelChange.CHANGED,
    LabelChange.BECAME_UNANSWERABLE,
    LabelChange.BECAME_ANSWERABLE,
)
_KINDS = ("added", "removed", "revised", "tier")
_FLAGS = ("limits_changed", "inputs_changed", "kind_changed", "gradable_differently")
_SIDE = ("revision", "digest", "kind", "answer", "limits", "group", "tier")


def compare_releases(slug: str, old: str, new: str, *, hub: str | None = None) -> dict[str, Any]:
    """The difference of two releases in the form that a hub gives it, from rows in the cache.

    It says how labels changed, not why: that only the hub knows. Raises ErrataError where one of
    them is not in the cache.
    """
    before, after = (load(f"{slug}@{v}", hub=hub, offline=True) for v in (old, new))
    entries = compare_rows(before, after)
    return {
        "benchmark": slug,
        "since": old,
        "version": new,
        "totals": count_entries(entries),
        "results": entries,
    }


def compare_rows(before: Iterable[Row], after: Iterable[Row]) -> list[dict[str, Any]]:
    """An entry for each row that differs, in the order of `after`; removed ones come last."""
    old = {row["key"]: row for row in before}
    entries = [_entry(old.pop(row["key"], None), row) for row in after]
    entries += [_entry(row, None) for row in old.values()]
    return [entry for entry in entries if entry is not None]


def count_entries(entries: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The counts over entries, by the names that a hub uses."""
    found: Counter[str] = Counter()
    for entry in entries:
        found[entry["kind"]] += 1
        if entry["kind"] == "revised":
            found[entry["change"]] += 1
            found["label_changes"] += entry["label_changed"]
            found.update(name for name in _FLAGS if entry[name])
            # Beside another answer other limits are no news.
            if entry["limits_changed"] and entry["change"] != LabelChange.IDENTICAL:
                found["limits_changed"] -= 1
    names = (*_KINDS, *(change.value for change in LabelChange), "label_changes", *_FLAGS)
    return {name: found[name] for name in names}


def label_of(row: Row) -> Label:
    """The label of a row."""
    answer = parse_answer(row["answer"], row["kind"])
    return Label(answer, row["answer"], Limits.from_dict(row["limits"]))


def _entry(before: Row | None, after: Row | None) -> dict[str, Any] | None:
    row = after or before
    if row is None or _is_same(before, after):
        return None
    entry = {
        "key": row["key"],
        "split": row["split"],
        "kind": "removed" if after is None else "added",
        "change": None,
        "label_changed": False,
        **dict.fromkeys(_FLAGS, False),
        "before": before and {name: before[name] for name in _SIDE},
        "after": after and {name: after[name] for name in _SIDE},
    }
    if before is None or after is None:
        return entry
    if before["digest"] == after["digest"]:
        return entry | {"kind": "tier", "change": LabelChange.IDENTICAL.value}
    old, new = label_of(before), label_of(after)
    compared = compare(old, new)
    same_kind = before["kind"] == after["kind"]
    return entry | {
        "kind": "revised",
        "change": compared.change.value,
        "label_changed": compared.change in LABEL_CHANGES,
        "limits_changed": compared.limits_changed,
        "inputs_changed": same_kind and before["inputs"] != after["inputs"],
        "kind_changed": not same_kind,
        "gradable_differently": gradable_differently(old, new),
    }


def _is_same(before: Row | None, after: Row | None) -> bool:
    if before is None or after is None:
        return False
    return all(before[name] == after[name] for name in ("digest", "tier"))
