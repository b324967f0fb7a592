"""Which version a file is: exactly, by its digest, or the release that its labels are nearest.

The file stays here: a digest is all that a hub is told.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from errata.answers import UnreadableAnswer, parse_answer
from errata.comparing import LABEL_CHANGES, compare_rows, count_entries, label_of
from errata.errors import ErrataError
from errata.grading import Label, LabelChange, accepts, compare
from errata.hub import Hub, Release, newest_first
from errata.manifest import InvalidManifest, file_sha256, read_rows
from errata.pulling import fetch_files, read_contents, read_release

_CSV, _JSONL = (".csv",), (".jsonl", ".ndjson")
UNREADABLE, ONLY_IN_FILE, ONLY_IN_RELEASE = "unreadable", "only_in_file", "only_in_release"


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file may call what names its rows, and the answer; the first that it has counts.

    Several columns make up a key, joined by a colon. One column holds keys, or upstream ids as in
    the releases' own `data/csv`.
    """

    ids: tuple[tuple[str, ...], ...] = ()
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Labels:
    """The answers of a file by what names its rows, and the columns of that."""

    answers: dict[str, str]
    id_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A release that has exactly this file, or that was the first after this file's import."""

    benchmark: str
    version: str
    path: str = ""
    upstream: str = ""
    corrected_since: int | None = None  # labels; None where nobody could tell


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a file's labels differ from those of a release, by class of change."""

    benchmark: str
    version: str
    counts: dict[str, int]

    @property
    def distance(self) -> tuple[int, int]:
        """Labels that are other ones, then those written differently; the nearest has least."""
        far = (*LABEL_CHANGES, UNREADABLE, ONLY_IN_FILE, ONLY_IN_RELEASE)
        near = (LabelChange.WITHIN_TOLERANCE, LabelChange.REFORMATTED)
        return sum(self.counts[name] for name in far), sum(self.counts[name] for name in near)


@dataclass(frozen=True, slots=True)
class Identified:
    """What is known of a file; `nearest` is empty where it is known exactly."""

    sha256: str
    exact: list[Match] = field(default_factory=list)
    nearest: list[Likeness] = field(default_factory=list)
    corrected_since: int | None = None


def identify(
    path: Path,
    *,
    of: str = "",
    columns: Columns = Columns(),
    hub: str | None = None,
    offline: bool = False,
) -> Identified:
    """Say which version a file is.

    Without a release that has exactly this file, its labels are compared with every version of the
    benchmark `of`, nearest first. Offline both goes by what is in the cache. Raises ErrataError.
    """
    digest = file_sha256(path)
    with Hub(hub, offline=offline) as source:
        if exact := _exact(source, digest):
            return Identified(digest, exact)
        if not of:
            message = (
                f"No release that is known {'here' if offline else 'to the hub'} has exactly this "
                "file. Name its benchmark with --of, and its labels are compared with each version."
            )
            raise ErrataError("unknown_file", message)
        releases = _versions(source, of)
        labels = _labels(path, _columns(source, of, columns))
        nearest = [_likeness(source, release, labels) for release in releases]
        nearest.sort(key=lambda each: each.distance)  # of equals the newest stays first
        if nearest[0].counts[ONLY_IN_FILE] == len(labels.answers):
            message = (
                f"None of the {len(labels.answers)} rows of {path.name} stands in {of} under its "
                f"{' and '.join(labels.id_columns)}. Name the columns of its keys with --id-column."
            )
            raise ErrataError("no_key_in_common", message)
        found = next(each for each in releases if each.version == nearest[0].version)
        latest = next((each for each in releases if each.status == "published"), releases[0])
        held = read_contents(source, latest)
        entries = compare_rows(read_release(source, found), held.rows, held.rewordings)
    return Identified(digest, [], nearest, count_entries(entries)["label_changes"])


def _exact(source: Hub, digest: str) -> list[Match]:
    if source.offline:
        known = source.cached_releases()
        return [
            Match(release.benchmark, release.version, file.path)
            for release in known
            for file in release.files
            if file.sha256 == digest
        ]
    found = source.document(f"files/{digest}/", "file")
    names = Match.__slots__
    return [Match(**{name: entry[name] for name in names}) for entry in found["matches"]]


def _versions(source: Hub, slug: str) -> list[Release]:
    """Every published release of a benchmark, newest first."""
    if source.offline:
        known = [each for each in source.cached_releases() if each.benchmark == slug]
    else:
        pages = source.listed(f"benchmarks/{slug}/releases/?page_size=200", slug)
        rows = [row for page in pages for row in page["results"]]
        versions = [row["version"] for row in rows if row["published_at"]]
        known = [source.release(slug, version) for version in versions]
    if not known:
        message = f"There is no release of {slug} {'in the cache' if source.offline else 'yet'}."
        raise ErrataError("not_found", message, asked_wrongly=True)
    return sorted(known, key=newest_first)


def _columns(source: Hub, slug: str, given: Columns) -> Columns:
    """The columns as given; else those that the hub knows of the benchmark's files, else ours."""
    told: dict[str, list[str]] = {}
    if not source.offline and not (given.ids and given.answers):
        told = source.document(f"benchmarks/{slug}/", slug)
    keys, ids = told.get("key_columns", []), told.get("id_columns", [])
    known = (tuple(keys), *((name,) for name in (*ids, "key", "id")))
    answers = (*told.get("answer_columns", []), "answer")
    return Columns(given.ids or known, given.answers or answers)


def _labels(path: Path, columns: Columns) -> Labels:
    answers: dict[str, str] = {}
    names: tuple[str, ...] = ()
    for number, row in enumerate(_records(path), start=1):
        names = names or next((each for each in columns.ids if _cells(row, each)), ())
        cells = _cells(row, names)
        answer = next((row[name] for name in columns.answers if row.get(name) is not None), None)
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


def _cells(row: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """The row's values in these columns, or none where it lacks one."""
    if any(row.get(name) is None for name in names):
        return []
    return [str(row[name]).strip() for name in names]


def _records(path: Path) -> Iterator[Mapping[str, Any]]:
    ending = path.suffix.lower()
    try:
        if ending in _JSONL:
            yield from read_rows(path)
        elif ending in _CSV:
            yield from _csv_records(path)
        else:
            known = ", ".join((*_CSV, *_JSONL))
            message = f"{path.name} can only be known by its digest; labels are read from {known}."
            raise ErrataError("unknown_form", message, asked_wrongly=True)
    except (csv.Error, UnicodeDecodeError, InvalidManifest) as error:
        message = f"{path.name} cannot be read ({error}); save it as UTF-8."
        raise ErrataError("unreadable_file", message, asked_wrongly=True) from None


def _csv_records(path: Path) -> Iterator[Mapping[str, Any]]:
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, strict=True)


def _likeness(source: Hub, release: Release, labels: Labels) -> Likeness:
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
    return Likeness(release.benchmark, release.version, {name: found[name] for name in names})


def _upstream_ids(source: Hub, release: Release, column: str) -> list[str]:
    """That column of the release's CSV files, whose rows stand in the order of its data."""
    wanted = [f"data/csv/{split}.csv" for split in release.data]
    files = [file for path in wanted for file in release.files if file.path == path]
    copies, _ = fetch_files(source, release, files)
    return [
        str(row.get(column) or "")
        for path in wanted
        if path in copies
        for row in _csv_records(copies[path])
    ]


def _change(raw: str, row: Mapping[str, Any]) -> str:
    """The step from a file's answer to a release's label."""
    label = label_of(row)
    choices = (row["inputs"] or {}).get("choices") or ()
    try:
        answer = parse_answer(raw, row["kind"], choices=choices)
    except UnreadableAnswer:
        return UNREADABLE
    change = compare(Label(answer, raw), label).change
    if change is LabelChange.CHANGED and accepts(label, answer):
        change = LabelChange.WITHIN_TOLERANCE
    return change.value
