"""What was reworded between two releases, or since the last one, and what is said of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from errata.manifest import sha256_hex
from errata.word_diff import told_inputs

from registry.models import Benchmark
from registry.selectors import REMOVED, documents, names_of, texts
from versions.diffing import DiffEntry, SameMeaning, said_between
from versions.models import Release
from versions.same_meaning import Wordings
from versions.selectors import diff, draft_diff, in_batches

STATES = ("open", "marked")


class Pair(NamedTuple):
    """Two wordings of an instance, by the digests of their contents."""

    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Reworded:
    """An instance whose inputs changed; `said` is by what both wordings mean the same now.

    `is_marked`: this very pair is marked, and may be unmarked.
    """

    pair: Pair
    group: str
    split: str
    said: tuple[SameMeaning, ...]
    is_marked: bool


def reworded(benchmark: Benchmark, old: Release, new: Release | None) -> Iterator[Reworded]:
    """What was reworded from one release to a newer one, or (None) from the last one to now."""
    entries = diff(old, new) if new else draft_diff(benchmark)
    for batch in in_batches(entry for entry in entries if entry.inputs_changed):
        wordings = Wordings(entry.instance for entry in batch)
        yield from (_reworded(entry, wordings.of(entry.instance)) for entry in batch)


def filtered(found: Iterable[Reworded], *, group: str = "", state: str = "") -> list[Reworded]:
    """Those of one group, and of a state: open, or marked as meaning the same by now."""
    return [
        each
        for each in found
        if group in ("", each.group) and state in ("", "marked" if each.said else "open")
    ]


def describe(found: Iterable[Reworded]) -> list[dict[str, Any]]:
    """Each as pages and API tell it: the inputs word by word, and who says why they are alike."""
    listed = list(found)
    contents = documents(digest for each in listed for digest in each.pair[1:])
    said = [mark for each in listed for mark in each.said]
    reasons, names = texts(mark.reason for mark in said), names_of(mark.actor for mark in said)
    return [
        {
            **each.pair._asdict(),
            "group": each.group,
            "split": each.split,
            "marked": each.is_marked,
            "same_meaning": bool(each.said),
            "rewordings": [
                {
                    "by": names.get(mark.actor, REMOVED),
                    "reason": reasons.get(mark.reason, ""),
                }
                for mark in each.said
            ],
            "inputs": told_inputs(contents.get(each.pair.before), contents.get(each.pair.after)),
        }
        for each in listed
    ]


def digest_of(pairs: Iterable[Pair]) -> str:
    """What a list of pairs is known by, so that exactly what was looked at is marked."""
    return sha256_hex("".join("\t".join(pair) + "\n" for pair in pairs))


def _reworded(entry: DiffEntry, said: list[SameMeaning]) -> Reworded:
    before, after = entry.before, entry.after
    assert before is not None and after is not None  # noqa: S101, PT018  # Inputs of both changed.
    by = said_between(before, after, said)
    ends = {before.content, after.content}
    return Reworded(
        pair=Pair(entry.key, before.content, after.content),
        group=after.group,
        split=entry.split,
        said=by,
        is_marked=any({each.one, each.other} == ends for each in by),
    )
