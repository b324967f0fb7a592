"""Planning an import: read, check, match and digest every row, outside of any transaction.

The plan is spooled to a temporary file, so memory stays bounded by the keys of the file, and a
file with a problem in its last line has written nothing.
"""

import hashlib
import pickle
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from errata.grading import LabelChange

from registry.chain import Link, moment, text_of
from registry.errors import InvalidInput
from registry.importers.base import BadRecord, Problems
from registry.importers.heads import Heads
from registry.importers.merge import Base, Match, Merger, State, base_of, content, filled
from registry.importers.rows import Row
from registry.labels import label_of, read_label, sortable
from registry.models import Benchmark, Head, Instance, Origin, Revision
from registry.presets import Preset
from registry.selectors import documents

CHUNK = 5_000
NOTED = 8  # examples of each class that a plan keeps
T = TypeVar("T")
# What a draft says of its revision, in the order in which it is written; `instance` comes first.
COLUMNS = (
    "number", "content", "answer", "answer_number", "limits", "derivation", "meta", "group",
    "reason", "origin", "cause_kind", "cause_id", "actor", "at", "digest", "previous",
)  # fmt: skip

# What an import tells in numbers. The classes of LabelChange and what comes beside them are of
# matched rows, against what the last import left; `limits_changed` are those under an identical
# label, `decisions_kept` changed labels that were decided since and stay.
COUNTS = (
    "rows", "new", "matched", *(change.value for change in LabelChange),
    "limits_changed", "inputs_changed", "decisions_kept", "revived", "missing", "revisions",
    "aliases",
)  # fmt: skip


class Draft(NamedTuple):
    """One revision to write: of a new instance, or of one whose head must not have moved."""

    key: str
    kind: str
    number: int
    content: str
    texts: tuple[tuple[str, str], ...]
    columns: tuple[Any, ...]  # the values of COLUMNS
    split: str
    position: int
    instance_id: int | None
    expected: int | None
    retired: bool


class Naming(NamedTuple):
    """An upstream id of an instance, known by id or, if new, by key."""

    value: str
    key: str
    instance_id: int | None


@dataclass(slots=True)
class Task:
    """What a plan is made for."""

    slug: str
    benchmark: Benchmark | None
    preset: Preset
    actor: str
    at: datetime
    cause: tuple[str, str]
    upstream: str
    align: str
    retire_missing: bool


class Example(NamedTuple):
    """A row of some class of COUNTS: key, line (0: none), what stands there and what would."""

    key: str
    line: int
    before: str
    after: str


@dataclass(slots=True)
class Plan:
    """The outcome: counts, examples of them, and batches of drafts and namings on disk."""

    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(COUNTS, 0)))
    spool: Any = field(default_factory=tempfile.TemporaryFile)
    examples: dict[str, list[Example]] = field(default_factory=dict)
    _hash: Any = field(default_factory=hashlib.sha256)

    @property
    def digest(self) -> str:
        """SHA-256 of what would be written, whoever does it and when: tells two plans apart."""
        return str(self._hash.hexdigest())

    def __enter__(self) -> "Plan":
        return self

    def __exit__(self, *_: object) -> None:
        """Give the disk space back."""
        self.spool.close()

    def add(self, drafts: list[Draft], namings: list[Naming]) -> None:
        """Append one batch."""
        self.counts["revisions"] += len(drafts)
        self.counts["aliases"] += len(namings)
        for draft in drafts:
            said = draft.columns[: COLUMNS.index("cause_kind")]
            where = (draft.key, draft.split, draft.kind, draft.instance_id, draft.expected)
            self._hash.update(repr((where, said)).encode())
        for naming in namings:
            self._hash.update(repr(tuple(naming)).encode())
        pickle.dump((drafts, namings), self.spool, protocol=pickle.HIGHEST_PROTOCOL)

    def note(self, name: str, key: str, line: int, before: str, after: str) -> None:
        """Keep a row as an example of its class, unless there are enough."""
        kept = self.examples.setdefault(name, [])
        if len(kept) < NOTED:
            kept.append(Example(key, line, before, after))

    def batches(self) -> Iterator[tuple[list[Draft], list[Naming]]]:
        """Read the batches back in order."""
        self.spool.seek(0)
        while True:
            try:
                # Our own anonymous temporary file, written a moment ago.
                yield pickle.load(self.spool)  # noqa: S301
            except EOFError:
                return


def plan_import(task: Task, rows: Iterable[Row], problems: Problems, plan: Plan) -> None:
    """Plan the import of `rows`; problems are collected, the caller refuses if there are any."""
    _Planner(task, problems, plan).run(rows)


class _Planner:
    def __init__(self, task: Task, problems: Problems, plan: Plan) -> None:
        self.task, self.preset, self.problems, self.plan = task, task.preset, problems, plan
        self.at = moment(task.at)
        self.merger = Merger(task.preset, plan.counts, plan.note)
        self.lines: dict[str, int] = {}
        self.matched: dict[int, int] = {}
        self.splits: set[str] = set()
        self.position = 0
        if task.benchmark is not None:
            last = Instance.objects.filter(benchmark=task.benchmark).order_by("-position").first()
            self.position = last.position + 1 if last else 0

    def run(self, rows: Iterable[Row]) -> None:
        source = iter(rows)
        while chunk := list(islice(source, CHUNK)):
            self._chunk(chunk)
        missing = self._missing()
        self.plan.counts["missing"] = len(missing)
        rows = Head.objects.filter(pk__in=missing[:NOTED]).order_by("instance__position")
        for key, answer in rows.values_list("instance__key", "revision__answer"):
            self.plan.note("missing", key, 0, answer, "")
        if self.task.retire_missing:
            self._retire(missing)

    def _chunk(self, rows: list[Row]) -> None:
        task = self.task
        heads = Heads(task.benchmark, rows, align=task.align, upstream=task.upstream)
        drafts: list[Draft] = []
        namings: list[Naming] = []
        pending: list[tuple[Row, Head]] = []
        for row in rows:
            self.plan.counts["rows"] += 1
            try:
                self._check_twice(row)
                head = heads.of(row)
                nameless = task.upstream and row.id and not heads.is_named(row, head)
                if head is None:
                    drafts.append(self._new(row))
                    instance_id, key = None, drafts[-1].key
                else:
                    self._match(row, head)
                    pending.append((row, head))
                    instance_id, key = head.pk, head.instance.key
                if nameless and row.id:
                    namings.append(Naming(row.id, key, instance_id))
            except BadRecord as error:
                self.problems.add(error.line, error.field, error.message)
            except (ValueError, InvalidInput) as error:
                self.problems.add(row.line, "answer", str(error))
        drafts += self._revisions(pending)
        self.plan.add(drafts, namings)

    def _check_twice(self, row: Row) -> None:
        for name, value in (("key", row.key), ("id", row.id)):
            if value is None:
                continue
            if name == "id" and not value:
                raise BadRecord(row.line, "id", "is empty")
            first = self.lines.setdefault(f"{name} {value}", row.line)
            if first != row.line:
                raise BadRecord(row.line, name, f"'{value}' stands in line {first} already")

    def _match(self, row: Row, head: Head) -> None:
        first = self.matched.setdefault(head.pk, row.line)
        if first != row.line:
            raise BadRecord(row.line, "id", f"is the same instance as line {first}")
        self.plan.counts["matched"] += 1
        self.splits.add(head.instance.split)

    def _new(self, row: Row) -> Draft:
        if row.key is None:
            raise BadRecord(row.line, "key", _no_key(self.preset))
        inputs = filled(row.inputs)
        if not inputs:
            wanted = ", ".join(names[0] for names in self.preset.inputs.values())
            raise BadRecord(row.line, "inputs", f"a new instance needs its inputs ({wanted})")
        group = row.group or ""
        kind = self.preset.kind_of(row.kind, group)
        label = read_label(
            row.answer,
            kind,
            self.preset,
            choices=inputs.get("choices", ()),
            lower=row.lower,
            upper=row.upper,
        )
        self.position += 1
        self.plan.counts["new"] += 1
        self.plan.note("new", row.key, row.line, "", label.text)
        split = self._split(row)
        self.splits.add(split)
        state = State(
            kind=kind,
            content=text_of(content(kind, inputs)),
            label=label,
            derivation=text_of(filled(row.derivation)),
            meta=text_of(filled(row.meta)),
            group=group,
        )
        return self._draft(
            state, key=row.key, origin=Origin.IMPORT, split=split, position=self.position - 1
        )

    def _split(self, row: Row) -> str:
        """The row's split: its column, else the end of --upstream, else the preset's only one."""
        if row.split is not None:
            split = row.split
        else:
            split = self.task.upstream.rpartition("/")[2]
            if split not in self.preset.splits and len(self.preset.splits) == 1:
                split = next(iter(self.preset.splits))
        if split not in self.preset.splits:
            known = ", ".join(self.preset.splits)
            raise BadRecord(
                row.line,
                "split",
                f"'{split}' is no split of the preset ({known}); name it in a split column or as "
                "the end of --upstream, as in v1.0/test",
            )
        return split

    def _revisions(self, pending: list[tuple[Row, Head]]) -> list[Draft]:
        """Drafts for those matched rows that bring something new."""
        bases = bases_of([head for _, head in pending])
        matches = self._checked(
            (row, lambda row=row, head=head: self.merger.match(row, head, bases[head.pk]))
            for row, head in pending
        )
        old = documents(digest for match in matches for digest in match.wanted())
        drafts = self._checked(
            (match.row, lambda match=match: self._revision(match, old)) for match in matches
        )
        return [draft for draft in drafts if draft is not None]

    def _checked(self, work: Iterable[tuple[Row, Callable[[], T]]]) -> list[T]:
        """The results of work on rows; what is wrong with one becomes a problem."""
        results = []
        for row, act in work:
            try:
                results.append(act())
            except BadRecord as error:
                self.problems.add(error.line, error.field, error.message)
            except (ValueError, InvalidInput) as error:
                self.problems.add(row.line, "answer", str(error))
        return results

    def _revision(self, match: Match, old: Mapping[str, Any]) -> Draft | None:
        head, state = match.head, self.merger.merge(match, old)
        if state is None:
            return None
        return self._draft(
            state,
            key=head.instance.key,
            origin=Origin.REVIVED if head.retired else Origin.UPSTREAM,
            split=head.instance.split,
            position=head.instance.position,
            head=head,
        )

    def _missing(self) -> list[int]:
        if self.task.benchmark is None:
            return []
        heads = Head.objects.filter(
            benchmark=self.task.benchmark, retired=False, instance__split__in=self.splits
        )
        ids = heads.order_by("instance__position").values_list("pk", flat=True)
        return [pk for pk in ids.iterator() if pk not in self.matched]

    def _retire(self, missing: list[int]) -> None:
        for start in range(0, len(missing), CHUNK):
            heads = Head.objects.filter(pk__in=missing[start : start + CHUNK])
            heads = heads.select_related("instance", "revision__content").order_by("pk")
            self.plan.add([self._retirement(head) for head in heads], [])

    def _retirement(self, head: Head) -> Draft:
        revision = head.revision
        state = State(
            kind=revision.content.kind,
            content=(revision.content_id, ""),
            label=label_of(revision),
            derivation=(revision.derivation, ""),
            meta=(revision.meta, ""),
            group=revision.group,
        )
        return self._draft(
            state,
            key=head.instance.key,
            origin=Origin.RETIRED,
            split=head.instance.split,
            position=head.instance.position,
            head=head,
        )

    def _draft(
        self,
        state: State,
        *,
        key: str,
        origin: Origin,
        split: str,
        position: int,
        head: Head | None = None,
    ) -> Draft:
        link = Link(
            benchmark=self.task.slug,
            key=key,
            number=1 if head is None else head.revision.number + 1,
            kind=state.kind,
            content=state.content[0],
            answer=state.label.text,
            limits=state.label.limits.to_json(),
            derivation=state.derivation[0],
            meta=state.meta[0],
            group=state.group,
            reason="",
            origin=origin.value,
            cause="/".join(self.task.cause),
            actor=self.task.actor,
            at=self.at,
            previous="" if head is None else head.revision.digest,
        )
        columns = (
            *(link.number, link.content, link.answer, sortable(state.label.answer), link.limits),
            *(link.derivation, link.meta, link.group, link.reason, link.origin),
            *(*self.task.cause, link.actor, self.task.at, link.digest(), link.previous),
        )
        return Draft(
            key=key,
            kind=state.kind,
            number=link.number,
            content=link.content,
            texts=tuple(kept for kept in (state.content, state.derivation, state.meta) if kept[1]),
            columns=columns,
            split=split,
            position=position,
            instance_id=None if head is None else head.pk,
            expected=None if head is None else head.revision_id,
            retired=origin is Origin.RETIRED,
        )


def bases_of(heads: list[Head]) -> dict[int, Base]:
    """By instance, what imports said last; histories are loaded only where there are any."""
    bases = {head.pk: base_of([head.revision]) for head in heads if head.revision.number == 1}
    longer = [head.pk for head in heads if head.pk not in bases]
    revisions = Revision.objects.filter(instance__in=longer).select_related("content")
    for pk, history in groupby(revisions.order_by("instance", "number"), attrgetter("instance_id")):
        bases[pk] = base_of(history)
    return bases


def _no_key(preset: Preset) -> str:
    return (
        f"the file has no column {' or '.join(preset.key)}, so new instances have no key; "
        "add them, or match existing instances with --align"
    )
