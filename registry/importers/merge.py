"""What a file's row makes of an instance that is there already.

A row is compared with what imports said last, its base. Only what upstream changed since is taken
over, and a label that was decided meanwhile stays: the same file again changes nothing, ever.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from errata.grading import Comparison, Label, LabelChange, compare

from registry.chain import text_of
from registry.importers.base import BadRecord
from registry.importers.rows import Row
from registry.labels import label_of, read_label, stored_label
from registry.models import Head, Revision
from registry.presets import Preset

IMPORT = "import"  # the cause of what imports write
Documents = Mapping[str, Any]
Kept = tuple[str, str]  # a digest, and its text where that may have to be stored


@dataclass(frozen=True, slots=True)
class Base:
    """What imports said last of an instance, role by role; decisions and rewordings left out."""

    kind: str
    content_id: str
    answer: str
    limits: str
    derivation: str
    meta: str
    group: str


def base_of(revisions: Iterable[Revision]) -> Base:
    """The base in a history, oldest first: each role as the last import that wrote it left it."""
    fields: dict[str, str] = {}
    before: Revision | None = None
    for revision in revisions:
        for names in (
            ("content_id", "kind"),
            ("answer", "limits", "derivation"),
            ("meta",),
            ("group",),
        ):
            values = _values(revision, names)
            if before is None or (
                revision.cause_kind == IMPORT and values != _values(before, names)
            ):
                fields |= dict(zip(names, values, strict=True))
        before = revision
    return Base(**fields)


def _values(revision: Revision, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        revision.content.kind if name == "kind" else getattr(revision, name) for name in names
    )


@dataclass(frozen=True, slots=True)
class Match:
    """A row, the head it is about, and what imports said of it before."""

    row: Row
    head: Head
    base: Base
    candidate: str  # the content digest if the row has all inputs

    def wanted(self) -> Iterator[str]:
        """Digests of the old documents that are needed to see what differs."""
        if self.candidate != self.base.content_id:
            yield self.base.content_id
        for table, digest in (
            (self.row.derivation, self.base.derivation),
            (self.row.meta, self.base.meta),
        ):
            if table and text_of(filled(table))[0] != digest:
                yield digest


@dataclass(frozen=True, slots=True)
class State:
    """All that a revision says of its instance."""

    kind: str
    content: Kept
    label: Label
    derivation: Kept
    meta: Kept
    group: str

    def same_as(self, revision: Revision) -> bool:
        """Whether a revision says the same, in the same form."""
        ours = (self.content[0], self.label.text, self.label.limits.to_json())
        ours += (self.derivation[0], self.meta[0], self.group)
        return ours == (
            *(revision.content_id, revision.answer, revision.limits),
            *(revision.derivation, revision.meta, revision.group),
        )


Note = Callable[[str, str, int, str, str], None]  # class, key, line, answer before and after


class Merger:
    """Merges matched rows, counting and noting what it finds."""

    def __init__(self, preset: Preset, counts: Counter[str], note: Note) -> None:
        self.preset, self.counts, self.note = preset, counts, note

    def match(self, row: Row, head: Head, base: Base) -> Match:
        """Prepare a match; the digest saves loading texts that did not change."""
        document = content(self._kind(row, base), row.inputs)
        return Match(row, head, base, text_of(document)[0])

    def merge(self, match: Match, old: Documents) -> State | None:
        """The state to write, or None where there is nothing to write.

        Raises BadRecord for a conflict and ValueError for a label that cannot be read.
        """
        now = match.head.revision
        theirs, step = self._theirs(match, old)
        # What an import retired comes back with its row; what a person retired does not.
        revived = match.head.retired and now.cause_kind == IMPORT
        self._count(match, theirs, step, revived)
        if match.head.retired and not revived:
            return None
        merged = self._merged(match, theirs)
        return merged if revived or not merged.same_as(now) else None

    def _count(self, match: Match, theirs: State, step: Comparison, revived: bool) -> None:
        self.counts[step.change.value] += 1
        identical = step.change is LabelChange.IDENTICAL
        answers = (match.base.answer, theirs.label.text)
        if not identical:
            self._note(step.change.value, match, *answers)
        if identical and step.limits_changed:
            self._note("limits_changed", match, match.base.limits, theirs.label.limits.to_json())
        if theirs.content[0] != match.base.content_id:
            self._note("inputs_changed", match, *answers)
        if revived:
            self._note("revived", match, *answers)
        self.counts["limits_changed"] += identical and step.limits_changed
        self.counts["inputs_changed"] += theirs.content[0] != match.base.content_id
        self.counts["revived"] += revived

    def _note(self, name: str, match: Match, before: str, after: str) -> None:
        self.note(name, match.head.instance.key, match.row.line, before, after)

    def _theirs(self, match: Match, old: Documents) -> tuple[State, Comparison]:
        """What the row makes of the base, and how its label differs from the base's."""
        row, base = match.row, match.base
        kind = self._kind(row, base)
        label, step = self._label(row, base, kind, old)
        identical = step.change is LabelChange.IDENTICAL
        state = State(
            kind=kind,
            content=self._content(match, old),
            label=label,
            derivation=overlay(row.derivation, base.derivation if identical else "", old),
            meta=overlay(row.meta, base.meta, old),
            group=base.group if row.group is None else row.group,
        )
        return state, step

    def _merged(self, match: Match, theirs: State) -> State:
        """The head with what upstream changed; a label decided since the base stays."""
        base, now = match.base, match.head.revision
        decided = (now.answer, now.limits) != (base.answer, base.limits)
        news = (theirs.label.text, theirs.label.limits.to_json()) != (base.answer, base.limits)
        if decided and theirs.kind != now.content.kind:
            raise BadRecord(
                match.row.line,
                "kind",
                f"differs, but {match.head.instance.key} was decided as {now.content.kind}; "
                "leave the row out, or retire the instance first",
            )
        if decided and news and theirs.label != label_of(now):
            self.counts["decisions_kept"] += 1
            self._note("decisions_kept", match, now.answer, theirs.label.text)
        reworded = theirs.content[0] != base.content_id
        return State(
            kind=theirs.kind,
            content=theirs.content if reworded else (now.content_id, ""),
            label=label_of(now) if decided else theirs.label,
            derivation=(now.derivation, "") if decided else theirs.derivation,
            meta=theirs.meta if theirs.meta[0] != base.meta else (now.meta, ""),
            group=theirs.group if theirs.group != base.group else now.group,
        )

    def _kind(self, row: Row, base: Base) -> str:
        if row.kind is None:
            return base.kind
        return self.preset.kind_of(row.kind, row.group or base.group)

    def _content(self, match: Match, old: Documents) -> Kept:
        row, digest = match.row, match.base.content_id
        if match.candidate == digest or not row.inputs:
            return digest, ""
        key = match.head.instance.key
        if digest not in old:
            raise BadRecord(row.line, "inputs", f"the inputs of {key} were removed")
        inputs = dict(old[digest]["inputs"])
        for name, value in row.inputs.items():
            differs = inputs.get(name) != value
            if row.key is None and differs and name not in self.preset.rewordable:
                raise BadRecord(row.line, name, f"differs from {key}, with which it is aligned")
            inputs[name] = value
        return text_of(content(self._kind(row, match.base), inputs))

    def _label(self, row: Row, base: Base, kind: str, old: Documents) -> tuple[Label, Comparison]:
        before = stored_label(base.kind, base.answer, base.limits)
        choices = row.inputs.get("choices") or ()
        if kind == "choice" and not choices and base.content_id in old:
            choices = old[base.content_id]["inputs"].get("choices", ())
        label = read_label(
            row.answer, kind, self.preset, choices=choices, lower=row.lower, upper=row.upper
        )
        step = compare(before, label)
        no_limits_in_file = row.lower is None and row.upper is None
        if step.change is LabelChange.IDENTICAL and (no_limits_in_file or not step.limits_changed):
            return before, compare(before, before)
        return label, step


def content(kind: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The document behind a content's digest."""
    return {"format": 1, "kind": kind, "inputs": filled(inputs)}


def filled(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table without its empty cells."""
    return {name: value for name, value in table.items() if value is not None}


def overlay(table: Mapping[str, Any], digest: str, old: Documents) -> Kept:
    """The old document with what the file has laid over it; an empty cell takes away."""
    if not table:
        return digest, ""
    return text_of(filled({**old.get(digest, {}), **table}))
