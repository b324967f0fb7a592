"""What differs between two states of a benchmark, and which version number that calls for.

Pure: works on both sides of each instance as the selectors load them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from errata.answers import parse_answer
from errata.grading import (
    LABEL_CHANGES,
    Label,
    LabelChange,
    Limits,
    compare,
    gradable_differently,
)
from errata.rewordings import wordings_like

Kind = Literal["added", "removed", "revised", "tier"]
BumpName = Literal["major", "minor", "patch"]
FIRST_VERSION = "1.0.0"
_SIZES: tuple[BumpName, ...] = ("patch", "minor", "major")
_VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Side:
    """One instance in one state: its revision as stored, and the tier of its label."""

    revision: int
    digest: str
    content: str
    kind: str
    answer: str
    limits: str
    derivation: str
    group: str
    reason: str
    cause: tuple[str, str]
    tier: str
    origin: str = ""

    @property
    def label(self) -> Label:
        """The label that the stored texts stand for."""
        answer = parse_answer(self.answer, self.kind)  # type: ignore[arg-type]
        return Label(answer, self.answer, Limits.from_json(self.limits))


@dataclass(frozen=True, slots=True)
class SameMeaning:
    """Two wordings, by content digest, of which `actor` said that they mean the same.

    `reason` is the digest of why.
    """

    one: str
    other: str
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class DiffEntry:
    """How one instance differs. `change` classifies the label where both sides have one.

    `gradable_differently`: some answer could be graded differently. `rewordings` say, where inputs
    changed, by what the old and the new ones mean the same. `instance` is the database's id, for
    further queries only.
    """

    instance: int
    key: str
    split: str
    kind: Kind
    before: Side | None
    after: Side | None
    change: LabelChange | None = None
    limits_changed: bool = False
    inputs_changed: bool = False
    kind_changed: bool = False
    gradable_differently: bool = False
    rewordings: tuple[SameMeaning, ...] = ()

    @property
    def same_meaning(self) -> bool:
        """Whether the inputs changed and mean the same, as a maintainer said."""
        return bool(self.rewordings)

    @property
    def asks_the_same(self) -> bool:
        """Whether an answer to the old inputs is one to the new ones."""
        before, after = self.before, self.after
        both = before is not None and after is not None and before.content == after.content
        return both or self.same_meaning

    @property
    def label_changed(self) -> bool:
        """Whether the right answer itself is another one."""
        return self.change in LABEL_CHANGES

    def to_dict(self) -> dict[str, Any]:
        """The entry for programs: plain values, no database id."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name not in _NOT_SHOWN}
        return fields | {
            "change": self.change and self.change.value,
            "same_meaning": self.same_meaning,
            "before": self.before and _shown(self.before),
            "after": self.after and _shown(self.after),
        }


_NOT_SHOWN = ("instance", "before", "after", "change", "rewordings")


def _shown(side: Side) -> dict[str, Any]:
    names = ("revision", "digest", "kind", "answer", "group", "tier")
    fields = asdict(side)
    return {name: fields[name] for name in names} | {
        "limits": Limits.from_json(side.limits).to_dict()
    }


def classify(
    instance: int,
    key: str,
    split: str,
    before: Side | None,
    after: Side | None,
    said: Sequence[SameMeaning] = (),
) -> DiffEntry | None:
    """The difference of one instance between two states, or None if there is none.

    `said` tells which wordings of the instance mean the same.
    """
    if before is None or after is None:
        if before is after:
            return None
        return DiffEntry(
            instance, key, split, "removed" if before is not None else "added", before, after
        )
    if before.digest == after.digest:
        if before.tier == after.tier:
            return None
        return DiffEntry(instance, key, split, "tier", before, after, LabelChange.IDENTICAL)
    old, new = before.label, after.label
    compared = compare(old, new)
    reworded = before.content != after.content and before.kind == after.kind
    return DiffEntry(
        instance,
        key,
        split,
        "revised",
        before,
        after,
        change=compared.change,
        limits_changed=compared.limits_changed,
        inputs_changed=reworded,
        kind_changed=before.kind != after.kind,
        gradable_differently=gradable_differently(old, new),
        rewordings=said_between(before, after, said) if reworded else (),
    )


def said_between(before: Side, after: Side, said: Sequence[SameMeaning]) -> tuple[SameMeaning, ...]:
    """By what the wordings of two sides mean the same; nothing where they do not."""
    like = wordings_like(before.content, [(each.one, each.other) for each in said])
    return tuple(each for each in said if each.one in like) if after.content in like else ()


@dataclass(slots=True)
class Totals:
    """Counts over the entries of one diff."""

    kinds: Counter[str]
    labels: Counter[str]
    limits_changed: int = 0
    inputs_changed: int = 0
    same_meaning: int = 0
    kind_changed: int = 0
    gradable_differently: int = 0

    @classmethod
    def none(cls) -> "Totals":
        """Totals of nothing yet."""
        return cls(Counter(), Counter())

    def add(self, entry: DiffEntry) -> None:
        """Count one entry."""
        self.kinds[entry.kind] += 1
        if entry.kind != "revised" or entry.change is None:
            return
        self.labels[entry.change.value] += 1
        # Beside another answer other limits are no news; beside the same answer they are.
        self.limits_changed += entry.limits_changed and entry.change is LabelChange.IDENTICAL
        self.inputs_changed += entry.inputs_changed
        self.same_meaning += entry.same_meaning
        self.kind_changed += entry.kind_changed
        self.gradable_differently += entry.gradable_differently

    def to_dict(self) -> dict[str, int]:
        """All counts by name, zeros included; `label_changes` are those of the answer itself."""
        return {
            **{kind: self.kinds[kind] for kind in ("added", "removed", "revised", "tier")},
            **{change.value: self.labels[change.value] for change in LabelChange},
            "label_changes": sum(self.labels[change.value] for change in LABEL_CHANGES),
            "limits_changed": self.limits_changed,
            "inputs_changed": self.inputs_changed,
            "same_meaning": self.same_meaning,
            "kind_changed": self.kind_changed,
            "gradable_differently": self.gradable_differently,
        }


def total(entries: Iterable[DiffEntry]) -> Totals:
    """The counts over a whole diff."""
    totals = Totals.none()
    for entry in entries:
        totals.add(entry)
    return totals


def what_moves_scores(totals: Totals, *, new_rules: bool = False) -> Iterator[tuple[BumpName, str]]:
    """Why scores on the two sides do not compare: the bump that it asks for, and the words for it.

    Other inputs are among it, unless they mean the same: nobody answered those. `new_rules`:
    answers are read by another contract, or other words count as unanswerable.
    """
    kinds, inputs = totals.kind_changed, totals.inputs_changed - totals.same_meaning
    counts: tuple[tuple[BumpName, int, str], ...] = (
        ("minor", totals.gradable_differently, "can grade an answer differently"),
        ("major", totals.kinds["added"], "came"),
        ("major", totals.kinds["removed"], "went"),
        ("major", kinds, f"{'asks' if kinds == 1 else 'ask'} for another kind of answer"),
        ("minor", inputs, f"{'has' if inputs == 1 else 'have'} other inputs"),
    )
    for bump, count, what in counts:
        if count:
            yield bump, f"{count} {'label' if count == 1 else 'labels'} {what}"
    if new_rules:
        yield "minor", "answers are read by another contract"


def needed_bump(totals: Totals, *, new_rules: bool = False) -> BumpName:
    """The smallest bump that says truly what changed: a patch moves no score."""
    asked = [bump for bump, _ in what_moves_scores(totals, new_rules=new_rules)]
    return max(asked, key=_SIZES.index, default="patch")


def bump_between(last: str | None, version: str) -> BumpName:
    """The bump that a version makes after `last`; the first release is a major one."""
    if last is None:
        return "major"
    old, new = parse_version(last), parse_version(version)
    return "major" if old[0] != new[0] else "minor" if old[1] != new[1] else "patch"


def is_smaller(bump: BumpName, other: BumpName) -> bool:
    """Whether one bump is smaller than another."""
    return _SIZES.index(bump) < _SIZES.index(other)


def parse_version(text: str) -> tuple[int, int, int]:
    """The three numbers of a version; raises ValueError for anything but `1.2.3`."""
    found = _VERSION.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is no version; write three numbers such as 1.2.0.")
    major, minor, patch = (int(number) for number in found.groups())
    return major, minor, patch


def next_version(last: str | None, bump: BumpName) -> str:
    """The version after `last`, or the first one."""
    if last is None:
        return FIRST_VERSION
    major, minor, patch = parse_version(last)
    steps = {
        "major": (major + 1, 0, 0),
        "minor": (major, minor + 1, 0),
        "patch": (major, minor, patch + 1),
    }
    return ".".join(str(number) for number in steps[bump])
