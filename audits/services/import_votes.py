"""Bring votes that were made elsewhere, so that an audit of others counts here and is replayed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from errata.answers import print_answer

from audits.catalog import MAX_NAME, MAX_VERSION, verifiers
from audits.models import Verdict, Vote
from audits.permissions import require_auditor
from audits.plan import Name
from audits.services.triage_instances import triage_instances
from audits.verifiers.base import Ballot
from audits.votes import Seen, require_writable, votes_on, write_votes
from registry.errors import InvalidInput
from registry.events import record
from registry.importers.base import (
    BadRecord,
    Problems,
    Progress,
    Record,
    no_progress,
    open_source,
)
from registry.labels import read_label
from registry.models import Alias, Benchmark, Head, User
from registry.presets import Preset
from registry.selectors import documents, preset_of

CHUNK = 1_000
MAX_SAMPLE = 32_767
FIELDS = {
    "verifier", "version", "instance", "sample", "verdict", "answer", "category", "confidence",
    "rationale", "blind", "detail",
}  # fmt: skip


class Target(NamedTuple):
    """The rows that a vote is linked to."""

    instance: int
    revision: int


@dataclass(frozen=True, slots=True)
class _Line:
    """One checked line of the file."""

    line: int
    target: Target
    name: Name
    sample: int
    ballot: Ballot


def import_votes(
    *,
    actor: User,
    benchmark: Benchmark,
    path: Path,
    upstream: str = "",
    progress: Progress = no_progress,
) -> dict[str, int]:
    """Bring the votes of a JSONL file; return how many lines, new votes and new looks there were.

    A line names its instance by key, or by its id in the space `upstream`. What a vote looked at is
    the content of the instance as it is now if the line is `blind`, else its current revision. A
    verifier needs no class here, but none of the hub's own names may be taken. One bad line refuses
    the whole file; the same file again changes nothing. docs/verifiers.md has the form.
    """
    require_auditor(actor, benchmark)
    problems = Problems(path.name)
    reading = _Reading(benchmark, upstream, problems)
    with open_source(path, progress) as source:
        lines = [line for part in _parts(source.records) for line in reading.read(part)]
    problems.refuse()
    if not lines:
        raise InvalidInput(f"{path.name} has no votes; nothing was imported.", code="no_rows")
    with transaction.atomic():
        counts = _write(lines)
        triage_instances(
            benchmark=benchmark, instance_ids=[line.target.instance for line in lines], actor=actor
        )
        if counts["votes"] or counts["looks"]:
            record(
                "votes.imported",
                actor=actor,
                benchmark=benchmark,
                subject=("benchmark", benchmark.slug),
                data={"file": path.name, **counts},
            )
    return counts


def _write(lines: Sequence[_Line]) -> dict[str, int]:
    counts = {"lines": len(lines), "votes": 0, "looks": 0}
    at = timezone.now()
    for start in range(0, len(lines), CHUNK):
        part = lines[start : start + CHUNK]
        counts["votes"] += write_votes({(one.name, one.sample): one.ballot for one in part}, at)
        looks = dict.fromkeys((one.target, one.name) for one in part)
        seen = Seen({one.name.verifier for one in part}, [one.target.revision for one in part])
        counts["looks"] += seen.write_looks(looks, votes_on({one.name for one in part}))
    return counts


def _parts(records: Iterator[Record | BadRecord]) -> Iterator[list[Record | BadRecord]]:
    while part := list(islice(records, CHUNK)):
        yield part


class _Reading:
    """The file while it is read."""

    def __init__(self, benchmark: Benchmark, upstream: str, problems: Problems) -> None:
        self._benchmark, self._upstream, self._problems = benchmark, upstream, problems
        self._rules: Preset = preset_of(benchmark)
        self._codes = set(benchmark.categories.values_list("code", flat=True))
        self._taken = {verifier.name for verifier in verifiers()}
        self._said: dict[tuple[Name, int], Ballot] = {}

    def read(self, part: Sequence[Record | BadRecord]) -> list[_Line]:
        """The good lines of a part; the others become problems."""
        heads = self._heads({str(r.values.get("instance", "")) for r in _good(part)})
        choices = _choices(heads.values())
        lines = []
        for one in part:
            try:
                if isinstance(one, BadRecord):
                    raise one
                lines.append(self._line(one, heads, choices))
            except BadRecord as error:
                self._problems.add(error.line, error.field, error.message)
        return self._without_contradictions(lines)

    def _heads(self, names: set[str]) -> dict[str, Head]:
        heads = Head.objects.filter(benchmark=self._benchmark).select_related("revision__content")
        if self._upstream:
            aliases = Alias.objects.filter(
                benchmark=self._benchmark, space=self._upstream, value__in=names
            )
            ids = dict(aliases.values_list("value", "instance_id"))
            found = heads.in_bulk(list(ids.values()))
            return {name: found[pk] for name, pk in ids.items() if pk in found}
        keyed = heads.filter(instance__key__in=names).select_related("instance")
        return {head.instance.key: head for head in keyed}

    def _line(
        self, one: Record, heads: Mapping[str, Head], choices: Mapping[str, Sequence[str]]
    ) -> _Line:
        values = {name: value for name, value in one.values.items() if value is not None}
        if odd := sorted(values.keys() - FIELDS):
            raise BadRecord(one.line, odd[0], f"is none of {', '.join(sorted(FIELDS))}")
        head = heads.get(str(values.get("instance", "")))
        if head is None or head.retired:
            where = f"{self._upstream}:" if self._upstream else ""
            told = f"there is no live instance '{where}{values.get('instance', '')}'"
            raise BadRecord(one.line, "instance", told)
        verifier = _text(one, values, "verifier", MAX_NAME)
        if verifier in self._taken:
            raise BadRecord(
                one.line, "verifier", f"'{verifier}' is one of this hub's own; give it another name"
            )
        revision = head.revision
        blind = values.get("blind", False)
        if not isinstance(blind, bool):
            raise BadRecord(one.line, "blind", "is true or false")
        given = revision.content_id if blind else revision.digest
        return _Line(
            one.line,
            Target(head.pk, revision.pk),
            Name(verifier, _text(one, values, "version", MAX_VERSION), given),
            int(_number(one, values, "sample", MAX_SAMPLE, whole=True) or 0),
            self._ballot(one, values, head, choices.get(revision.content_id, ())),
        )

    def _ballot(
        self, one: Record, values: Mapping[str, Any], head: Head, choices: Sequence[str]
    ) -> Ballot:
        category = str(values.get("category", ""))
        if category and category not in self._codes:
            raise BadRecord(
                one.line, "category", f"'{category}' is none of {', '.join(sorted(self._codes))}"
            )
        detail = values.get("detail", {})
        if not isinstance(detail, dict):
            raise BadRecord(one.line, "detail", "is a JSON object")
        ballot = Ballot(
            str(values.get("verdict", "")),
            str(values.get("rationale", "")),
            self._answer(one, str(values.get("answer", "")), head, choices),
            category,
            _number(one, values, "confidence", 1),
            detail,
        )
        if ballot.verdict == Verdict.SUPPORT and not ballot.answer:
            raise BadRecord(one.line, "answer", "a support names the answer that was arrived at")
        try:
            require_writable(ballot)
        except ValueError as error:
            raise BadRecord(one.line, "verdict", str(error)) from error
        return ballot

    def _answer(self, one: Record, text: str, head: Head, choices: Sequence[str]) -> str:
        if not text:
            return ""
        try:
            kind = head.revision.content.kind
            return print_answer(read_label(text, kind, self._rules, choices=choices).answer)
        except ValueError as error:
            raise BadRecord(one.line, "answer", str(error)) from error

    def _without_contradictions(self, lines: Sequence[_Line]) -> list[_Line]:
        """A vote says one thing for ever, in the file and beside what is stored."""
        stored = _stored({line.name for line in lines})
        kept = []
        for line in lines:
            key = (line.name, line.sample)
            said = self._said.setdefault(key, line.ballot)
            before = stored.get(key)
            if said != line.ballot or (before and before != _core(line.ballot)):
                self._problems.add(
                    line.line,
                    "version",
                    "another vote has this verifier, version, input and sample",
                )
            else:
                kept.append(line)
        return kept


def _good(part: Sequence[Record | BadRecord]) -> Iterator[Record]:
    return (one for one in part if isinstance(one, Record))


def _choices(heads: Any) -> dict[str, Sequence[str]]:
    """The choices of each content that has some."""
    digests = {h.revision.content_id for h in heads if h.revision.content.kind == "choice"}
    read = documents(digests)
    return {digest: read.get(digest, {}).get("inputs", {}).get("choices", ()) for digest in digests}


def _stored(names: set[Name]) -> dict[tuple[Name, int], tuple[str, str, str]]:
    wanted = [pk for samples in votes_on(names).values() for pk in samples.values()]
    rows = Vote.objects.filter(pk__in=wanted).values_list(
        "verifier", "version", "input", "sample", "verdict", "answer", "category"
    )
    return {(Name(*row[:3]), row[3]): row[4:] for row in rows}


def _core(ballot: Ballot) -> tuple[str, str, str]:
    return ballot.verdict, ballot.answer, ballot.category


def _text(one: Record, values: Mapping[str, Any], name: str, limit: int) -> str:
    text = values.get(name, "")
    if not isinstance(text, str) or not 0 < len(text.strip()) <= limit or "\0" in text:
        raise BadRecord(one.line, name, f"is a text of 1 to {limit} characters")
    return text.strip()


def _number(
    one: Record, values: Mapping[str, Any], name: str, most: int, *, whole: bool = False
) -> float | None:
    if name not in values:
        return None
    try:
        number = float(int(values[name])) if whole else float(values[name])
        if not 0 <= number <= most:
            raise ValueError
    except (TypeError, ValueError):
        kind = "whole number" if whole else "number"
        raise BadRecord(one.line, name, f"is a {kind} from 0 to {most}") from None
    return number
