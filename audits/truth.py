"""Truth from outside, to measure by: which labels of a benchmark are wrong, as a file says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from django.db.models import QuerySet
from errata.answers import UnreadableAnswer
from errata.grading import InvalidLimits, LabelChange, compare

from audits.evidence import Evidence, Policy
from audits.voices import evidence_of
from registry.errors import InvalidInput
from registry.importers.base import BadRecord, Problems, Progress, no_progress, open_source
from registry.importers.heads import Heads
from registry.importers.rows import Row, check_columns, read_rows
from registry.labels import label_of, read_label
from registry.models import Benchmark, Revision
from registry.presets import Preset
from registry.selectors import inputs_of, preset_of

CHUNK = 1_000
COLUMN = "wrong"
YES, NO = ("yes", "true", "1"), ("no", "false", "0")
_RIGHT = (LabelChange.IDENTICAL, LabelChange.REFORMATTED, LabelChange.WITHIN_TOLERANCE)


@dataclass(slots=True)
class Truth:
    """What a file says of labels: evidence and whether it is wrong, in the order of revisions.

    `rows` of the file; `elsewhere` of them name no label that is looked at; `without_truth` counts
    the labels that the file does not tell of.
    """

    labels: list[Evidence] = field(default_factory=list)
    wrong: list[bool] = field(default_factory=list)
    rows: int = 0
    elsewhere: int = 0
    without_truth: int = 0


def read_truth(
    benchmark: Benchmark,
    revisions: QuerySet[Revision],
    path: Path,
    policy: Policy,
    *,
    upstream: str = "",
    progress: Progress = no_progress,
) -> Truth:
    """Lay a file beside these labels (one revision per instance), with what is known of each.

    The file has the columns of the benchmark's preset: its key, or with `upstream` the ids of that
    alias space, and either the right answer (a label is wrong where the answer changed, became or
    ceased to be unanswerable; the label's own limits count) or a column `wrong` that says yes or
    no. An empty cell says nothing. Raises InvalidInput where a row cannot be read or nothing fits.
    """
    problems, found = Problems(path.name), Truth()
    preset = preset_of(benchmark)
    looked_at = dict(revisions.order_by("number").values_list("instance", "pk"))
    said: dict[int, bool] = {}
    with open_source(path, progress) as source:
        by_word = source.columns is not None and COLUMN in source.columns
        form = replace(
            preset,
            inputs={},
            derivation={},
            meta={},
            values={},
            columns=preset.columns | ({"answer": (COLUMN,)} if by_word else {}),
        )
        check_columns(source, form, aligned=bool(upstream))
        rows = read_rows(source, form, problems)
        while chunk := list(islice(rows, CHUNK)):
            found.rows += len(chunk)
            named = _named(benchmark, chunk, upstream, looked_at, problems)
            found.elsewhere += len(chunk) - len(named)
            said.update(_judged(named, None if by_word else preset, problems))
    problems.refuse()
    if not said:
        raise InvalidInput(
            f"{path.name} tells of no label here. Are its keys those of {benchmark.slug}, or its "
            "ids those of the --upstream space?",
            code="no_truth",
        )
    found.without_truth = len(looked_at) - len(said)
    ids = sorted(said)
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        known = evidence_of(benchmark, part, policy)
        found.labels += [known[revision] for revision in part]
        found.wrong += [said[revision] for revision in part]
    return found


def _named(
    benchmark: Benchmark,
    rows: list[Row],
    upstream: str,
    looked_at: dict[int, int],
    problems: Problems,
) -> list[tuple[Row, int]]:
    """The rows that name a label that is looked at, with its revision."""
    heads = Heads(benchmark, rows, align=upstream)
    named = []
    for row in rows:
        if row.key is None and row.id and row.id not in heads.by_id:
            continue
        try:
            head = heads.of(row)
        except BadRecord as error:
            problems.add(error.line, error.field, error.message)
            continue
        if head is not None and head.pk in looked_at:
            named.append((row, looked_at[head.pk]))
    return named


def _judged(
    named: Sequence[tuple[Row, int]], preset: Preset | None, problems: Problems
) -> Iterator[tuple[int, bool]]:
    """Which of these labels are wrong; without a preset the rows say so themselves."""
    labels = Revision.objects.select_related("content").in_bulk([pk for _, pk in named])
    for row, pk in named:
        if not row.answer:
            continue
        try:
            wrong = _says(row.answer) if preset is None else _differs(labels[pk], row, preset)
        except (UnreadableAnswer, InvalidLimits, ValueError) as error:
            problems.add(row.line, COLUMN if preset is None else "answer", str(error))
        else:
            yield pk, wrong


def _says(word: str) -> bool:
    if word.casefold() not in YES + NO:
        raise ValueError(f"'{word}' is neither yes nor no")
    return word.casefold() in YES


def _differs(revision: Revision, row: Row, preset: Preset) -> bool:
    kind = revision.content.kind
    choices = (inputs_of(revision) or {}).get("choices", ()) if kind == "choice" else ()
    right = read_label(row.answer, kind, preset, choices=choices)
    return compare(label_of(revision), right).change not in _RIGHT
