"""Take in a gold set: answers that experts gave outside the hub, to compare labels with."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from errata.answers import UnreadableAnswer

from registry.dialects import bulk_insert
from registry.errors import InvalidInput
from registry.events import record
from registry.importers.base import Problems, Progress, file_digest, no_progress
from registry.locks import lock_benchmark
from registry.models import Alias, Benchmark, Role, User
from registry.permissions import require_role
from registry.selectors import preset_of
from versions.gold import Asked, asked_of
from versions.label_files import Labelled, Value, open_labels, read_value
from versions.models import GoldLabel, GoldSet
from versions.selectors import in_batches

_LONGEST_NAME = 100
_TOLD = 20


@dataclass(slots=True)
class GoldImport:
    """A gold set, whether it is new, and what was read without its unit: the first of them."""

    gold: GoldSet
    is_new: bool
    with_unit: int = 0
    units: list[dict[str, str]] = field(default_factory=list)


def import_gold(
    *,
    actor: User,
    benchmark: Benchmark,
    path: Path,
    upstream: str,
    name: str,
    id_column: str = "",
    answer_column: str = "",
    progress: Progress = no_progress,
) -> GoldImport:
    """Read a whole file, then write its answers as the gold set `name`.

    Ids are those of the alias space `upstream`; rows without an answer are counted. One unreadable
    row refuses the file. The same file again changes nothing; another one of the name is refused.
    """
    require_role(actor, benchmark, Role.MAINTAINER, "import a gold set")
    name = _checked(name)
    _require_space(benchmark, upstream)
    digest = file_digest_of(path)
    problems = Problems(path.name)
    reading = _Reading(benchmark, upstream, problems)
    with open_labels(
        path,
        preset_of(benchmark),
        id_column=id_column,
        answer_column=answer_column,
        progress=progress,
    ) as file:
        labels = list(reading.labels(file.rows(problems)))
        columns = file.id_names[0], file.answer_names[0]
    problems.refuse()
    if not labels:
        raise InvalidInput(
            f"{path.name} has no answer in {columns[1]}; nothing was imported.", code="no_rows"
        )
    with transaction.atomic():
        lock_benchmark(benchmark.pk)
        known = GoldSet.objects.filter(benchmark=benchmark, name=name).first()
        if known is not None:
            _require_same(known, digest, upstream, columns)
            return GoldImport(known, False, *reading.told(labels))
        gold = GoldSet.objects.create(
            benchmark=benchmark,
            name=name,
            file_name=path.name[-255:],
            file_digest=digest,
            upstream=upstream,
            id_column=columns[0],
            answer_column=columns[1],
            rows=reading.counts["rows"],
            labels=len(labels),
            actor=actor.public_id,
            at=timezone.now(),
        )
        rows = ((gold.pk, asked, r.id, r.written, v.text, v.unit) for asked, r, v in labels)
        bulk_insert(GoldLabel, _FIELDS, rows)
        record(
            "gold.imported",
            actor=actor,
            benchmark=benchmark,
            subject=("gold", gold.public_id),
            data={"name": name, "file": path.name, "labels": gold.labels, "rows": gold.rows},
            at=gold.at,
        )
    return GoldImport(gold, True, *reading.told(labels))


_FIELDS = ("gold", "instance", "row", "written", "answer", "unit")
Label = tuple[int, Labelled, Value]


def file_digest_of(path: Path) -> str:
    """The digest of the file, or InvalidInput where there is none."""
    try:
        return file_digest(path)
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read ({error.strerror}). Check the path.", code="no_file"
        ) from error


def _checked(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or "/" in name:
        raise InvalidInput(
            f"Name the gold set in 1 to {_LONGEST_NAME} characters without a slash.",
            code="bad_name",
        )
    return name


def _require_space(benchmark: Benchmark, upstream: str) -> None:
    aliases = Alias.objects.filter(benchmark=benchmark)
    if not aliases.filter(space=upstream).exists():
        spaces = aliases.order_by("space").values_list("space", flat=True).distinct()[:20]
        raise InvalidInput(
            f"{benchmark.slug} knows no ids of '{upstream}'. It knows those of "
            f"{', '.join(spaces) or 'no space'}; name one with --upstream.",
            code="no_space",
        )


def _require_same(known: GoldSet, digest: str, upstream: str, columns: tuple[str, str]) -> None:
    same = (known.file_digest, known.upstream, known.id_column, known.answer_column)
    if same != (digest, upstream, *columns):
        raise InvalidInput(
            f"There is a gold set {known.name} already, of {known.file_name} (columns "
            f"{known.id_column} and {known.answer_column} in {known.upstream}). It never changes: "
            "give the other file a name of its own.",
            code="gold_name_taken",
        )


class _Reading:
    """Turns rows into labels; what is wrong with one goes to `problems`."""

    def __init__(self, benchmark: Benchmark, upstream: str, problems: Problems) -> None:
        self.benchmark, self.upstream, self.problems = benchmark, upstream, problems
        self.preset = preset_of(benchmark)
        self.counts: Counter[str] = Counter()
        self.lines: dict[int, int] = {}  # by instance, where it was answered first

    def labels(self, rows: Iterator[Labelled]) -> Iterator[Label]:
        """Instance, row and value of every row that somebody labelled."""
        for batch in in_batches(self._answered(rows)):
            ids = {row.id for row in batch}
            spaces = Alias.objects.filter(
                benchmark=self.benchmark, space=self.upstream, value__in=ids
            )
            named = dict(spaces.values_list("value", "instance_id"))
            asked = asked_of(named.values())
            for row in batch:
                yield from self._label(row, named.get(row.id), asked)

    def _answered(self, rows: Iterable[Labelled]) -> Iterator[Labelled]:
        for row in rows:
            self.counts["rows"] += 1
            if row.written:
                yield row

    def _label(
        self, row: Labelled, instance: int | None, asked: dict[int, Asked]
    ) -> Iterator[Label]:
        if instance is None:
            wanted = f"there is no {self.upstream}:{row.id}" if row.id else "is missing"
            self.problems.add(row.line, "id", wanted)
        elif instance in self.lines:
            first = self.lines[instance]
            self.problems.add(row.line, "id", f"'{row.id}' was answered in line {first}")
        else:
            self.lines[instance] = row.line
            kind, choices = asked[instance]
            try:
                yield instance, row, read_value(row.written, kind, self.preset, choices)
            except UnreadableAnswer as error:
                self.problems.add(row.line, "answer", str(error))

    def told(self, labels: list[Label]) -> tuple[int, list[dict[str, str]]]:
        """How many were read without their unit, and the first of them."""
        units = [
            {"id": row.id, "written": row.written, "read": value.text, "unit": value.unit}
            for _, row, value in labels
            if value.unit
        ]
        return len(units), units[:_TOLD]
