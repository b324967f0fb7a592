"""Gold sets, and how labels compare with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.db.models import QuerySet, Sum
from errata.answers import Answer, UnreadableAnswer

from registry.errors import NotFound
from registry.importers.base import Problems, Progress, no_progress
from registry.labels import stored_label
from registry.models import Benchmark, Head
from registry.presets import Preset
from registry.remembering import remembered
from registry.selectors import documents, preset_of
from versions.label_files import open_labels, read_value
from versions.models import GoldLabel, GoldSet, Release
from versions.quality import Likeness, Tally, are_whole
from versions.selectors import in_batches, release_rows

CURRENT = "current labels"
_DIGITS = 6


class Asked(NamedTuple):
    """What is asked of an instance: the kind of its answer, and the options of a choice."""

    kind: str
    choices: Sequence[str]


@dataclass(frozen=True, slots=True)
class Compared:
    """One label set beside a gold set; `missing` gold answers have no label in it."""

    name: str
    likeness: Likeness
    missing: int

    def to_dict(self) -> dict[str, Any]:
        """The figures for programs, rounded to six digits."""
        told = self.likeness
        return {
            "set": self.name,
            "n": told.n,
            "agree": told.agree,
            "share": _rounded(told.share),
            "interval": told.interval and [_rounded(end) for end in told.interval],
            "smape": _rounded(told.smape),
            "smape_interval": told.smape_interval
            and [_rounded(end) for end in told.smape_interval],
            "smape_n": told.smape_n,
            "missing": self.missing,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def gold_sets(benchmark: Benchmark) -> QuerySet[GoldSet]:
    """The gold sets of a benchmark, oldest first."""
    return GoldSet.objects.filter(benchmark=benchmark).order_by("pk")


def get_gold(benchmark: Benchmark, name: str) -> GoldSet:
    """The gold set of that name, or NotFound."""
    found = gold_sets(benchmark).filter(name=name).first()
    if found is None:
        have = ", ".join(gold_sets(benchmark).values_list("name", flat=True)[:20])
        told = f"It has {have}." if have else "Import one with: manage.py import_gold"
        raise NotFound(f"{benchmark.slug} has no gold set '{name}'. {told}", code="no_gold")
    return found


def asked_of(instances: Iterable[int]) -> dict[int, Asked]:
    """What is asked of each instance as it stands now."""
    heads = Head.objects.filter(pk__in=set(instances))
    contents = {
        pk: (kind, digest)
        for pk, kind, digest in heads.values_list(
            "pk", "revision__content__kind", "revision__content"
        )
    }
    found = documents(digest for kind, digest in contents.values() if kind == "choice")
    return {
        pk: Asked(kind, found.get(digest, {}).get("inputs", {}).get("choices", ()))
        for pk, (kind, digest) in contents.items()
    }


def compare_labels(
    *,
    benchmark: Benchmark,
    gold: GoldSet,
    releases: Sequence[Release] = (),
    files: Sequence[Path] = (),
    current: bool = False,
    progress: Progress = no_progress,
) -> list[Compared]:
    """Compare label sets with a gold set, all at once: how a row counts depends on all its values.

    The sets are the labels as they stand (`current`), those of releases, and files whose ids are
    of the gold set's alias space. Without files it is worked out again only once a label moved.
    """
    preset = preset_of(benchmark)
    if files:
        return _compared(gold, preset, releases, files, current, progress)
    named = [release.public_id for release in releases]
    key = ["gold", gold.public_id, named, current, _moment(gold), benchmark.preset]
    return remembered(key, lambda: _compared(gold, preset, releases, (), current, progress))


def _moment(gold: GoldSet) -> str:
    """Grows with every revision of an instance of the set, since revisions have rising ids."""
    labels = GoldLabel.objects.filter(gold=gold)
    return str(labels.aggregate(moment=Sum("instance__head__revision"))["moment"])


def _compared(
    gold: GoldSet,
    preset: Preset,
    releases: Sequence[Release],
    files: Sequence[Path],
    current: bool,
    progress: Progress,
) -> list[Compared]:
    rows = list(_gold_rows(gold, preset))
    answers = {row.instance: row.answer for row in rows}
    sets: list[tuple[str, dict[int, Answer]]] = []
    if current:
        sets.append((CURRENT, _current(answers)))
    sets += [(release.version, _released(release, answers)) for release in releases]
    sets += [(path.name, _of_file(path, rows, preset, progress)) for path in files]
    whole = {
        pk: are_whole([answer, *(found[pk] for _, found in sets if pk in found)])
        for pk, answer in answers.items()
    }
    told = [(name, _likeness(answers, found, whole)) for name, found in sets]
    return [Compared(name, likeness, gold.labels - likeness.n) for name, likeness in told]


def _likeness(
    gold: Mapping[int, Answer], found: Mapping[int, Answer], whole: Mapping[int, bool]
) -> Likeness:
    tally = Tally()
    for pk, answer in gold.items():
        if pk in found:
            tally.add(answer, found[pk], whole=whole[pk])
    return tally.likeness()


class _GoldRow(NamedTuple):
    instance: int
    id: str
    answer: Answer
    asked: Asked


def _gold_rows(gold: GoldSet, preset: Preset) -> Iterator[_GoldRow]:
    """The answers that still are some: an instance may ask for another kind than at the import."""
    labels = GoldLabel.objects.filter(gold=gold).order_by("pk")
    for batch in in_batches(labels.values_list("instance_id", "row", "answer").iterator()):
        asked = asked_of(pk for pk, *_ in batch)
        for pk, row, text in batch:
            try:
                value = read_value(text, asked[pk].kind, preset, asked[pk].choices)
            except UnreadableAnswer:
                continue
            yield _GoldRow(pk, row, value.answer, asked[pk])


def _current(instances: Iterable[int]) -> dict[int, Answer]:
    found: dict[int, Answer] = {}
    for batch in in_batches(instances):
        heads = Head.objects.filter(pk__in=batch, retired=False)
        for pk, *label in heads.values_list(
            "pk", "revision__content__kind", "revision__answer", "revision__limits"
        ):
            found[pk] = stored_label(*label).answer
    return found


def _released(release: Release, instances: Iterable[int]) -> dict[int, Answer]:
    return {
        row.instance: stored_label(row.kind, row.answer, row.limits).answer
        for batch in in_batches(instances)
        for row in release_rows(release, batch)
    }


def _of_file(
    path: Path, rows: Sequence[_GoldRow], preset: Preset, progress: Progress
) -> dict[int, Answer]:
    """The file's answers to the rows of the gold set; the others are not read."""
    wanted, problems = {row.id: row for row in rows}, Problems(path.name, did="compared")
    found: dict[int, Answer] = {}
    with open_labels(path, preset, progress=progress) as file:
        for line in file.rows(problems):
            row = wanted.get(line.id)
            if row is None or not line.written:
                continue
            if row.instance in found:
                problems.add(line.line, "id", f"'{line.id}' stands twice in the file")
                continue
            try:
                value = read_value(line.written, row.asked.kind, preset, row.asked.choices)
            except UnreadableAnswer as error:
                problems.add(line.line, "answer", str(error))
            else:
                found[row.instance] = value.answer
    problems.refuse()
    return found
