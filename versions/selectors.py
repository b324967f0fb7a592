"""Reading releases: which there are, the rows they hold, and how any two differ."""

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from errata.answers import UNANSWERABLE_TEXT

from registry.errors import InvalidInput, NotFound
from registry.models import Benchmark, Instance, Revision, Role
from registry.permissions import Reader, roles_of
from registry.selectors import text_behind
from versions.diffing import DiffEntry, Side, classify
from versions.models import Artifact, Change, Release, Withdrawal
from versions.pending import Pending, Transition, pending_changes
from versions.same_meaning import Wordings
from versions.states import ReleaseStatus, State
from versions.untold import untold
from versions.upstream_names import version_named

BATCH = 2_000
LATEST = "latest"
_T = TypeVar("_T")
_SIDE = (
    "number",
    "digest",
    "content_id",
    "content__kind",
    "answer",
    "limits",
    "derivation",
    "group",
    "reason",
    "origin",
    "cause_kind",
    "cause_id",
)


class Row(NamedTuple):
    """One row of a release; inputs, derivation and meta by digest.

    `probability` is None where the row was written before probabilities were kept.
    """

    instance: int
    key: str
    split: str
    position: int
    tier: str
    probability: float | None
    posterior: str
    revision: int
    digest: str
    kind: str
    content: str
    answer: str
    limits: str
    derivation: str
    meta: str
    group: str


class Texts(NamedTuple):
    """The texts behind the digests of a row, None where one was removed or is none."""

    content: str | None
    derivation: str | None
    meta: str | None


_ROW = (
    *("instance_id", "instance__key", "instance__split", "instance__position"),
    *("tier", "probability", "posterior"),
    *("after__number", "after__digest", "after__content__kind", "after__content_id"),
    *("after__answer", "after__limits", "after__derivation", "after__meta", "after__group"),
)


_REVISED = (
    *("instance__split", "instance__position", "number", "digest", "content__kind", "content_id"),
    *("answer", "limits", "derivation", "meta", "group"),
)


def releases_of(benchmark: Benchmark) -> QuerySet[Release]:
    """All releases of a benchmark, newest first, unfinished ones included."""
    found = Release.objects.filter(benchmark=benchmark).order_by("-sequence")
    return found.select_related("benchmark", "withdrawal")


def published_releases(benchmark: Benchmark) -> QuerySet[Release]:
    """The releases that are out, newest first."""
    return releases_of(benchmark).filter(status=ReleaseStatus.PUBLISHED)


def visible_releases(benchmark: Benchmark, reader: Reader) -> QuerySet[Release]:
    """Published releases; a maintainer also sees one that is under way."""
    found = releases_of(benchmark)
    if Role.MAINTAINER in roles_of(reader, benchmark):
        return found
    return found.filter(status=ReleaseStatus.PUBLISHED)


def find_release(benchmark: Benchmark, reader: Reader, version: str) -> Release:
    """The release of that version or upstream name, or NotFound; `latest` as in `get_release`.

    Raises InvalidInput with the list where a name stands for several.
    """
    if version != LATEST:
        found = visible_releases(benchmark, reader).filter(version=version).first()
        if found is not None:
            return found
        version = version_named(benchmark, version) or version
    return get_release(benchmark, version)


def last_release(benchmark: Benchmark) -> Release | None:
    """The newest release, also if it is not yet published."""
    return releases_of(benchmark).first()


def latest_releases(benchmarks: Iterable[Benchmark] | Iterable[int]) -> QuerySet[Release]:
    """The release to use of each benchmark: its newest one out, a withdrawn one only for want."""
    published = Release.objects.filter(status=ReleaseStatus.PUBLISHED)
    gone = Exists(Withdrawal.objects.filter(release=OuterRef("pk")))
    best = published.filter(benchmark=OuterRef("benchmark")).alias(gone=gone)
    first = best.order_by("gone", "-sequence").values("pk")[:1]
    found = published.filter(benchmark__in=benchmarks, pk=Subquery(first))
    return found.select_related("benchmark", "withdrawal")


def state_of(release: Release, latest: Release | None) -> str:
    """What a release is to its readers, `latest` being the one of `latest_releases`.

    A release that is not out yet is what its status says.
    """
    if release.status != ReleaseStatus.PUBLISHED:
        return release.status
    if release.is_withdrawn:
        return State.WITHDRAWN.value
    return State.CURRENT.value if release == latest else State.SUPERSEDED.value


def withdrawn_versions(benchmark: Benchmark) -> list[str]:
    """The versions of a benchmark that are withdrawn by now, oldest first."""
    gone = Release.objects.filter(benchmark=benchmark, withdrawal__isnull=False)
    return list(gone.order_by("sequence").values_list("version", flat=True))


def get_release(benchmark: Benchmark, version: str) -> Release:
    """The published release of that version (or `latest`, see `latest_releases`), or NotFound.

    Its snapshot is loaded once somebody looks at it, since it holds the whole changelog.
    """
    published = published_releases(benchmark)
    latest = version == LATEST
    named = latest_releases([benchmark]) if latest else published.filter(version=version)
    found = named.defer("snapshot").first()
    if found is None:
        have = ", ".join(published.values_list("version", flat=True)[:20])
        told = f"It has {have}." if have else "It has none yet."
        raise NotFound(
            f"{benchmark.slug} has no published release {version}. {told}", code="no_release"
        )
    return found


def change_at(release: Release, instance: Instance) -> Change:
    """What a release holds of an instance: revision as `after`, tier; NotFound if it is not in."""
    changes = Change.objects.filter(
        benchmark_id=release.benchmark_id, instance=instance, sequence__lte=release.sequence
    )
    found = changes.select_related("after__content").order_by("-sequence").first()
    if found is None or found.after is None:
        raise NotFound(
            f"{instance.key} is not part of release {release.version}. Its history tells why.",
            code="not_in_release",
        )
    return found


def artifact(release: Release, path: str) -> Artifact:
    """The file of a release, or NotFound."""
    found = Artifact.objects.filter(release=release, path=path).first()
    if found is None:
        raise NotFound(
            f"{release.version} has no file '{path}'; its manifest.json names all.",
            code="no_file",
        )
    return found


def snapshot_of(release: Release) -> dict[str, Any]:
    """What was noted at freezing: benchmark, counts, grading, quality, credits, changelog."""
    return json.loads(release.snapshot)


def rows_of(release: Release) -> QuerySet[Change]:
    """The change that holds each row of a release: its newest, unless that removed it."""
    return _held(release.benchmark_id, release.sequence)


def release_rows(release: Release, instances: Iterable[int] | None = None) -> Iterator[Row]:
    """The rows of a release (or those of some instances) in order of position, streaming."""
    held = rows_of(release)
    if instances is not None:
        held = held.filter(instance__in=instances)
    rows = held.order_by("instance__position").values_list(*_ROW)
    return map(Row._make, rows.iterator(chunk_size=BATCH))


def told_rows(release: Release) -> Iterator[tuple[Row, Texts]]:
    """The same rows with their texts."""
    behind = {name: text_behind(f"after__{name}") for name in Texts._fields}
    rows = rows_of(release).order_by("instance__position").annotate(**behind)
    for row in rows.values_list(*_ROW, *behind).iterator(chunk_size=BATCH):
        yield Row._make(row[: len(_ROW)]), Texts._make(row[len(_ROW) :])


def rows_by_release(releases: Iterable[Release], **instances: Any) -> dict[int, dict[int, Row]]:
    """The rows of some instances in releases of one benchmark, by release and instance.

    `instances` filters changes. One row is one object in all releases that share it, and is loaded
    once.
    """
    ordered = sorted(releases, key=attrgetter("sequence"))
    newest = ordered[-1]
    changes = Change.objects.filter(
        benchmark=newest.benchmark_id, sequence__lte=newest.sequence, **instances
    ).order_by("sequence")
    told = list(changes.values_list("sequence", "after_id", *_ROW))
    held: dict[int, Row] = {}
    found, place = {}, 0
    for release in ordered:
        while place < len(told) and told[place][0] <= release.sequence:
            _, after, instance, *fields = told[place]
            if after is None:
                held.pop(instance, None)
            else:
                held[instance] = Row(instance, *fields)
            place += 1
        found[release.pk] = dict(held)
    return found


def pending_rows(changes: Iterable[Pending]) -> dict[int, Row]:
    """The rows that a release frozen now would hold of the instances that change."""
    coming = {change.after_id: change for change in changes if change.after_id is not None}
    revisions = Revision.objects.filter(pk__in=coming).values_list("pk", *_REVISED)
    rows = {}
    for pk, split, position, *fields in revisions:
        change = coming[pk]
        rows[change.instance_id] = Row(
            change.instance_id,
            change.key,
            split,
            position,
            change.tier_after,
            change.probability,
            change.posterior,
            *fields,
        )
    return rows


def posterior_of(row: Row) -> str:
    """The posterior of a row as exports write it, also where nobody knew more than the doubt."""
    return row.posterior or untold(row.answer, row.probability)


def shared_posterior_of(row: Row) -> str:
    """The same, but the label's answer is N/A or nothing where nobody knew more.

    So all rows that are as doubtful share one text, which is read once.
    """
    own = UNANSWERABLE_TEXT if row.answer == UNANSWERABLE_TEXT else ""
    return row.posterior or _untold(own, row.probability)


_untold = lru_cache(maxsize=8192)(untold)


def heads_of(release: Release) -> Iterator[tuple[str, str]]:
    """Key and revision digest of every row of a release, in no order."""
    pairs = rows_of(release).order_by().values_list("instance__key", "after__digest")
    return pairs.iterator(chunk_size=BATCH)


def diff(old: Release | None, new: Release) -> Iterator[DiffEntry]:
    """How the rows of two releases differ, in order of position; None is the empty benchmark."""
    if old is not None and old.benchmark_id != new.benchmark_id:
        raise InvalidInput("Two releases of one benchmark can be compared, not of two.")
    if old is not None and old.sequence > new.sequence:
        raise InvalidInput(
            f"{old.version} is newer than {new.version}; name the older one first.",
            code="wrong_order",
        )
    found = _transitions(new.benchmark_id, old.sequence if old else 0, new.sequence)
    return entries_of_transitions(found, new.sequence)


def draft_diff(benchmark: Benchmark) -> Iterator[DiffEntry]:
    """How the benchmark as it stands differs from its last release."""
    return entries_of_transitions(pending_changes(benchmark))


def entries_of(changes: Iterable[Change]) -> Iterator[DiffEntry]:
    """The entry of each change by itself, in the same order; tiers aside."""
    return entries_of_transitions(
        Transition(c.instance_id, c.before_id, c.after_id, "", "") for c in changes
    )


def counts_by(rows: QuerySet[Any], field: str) -> dict[str, int]:
    """How many rows there are of each value of a field."""
    return dict(rows.order_by().values_list(field).annotate(Count("pk")))


def in_batches(items: Iterable[_T], size: int = BATCH) -> Iterator[list[_T]]:
    """The items in lists of at most `size`."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


def _held(benchmark_id: int, sequence: int) -> QuerySet[Change]:
    later = Change.objects.filter(
        benchmark_id=OuterRef("benchmark_id"),
        instance_id=OuterRef("instance_id"),
        sequence__gt=OuterRef("sequence"),
        sequence__lte=sequence,
    )
    return Change.objects.filter(
        ~Exists(later), benchmark_id=benchmark_id, sequence__lte=sequence, after__isnull=False
    )


def _transitions(benchmark_id: int, old: int, new: int) -> Iterator[Transition]:
    """First `before` and last `after` of each instance over the changes in (old, new]."""
    changes = Change.objects.filter(
        benchmark_id=benchmark_id, sequence__gt=old, sequence__lte=new
    ).order_by("instance__position", "sequence")
    touched = changes.order_by().values("instance_id")
    held = _held(benchmark_id, old).filter(instance_id__in=touched)
    tiers = dict(held.values_list("instance_id", "tier")) if old else {}
    rows = changes.only("instance_id", "before_id", "after_id", "tier")
    for instance_id, group in groupby(
        rows.iterator(chunk_size=BATCH), key=attrgetter("instance_id")
    ):
        first, *rest = group
        last = rest[-1] if rest else first
        tier = tiers.get(instance_id, "")
        yield Transition(instance_id, first.before_id, last.after_id, tier, last.tier)


def entries_of_transitions(
    transitions: Iterable[Transition | Pending], sequence: int | None = None
) -> Iterator[DiffEntry]:
    """The entry of each one whose sides differ, in the same order.

    Which wordings mean the same is told as the release `sequence` knows it, or as of now.
    """
    for batch in in_batches(transitions):
        places = {
            pk: (key, split)
            for pk, key, split in Instance.objects.filter(
                pk__in=[each.instance_id for each in batch]
            ).values_list("pk", "key", "split")
        }
        sides = _load_sides(batch)
        wordings = Wordings(_reworded(batch, sides))
        for each in batch:
            before, after = sides.get(each.before_id), sides.get(each.after_id)
            entry = classify(
                each.instance_id,
                *places[each.instance_id],
                before and _side(before, each.tier_before),
                after and _side(after, each.tier_after),
                wordings.of(each.instance_id, sequence),
            )
            if entry is not None:
                yield entry


def _load_sides(transitions: Iterable[Transition | Pending]) -> dict[int | None, tuple[Any, ...]]:
    ids = {pk for each in transitions for pk in (each.before_id, each.after_id) if pk is not None}
    found = Revision.objects.filter(pk__in=ids).values_list("pk", *_SIDE)
    return {pk: fields for pk, *fields in found}


def _reworded(
    transitions: Iterable[Transition | Pending], sides: dict[int | None, tuple[Any, ...]]
) -> Iterator[int]:
    """The instances whose two sides have other inputs."""
    content = _SIDE.index("content_id")
    for each in transitions:
        before, after = sides.get(each.before_id), sides.get(each.after_id)
        if before and after and before[content] != after[content]:
            yield each.instance_id


def _side(fields: tuple[Any, ...], tier: str) -> Side:
    *plain, origin, cause_kind, cause_id = fields
    return Side(*plain, (cause_kind, cause_id), tier, origin)
