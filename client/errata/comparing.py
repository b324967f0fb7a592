"""How two sets of labels differ: the rows of two releases, or a file and the releases it may be."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errata.contract import label_of
from errata.errors import ErrataError
from errata.grading import LABEL_CHANGES, LabelChange, compare, gradable_differently
from errata.hub import Hub, PullError
from errata.manifest import file_sha256
from errata.pulling import Contents, fetch_files, read_contents, read_folder
from errata.reasons import CHANGELOG, as_written, reasons
from errata.rewordings import Pairs, asks_the_same
from errata.word_diff import told_inputs

Row = Mapping[str, Any]
_KINDS = ("added", "removed", "revised", "tier")
_FLAGS = (
    *("limits_changed", "inputs_changed", "same_meaning", "kind_changed"),
    "gradable_differently",
)
_SIDE = ("revision", "digest", "kind", "answer", "limits", "group", "tier")


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two releases; `changelog` is empty where it is not here."""

    benchmark: str
    version: str
    held: Contents
    changelog: str


def compare_releases(slug: str, old: str, new: str, *, hub: str | None = None) -> dict[str, Any]:
    """The difference of two releases in the form that a hub gives it, from what is in the cache.

    What the newer one's changelog says of a change is its `changelog`. Raises ErrataError where the
    rows of one are not in the cache.
    """
    with Hub(hub, offline=True) as source:
        return _difference(*(_cached(source, slug, version) for version in (old, new)))


def compare_folders(old: Path, new: Path) -> dict[str, Any]:
    """The same for two pulled folders, without a hub; raises ErrataError where one is not whole."""
    before, after = _pulled(old), _pulled(new)
    if before.benchmark != after.benchmark:
        message = (
            f"{old} holds {before.benchmark}, {new} holds {after.benchmark}; two releases of one "
            "benchmark are compared."
        )
        raise ErrataError("other_benchmark", message, asked_wrongly=True)
    return _difference(before, after)


def _cached(source: Hub, slug: str, version: str) -> _Side:
    release = source.release(slug, version)
    held = read_contents(source, release)
    logs = [file for file in release.files if file.path == CHANGELOG]
    try:
        copies, _ = fetch_files(source, release, logs)
    except PullError:  # only its rows were asked for before
        copies = {}
    return _Side(slug, release.version, held, _text(copies.get(CHANGELOG)))


def _pulled(folder: Path) -> _Side:
    held = read_folder(folder)
    manifest = held.manifest
    path = folder / CHANGELOG
    wanted = next((file.sha256 for file in manifest.files if file.path == CHANGELOG), "")
    is_whole = path.is_file() and file_sha256(path) == wanted
    slug = str(manifest.benchmark.get("slug", ""))
    return _Side(slug, manifest.version, held, _text(path if is_whole else None))


def _text(path: Path | None) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path else ""


def _difference(old: _Side, new: _Side) -> dict[str, Any]:
    if old.held.manifest.sequence > new.held.manifest.sequence:
        # Only the newer one's changelog and rewordings know of what lies between.
        message = f"{old.version} is newer than {new.version}; name the older one first."
        raise ErrataError("wrong_order", message, asked_wrongly=True)
    before, after = ({row["key"]: row for row in side.held.rows} for side in (old, new))
    told = reasons(new.changelog, old.version, new.version)
    entries = compare_rows(old.held.rows, new.held.rows, new.held.rewordings)
    for entry in entries:
        key = entry["key"]
        entry["changelog"] = told.get(as_written(key), "") if entry["kind"] != "tier" else ""
        entry["inputs"] = told_inputs(before[key], after[key]) if entry["inputs_changed"] else []
    return {
        "benchmark": new.benchmark,
        "since": old.version,
        "version": new.version,
        "totals": count_entries(entries),
        "results": entries,
    }


def compare_rows(
    before: Iterable[Row], after: Iterable[Row], rewordings: Pairs
) -> list[dict[str, Any]]:
    """An entry for each row that differs, in the order of `after`; removed ones come last.

    `rewordings` are those that the newer release knows.
    """
    old = {row["key"]: row for row in before}
    entries = [_entry(old.pop(row["key"], None), row, rewordings) for row in after]
    entries += [_entry(row, None, rewordings) for row in old.values()]
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


def _entry(before: Row | None, after: Row | None, rewordings: Pairs) -> dict[str, Any] | None:
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
    reworded = same_kind and before["inputs"] != after["inputs"]
    return entry | {
        "kind": "revised",
        "change": compared.change.value,
        "label_changed": compared.change in LABEL_CHANGES,
        "limits_changed": compared.limits_changed,
        "inputs_changed": reworded,
        "same_meaning": reworded and asks_the_same(before, after, rewordings),
        "kind_changed": not same_kind,
        "gradable_differently": gradable_differently(old, new),
    }


def _is_same(before: Row | None, after: Row | None) -> bool:
    if before is None or after is None:
        return False
    return all(before[name] == after[name] for name in ("digest", "tier"))
