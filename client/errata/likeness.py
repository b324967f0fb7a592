"""How the labels of a file differ from those of a release, and which columns of it hold them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from errata.answers import UnreadableAnswer, parse_answer
from errata.contract import choices_of, label_of
from errata.errors import ErrataError
from errata.grading import LABEL_CHANGES, Label, LabelChange, accepts, compare
from errata.hub import PUBLISHED, Hub, Release
from errata.pulling import fetch_files, read_release
from errata.tables import Record, read_csv, read_table

OURS = (("key",), ("id",))  # columns of keys in this project's own files
UNREADABLE, ONLY_IN_FILE, ONLY_IN_RELEASE = "unreadable", "only_in_file", "only_in_release"


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file may call what names its rows, and the answer; the first that it has counts.

    Several columns make up a key, joined by a colon. One column holds keys, or upstream ids as in
    the releases' own `data/csv`.
    """

    ids: tuple[tuple[str, ...], ...] = ()
    answers: tuple[str, ...] = ()

    def names_of(self, row: Record) -> tuple[str, ...]:
        """The columns that name a row; none where it lacks them all."""
        return next((each for each in self.ids if _cells(row, each)), ())

    def answer_of(self, row: Record) -> Any:
        """What a row answers; None where it has no such column."""
        return next((row[name] for name in self.answers if row.get(name) is not None), None)


@dataclass(frozen=True, slots=True)
class Labels:
    """The answers of a file by what names its rows, and the columns of that."""

    answers: dict[str, str]
    id_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a file's labels differ from those of a release, by class of change."""

    benchmark: str
    version: str
    counts: dict[str, int]
    status: str = PUBLISHED

    @property
    def same(self) -> int:
        """Labels of the file that say what the release says."""
        near = (LabelChange.IDENTICAL, LabelChange.REFORMATTED, LabelChange.WITHIN_TOLERANCE)
        return sum(self.counts[name] for name in near)

    @property
    def distance(self) -> tuple[int, int]:
        """Labels that are other ones, then those written differently; the nearest has least."""
        far = (*LABEL_CHANGES, UNREADABLE, ONLY_IN_FILE, ONLY_IN_RELEASE)
        near = (LabelChange.WITHIN_TOLERANCE, LabelChange.REFORMATTED)
        return sum(self.counts[name] for name in far), sum(self.counts[name] for name in near)


def columns_of(source: Hub, slug: str, given: Columns) -> Columns:
    """The columns as given; else those that the hub knows of the benchmark's files, else ours."""
    told: dict[str, list[str]] = {}
    if not source.offline and not (given.ids and given.answers):
        told = source.document(f"benchmarks/{quote(slug, safe='')}/", slug)
    keys, ids = told.get("key_columns", []), told.get("id_columns", [])
    known = (tuple(keys), *((name,) for name in ids), *OURS)
    answers = (*told.get("answer_columns", []), "answer")
    return Columns(given.ids or known, given.answers or answers)


def read_labels(path: Path, columns: Columns) -> Labels:
    """The labels of a file; raises ErrataError where a record lacks its id or its answer."""
    answers: dict[str, str] = {}
    names: tuple[str, ...] = ()
    for number, row in enumerate(read_table(path), start=1):
        names = names or columns.names_of(row)
        cells, answer = _cells(row, names), columns.answer_of(row)
        if not cells or answer is None:
            message = (
                f"Record {number} of {path.name} lacks its id or its answer; it has "
                f"{', '.join(map(str, row)) or 'nothing'}. Name the columns with --id-column (once "
                "for each part of a key) and --answer-column."
            )
            raise ErrataError("column_missing", message, asked_wrongly=True)
        answers[":".join(cells)] = str(answer).strip()
    if not answers:
        raise ErrataError("empty_file", f"{path.name} holds no record.", asked_wrongly=True)
    return Labels(answers, names)


def likeness(source: Hub, release: Release, labels: Labels) -> Likeness:
    """Compare the labels of a file with those of a release; raises ErrataError."""
    rows = read_release(source, release)
    ids = [str(row["key"]) for row in rows]
    if len(labels.id_columns) == 1 and not labels.answers.keys() & set(ids):
        there = _upstream_ids(source, release, labels.id_columns[0])
        ids = there if len(there) == len(rows) else [""] * len(rows)
    found: Counter[str] = Counter()
    for name, row in zip(ids, rows, strict=True):
        raw = labels.answers.get(name)
        found[ONLY_IN_RELEASE if raw is None else _change(raw, row)] += 1
    found[ONLY_IN_FILE] = len(labels.answers.keys() - set(ids))
    names = (*(change.value for change in LabelChange), UNREADABLE, ONLY_IN_FILE, ONLY_IN_RELEASE)
    counts = {name: found[name] for name in names}
    return Likeness(release.benchmark, release.version, counts, release.status)


def _upstream_ids(source: Hub, release: Release, column: str) -> list[str]:
    """That column of the release's CSV files, whose rows stand in the order of its data."""
    wanted = [f"data/csv/{split}.csv" for split in release.data]
    files = [file for path in wanted for file in release.files if file.path == path]
    copies, _ = fetch_files(source, release, files)
    return [
        str(row.get(column) or "")
        for path in wanted
        if path in copies
        for row in read_csv(copies[path])
    ]


def _change(raw: str, row: Mapping[str, Any]) -> str:
    """The step from a file's answer to a release's label."""
    label = label_of(row)
    try:
        answer = parse_answer(raw, row["kind"], choices=choices_of(row))
    except UnreadableAnswer:
        return UNREADABLE
    change = compare(Label(answer, raw), label).change
    if change is LabelChange.CHANGED and accepts(label, answer):
        change = LabelChange.WITHIN_TOLERANCE
    return change.value


def _cells(row: Record, names: Sequence[str]) -> list[str]:
    """The row's values in these columns, or none where it lacks one."""
    if any(row.get(name) is None for name in names):
        return []
    return [str(row[name]).strip() for name in names]
