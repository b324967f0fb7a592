"""Which version a file is: exactly, by its digest, or the release that its labels are nearest.

The file stays here: a digest is all that a hub is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from errata.comparing import compare_rows, count_entries
from errata.errors import ErrataError
from errata.hub import LATEST, PUBLISHED, Hub, PullError, Release, newest_first
from errata.likeness import (
    ONLY_IN_FILE,
    OURS,
    Columns,
    Likeness,
    columns_of,
    likeness,
    read_labels,
)
from errata.manifest import file_sha256
from errata.pulling import fetch_files, read_contents, read_release
from errata.tables import read_table

_ASKED, _READ = 50, 5  # benchmarks that are asked for their columns, and that are read, in a search
_USUAL = Columns()


@dataclass(frozen=True, slots=True)
class Match:
    """A release that has exactly this file, or that was the first after this file's import."""

    benchmark: str
    version: str
    path: str = ""
    upstream: str = ""
    corrected_since: int | None = None  # labels; None where nobody could tell
    status: str = PUBLISHED  # or withdrawn


@dataclass(frozen=True, slots=True)
class Identified:
    """What is known of a file; `nearest` is empty where it is known exactly.

    `looked_at` are the benchmarks whose rows were read to find the one that the file is of, and
    `passed_over` says how many others that might have been were not.
    """

    sha256: str
    exact: list[Match] = field(default_factory=list)
    nearest: list[Likeness] = field(default_factory=list)
    corrected_since: int | None = None
    looked_at: list[str] = field(default_factory=list)
    passed_over: int = 0


@dataclass(frozen=True, slots=True)
class _Search:
    """The benchmarks that were read in search of a file's rows, that which has most, if any."""

    found: str
    looked_at: list[str]
    passed_over: int


def identify(
    path: Path,
    *,
    of: str = "",
    columns: Columns = _USUAL,
    hub: str | None = None,
    offline: bool = False,
) -> Identified:
    """Say which version a file is.

    Without a release that has exactly this file, its labels are compared with every version of the
    benchmark `of`, nearest first; of two as near, one that stands goes before a withdrawn one.
    Without `of` the benchmark is that whose newest release agrees with most of the file's labels,
    among those whose files have such columns. Offline all goes by what is in the cache. Raises
    ErrataError.
    """
    digest = file_sha256(path)
    with Hub(hub, offline=offline) as source:
        if exact := _exact(source, digest):
            return Identified(digest, sorted(exact, key=lambda each: each.status != PUBLISHED))
        search = _Search(of, [], 0) if of else _search(source, path, columns)
        slug = search.found
        releases = _versions(source, slug)
        labels = read_labels(path, columns_of(source, slug, columns))
        nearest = [likeness(source, release, labels) for release in releases]
        # Of equals the newest stays first.
        nearest.sort(key=lambda each: (each.distance, each.status != PUBLISHED))
        if nearest[0].counts[ONLY_IN_FILE] == len(labels.answers):
            message = (
                f"None of the {len(labels.answers)} rows of {path.name} stands in {slug} under its "
                f"{' and '.join(labels.id_columns)}. Name the columns of its keys with --id-column."
            )
            raise ErrataError("no_key_in_common", message)
        found = next(each for each in releases if each.version == nearest[0].version)
        latest = next((each for each in releases if each.status == PUBLISHED), releases[0])
        held = read_contents(source, latest)
        entries = compare_rows(read_release(source, found), held.rows, held.rewordings)
    corrected = count_entries(entries)["label_changes"]
    return Identified(digest, [], nearest, corrected, search.looked_at, search.passed_over)


def _exact(source: Hub, digest: str) -> list[Match]:
    if source.offline:
        return [
            Match(release.benchmark, release.version, file.path, status=release.status)
            for release in source.cached_releases()
            for file in release.files
            if file.sha256 == digest
        ]
    told = source.document(f"files/{digest}/", "file")
    names = ("benchmark", "version", "path", "upstream", "corrected_since")
    found = [Match(**{name: entry[name] for name in names}) for entry in told["matches"]]
    releases = dict.fromkeys((each.benchmark, each.version) for each in found)
    status = {name: source.release(*name).status for name in releases}
    return [replace(each, status=status[each.benchmark, each.version]) for each in found]


def _search(source: Hub, path: Path, given: Columns) -> _Search:
    """The benchmark that a file is of; those that name its columns so are read first."""
    first = next(read_table(path), {})
    known, more = _benchmarks(source)
    fitting = []
    for slug in known:
        columns = columns_of(source, slug, given)
        names = columns.names_of(first)
        if names and columns.answer_of(first) is not None:
            fitting.append((names in OURS, slug, columns))
    fitting.sort(key=lambda each: each[0])
    found: list[Likeness] = []
    for _, slug, columns in fitting[:_READ]:
        if release := _newest(source, slug):
            found.append(likeness(source, release, read_labels(path, columns)))
    looked_at = [each.benchmark for each in found]
    passed_over = more + len(fitting[_READ:])
    best = max(found, key=lambda each: each.same, default=None)
    if best is None or not best.same:
        raise ErrataError("unknown_file", _unknown(source, looked_at, passed_over))
    return _Search(best.benchmark, looked_at, passed_over)


def _benchmarks(source: Hub) -> tuple[list[str], int]:
    """The benchmarks to search, and how many others there are."""
    if source.offline:
        slugs = sorted({each.benchmark for each in source.cached_releases()})
    else:
        pages = source.listed("benchmarks/?page_size=200", "list of benchmarks")
        slugs = [row["slug"] for page in pages for row in page["results"]]
    return slugs[:_ASKED], len(slugs[_ASKED:])


def _newest(source: Hub, slug: str) -> Release | None:
    """The release of a benchmark to use; none where it has none, or none that can be read here."""
    try:
        if not source.offline:
            return source.release(slug, LATEST)
        known = [each for each in source.cached_releases() if each.benchmark == slug]
        release = min(known, key=newest_first)
        fetch_files(source, release, list(release.data.values()))
    except PullError as error:
        if error.code not in ("not_found", "not_cached"):
            raise
        return None
    return release


def _unknown(source: Hub, looked_at: Sequence[str], passed_over: int) -> str:
    where = "in the cache" if source.offline else "on the hub"
    if looked_at:
        compared = f"its labels are in none of {', '.join(looked_at)}"
    else:
        compared = "no benchmark's files have its columns"
    others = f"; {passed_over} more were not looked at" if passed_over else ""
    return (
        f"No release {where} has exactly this file, and {compared}{others}. Name its benchmark "
        "with --of, and the columns of its keys and answers with --id-column and --answer-column."
    )


def _versions(source: Hub, slug: str) -> list[Release]:
    """Every published release of a benchmark, newest first."""
    if source.offline:
        known = [each for each in source.cached_releases() if each.benchmark == slug]
    else:
        pages = source.listed(f"benchmarks/{quote(slug, safe='')}/releases/?page_size=200", slug)
        rows = [row for page in pages for row in page["results"]]
        versions = [row["version"] for row in rows if row["published_at"]]
        known = [source.release(slug, version) for version in versions]
    if not known:
        message = f"There is no release of {slug} {'in the cache' if source.offline else 'yet'}."
        raise ErrataError("not_found", message, asked_wrongly=True)
    return sorted(known, key=newest_first)
