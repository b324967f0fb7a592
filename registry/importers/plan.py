"""Planning an import: read, check, match and digest every row, outside of any transaction.

The plan is spooled to a temporary file, so memory stays bounded by the keys of the file, and a
file with a problem in its last line has written nothing.
"""

import pickle
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from errata.grading import Comparison, Label, LabelChange, compare

from registry.chain import Link, moment, text_of
from registry.errors import InvalidInput
from registry.importers.base import BadRecord, Problems
from registry.importers.heads import Heads
from registry.importers.rows import Row
from registry.labels import label_of, read_label, sortable
from registry.models import Benchmark, Head, Instance, Origin
from registry.presets import Preset
from registry.selectors import documents

CHUNK = 5_000
# What a draft says of its revision, in the order in which it is written; `instance` comes first.
COLUMNS = (
    "number", "content", "answer", "answer_number", "limits", "derivation", "meta", "group",
    "reason", "origin", "cause_kind", "cause_id", "actor", "at", "digest", "previous",
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


@dataclass(slots=True)
class Plan:
    """The outcome: counts, and batches of drafts and namings on disk."""

    counts: Counter[str] = field(default_factory=Counter)
    spool: Any = field(default_factory=tempfile.TemporaryFile)

    def __enter__(self) -> "Plan":
        return self

    def __exit__(self, *_: object) -> None:
        """Give the disk space back."""
        self.spool.close()

    def add(self, drafts: list[Draft], namings: list[Naming]) -> None:
        """Append one batch."""
        self.counts["revisions"] += len(drafts)
        self.counts["aliases"] += len(namings)
        pickle.dump((drafts, namings), self.spool, protocol=pickle.HIGHEST_PROTOCOL)

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
        if self.task.retire_missing:
            self._retire(missing)

    def _chunk(self, rows: list[Row]) -> None:
        task = self.task
        heads = Heads(task.benchmark, rows, align=task.align, upstream=task.upstream)
        drafts: list[Draft] = []
        namings: list[Naming] = []
        pending: list[_Match] = []
        for row in rows:
            self.plan.counts["rows"] += 1
            try:
                self._check_twice(row)
                head = heads.of(row)
                if head is None:
                    drafts.append(self._new(row))
                    instance_id, key = None, drafts[-1].key
                else:
                    self._match(row, head)
                    pending.append(_Match(row, head, self._candidate(row, head)))
                    instance_id, key = head.pk, head.instance.key
                if task.upstream and row.id and not heads.is_named(row.id):
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
        inputs = {name: value for name, value in row.inputs.items() if value is not None}
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
        split = self._split(row)
        self.splits.add(split)
        content = text_of({"format": 1, "kind": kind, "inputs": inputs})
        derivation, meta = text_of(_filled(row.derivation)), text_of(_filled(row.meta))
        return self._draft(
            key=row.key,
            kind=kind,
            label=label,
            texts=(content, derivation, meta),
            group=group,
            origin=Origin.IMPORT,
            split=split,
            position=self.position - 1,
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

    def _revisions(self, pending: "list[_Match]") -> list[Draft]:
        """Drafts for those matched rows in which something differs from the head."""
        old = documents(digest for match in pending for digest in match.wanted())
        drafts = []
        for match in pending:
            try:
                draft = self._revision(match, old)
            except BadRecord as error:
                self.problems.add(error.line, error.field, error.message)
            except (ValueError, InvalidInput) as error:
                self.problems.add(match.row.line, "answer", str(error))
            else:
                drafts += [draft] if draft else []
        return drafts

    def _candidate(self, row: Row, head: Head) -> str:
        """The content digest if the file has all inputs; saves loading unchanged texts."""
        kind = self._kind(row, head)
        return text_of({"format": 1, "kind": kind, "inputs": _filled(row.inputs)})[0]

    def _kind(self, row: Row, head: Head) -> str:
        if row.kind is None:
            return head.revision.content.kind
        return self.preset.kind_of(row.kind, row.group or head.revision.group)

    def _revision(self, match: "_Match", old: Mapping[str, Any]) -> Draft | None:
        row, head = match.row, match.head
        revision, kind = head.revision, self._kind(row, head)
        content = self._content(match, old)
        label, step = self._label(row, head, kind, old)
        identical = step.change is LabelChange.IDENTICAL
        derivation = _overlay(row.derivation, revision.derivation if identical else "", old)
        meta = _overlay(row.meta, revision.meta, old)
        group = revision.group if row.group is None else row.group
        counts = self.plan.counts
        counts[step.change.value] += 1
        counts["limits_changed"] += identical and step.limits_changed
        counts["inputs_changed"] += content[0] != revision.content_id
        counts["revived"] += head.retired
        unchanged = (
            content[0] == revision.content_id
            and identical
            and not step.limits_changed
            and (derivation[0], meta[0], group)
            == (revision.derivation, revision.meta, revision.group)
            and not head.retired
        )
        if unchanged:
            return None
        return self._draft(
            key=head.instance.key,
            kind=kind,
            label=label,
            texts=(content, derivation, meta),
            group=group,
            origin=Origin.REVIVED if head.retired else Origin.UPSTREAM,
            split=head.instance.split,
            position=head.instance.position,
            head=head,
        )

    def _content(self, match: "_Match", old: Mapping[str, Any]) -> tuple[str, str]:
        row, head = match.row, match.head
        digest = head.revision.content_id
        if match.candidate == digest or not row.inputs:
            return digest, ""
        if digest not in old:
            raise BadRecord(row.line, "inputs", f"the inputs of {head.instance.key} were removed")
        inputs = dict(old[digest]["inputs"])
        for name, value in row.inputs.items():
            differs = inputs.get(name) != value
            if row.key is None and differs and name not in self.preset.rewordable:
                raise BadRecord(
                    row.line, name, f"differs from {head.instance.key}, with which it is aligned"
                )
            inputs[name] = value
        document = {"format": 1, "kind": self._kind(row, head), "inputs": _filled(inputs)}
        return text_of(document)

    def _label(
        self, row: Row, head: Head, kind: str, old: Mapping[str, Any]
    ) -> tuple[Label, Comparison]:
        before = label_of(head.revision)
        choices = row.inputs.get("choices") or ()
        if kind == "choice" and not choices and head.revision.content_id in old:
            choices = old[head.revision.content_id]["inputs"].get("choices", ())
        label = read_label(
            row.answer, kind, self.preset, choices=choices, lower=row.lower, upper=row.upper
        )
        step = compare(before, label)
        no_limits_in_file = row.lower is None and row.upper is None
        if step.change is LabelChange.IDENTICAL and (no_limits_in_file or not step.limits_changed):
            return before, compare(before, before)
        return label, step

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
        return self._draft(
            key=head.instance.key,
            kind=revision.content.kind,
            label=label_of(revision),
            texts=((revision.content_id, ""), (revision.derivation, ""), (revision.meta, "")),
            group=revision.group,
            origin=Origin.RETIRED,
            split=head.instance.split,
            position=head.instance.position,
            head=head,
        )

    def _draft(
        self,
        *,
        key: str,
        kind: str,
        label: Label,
        texts: tuple[tuple[str, str], tuple[str, str], tuple[str, str]],
        group: str,
        origin: Origin,
        split: str,
        position: int,
        head: Head | None = None,
    ) -> Draft:
        (content, _), (derivation, _), (meta, _) = texts
        number = 1 if head is None else head.revision.number + 1
        previous = "" if head is None else head.revision.digest
        link = Link(
            benchmark=self.task.slug,
            key=key,
            number=number,
            kind=kind,
            content=content,
            answer=label.text,
            limits=label.limits.to_json(),
            derivation=derivation,
            meta=meta,
            group=group,
            reason="",
            origin=origin.value,
            cause="/".join(self.task.cause),
            actor=self.task.actor,
            at=self.at,
            previous=previous,
        )
        columns = (
            number,
            content,
            link.answer,
            sortable(label.answer),
            link.limits,
            derivation,
            meta,
            group,
            "",
            link.origin,
            *self.task.cause,
            self.task.actor,
            self.task.at,
            link.digest(),
            previous,
        )
        return Draft(
            key=key,
            kind=kind,
            number=number,
            content=content,
            texts=tuple((digest, body) for digest, body in texts if body),
            columns=columns,
            split=split,
            position=position,
            instance_id=None if head is None else head.pk,
            expected=None if head is None else head.revision_id,
            retired=origin is Origin.RETIRED,
        )


@dataclass(frozen=True, slots=True)
class _Match:
    """A row, the head it is about, and the content digest if the row has all inputs."""

    row: Row
    head: Head
    candidate: str

    def wanted(self) -> Iterator[str]:
        """Digests of the old documents that are needed to see what differs."""
        revision = self.head.revision
        if self.candidate != revision.content_id:
            yield revision.content_id
        for table, digest in (
            (self.row.derivation, revision.derivation),
            (self.row.meta, revision.meta),
        ):
            if table and text_of(_filled(table))[0] != digest:
                yield digest


def _filled(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if value is not None}


def _overlay(table: Mapping[str, Any], digest: str, old: Mapping[str, Any]) -> tuple[str, str]:
    """The old document with what the file has laid over it; an empty cell takes away."""
    if not table:
        return digest, ""
    return text_of(_filled({**old.get(digest, {}), **table}))


def _no_key(preset: Preset) -> str:
    return (
        f"the file has no column {' or '.join(preset.key)}, so new instances have no key; "
        "add them, or match existing instances with --align"
    )
