"""What the pages read: several apps at once, always in a number of queries that does not grow."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Count, Q, QuerySet

from audits.models import Case
from audits.states import LIVE, Bucket, Tier
from audits.tiers import tier_counts, with_tier
from registry.models import Alias, Benchmark, Event, Head, ImportBatch, Instance
from registry.permissions import Reader
from registry.remembering import remembered
from registry.selectors import documents, names_of, preset_of
from registry.services.fill_search import folded
from submissions.models import Report
from submissions.selectors import visible_events
from submissions.states import ReportStatus
from versions.models import Release
from versions.selectors import latest_releases

RETIRED = "retired"
_NAMED = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Health:
    """A benchmark at a glance."""

    benchmark: Benchmark
    tiers: Mapping[str, int]
    open_reports: int
    live_cases: int
    latest: Release | None

    @property
    def instances(self) -> int:
        """How many instances are not retired."""
        return sum(self.tiers.values())

    @property
    def contested(self) -> int:
        """How many labels are contested."""
        return self.tiers.get(Tier.CONTESTED, 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One instance in a list: its head, its tier and the start of what it asks."""

    head: Head
    tier: str
    asks: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of instances is narrowed to; an empty text narrows nothing."""

    split: str = ""
    group: str = ""
    status: str = ""
    tier: str = ""
    words: str = ""

    def __bool__(self) -> bool:
        return any((self.split, self.group, self.status, self.tier, self.words))


@dataclass(frozen=True, slots=True)
class Told:
    """Events with what a list of them needs beside them."""

    events: Sequence[Event]
    names: Mapping[str, str] = field(default_factory=dict)


def latest_release(benchmark: Benchmark) -> Release | None:
    """The release to use, without the texts it was built from."""
    return _published([benchmark]).get(benchmark.pk)


def health_of(benchmarks: Iterable[Benchmark]) -> list[Health]:
    """The health of several benchmarks in four queries."""
    rows = list(benchmarks)
    tiers = tier_counts(Head.objects.filter(benchmark__in=rows, retired=False))
    reports = _count(Report.objects.filter(benchmark__in=rows, status=ReportStatus.OPEN))
    cases = _count(Case.objects.filter(benchmark__in=rows, status__in=LIVE))
    releases = _published(rows)
    return [
        Health(
            benchmark=row,
            tiers=tiers.get(row.pk, {}),
            open_reports=reports.get(row.pk, 0),
            live_cases=cases.get(row.pk, 0),
            latest=releases.get(row.pk),
        )
        for row in rows
    ]


def browse(benchmark: Benchmark, filters: Filters) -> QuerySet[Head]:
    """The heads that the filters leave, with their tier."""
    # Of the instance too, so that its index by position gives the order, whatever the size.
    of_benchmark = Head.objects.filter(benchmark=benchmark, instance__benchmark=benchmark)
    heads = with_tier(of_benchmark.filter(retired=filters.status == RETIRED)).select_related(
        "instance", "revision__content"
    )
    if filters.split:
        heads = heads.filter(instance__split=filters.split)
    if filters.group:
        heads = heads.filter(revision__group=filters.group)
    if filters.tier:
        heads = heads.filter(tier=filters.tier)
    if filters.status and filters.status != RETIRED:
        heads = _in_bucket(heads, filters.status)
    if filters.words:
        heads = heads.filter(_with_words(benchmark, filters.words))
    return heads


def _with_words(benchmark: Benchmark, words: str) -> Q:
    """The instances named exactly so, by key or upstream id, and those that hold the words."""
    words = words.replace("\0", "")
    named = Alias.objects.filter(benchmark=benchmark, value=words).values_list(
        "instance", flat=True
    )
    keyed = Instance.objects.filter(benchmark=benchmark, key=words).values_list("pk", flat=True)
    exact = {*named[:_NAMED], *keyed}
    holds = Q(instance__searchable__text__contains=folded(words))
    # Asked apart, since an OR over two tables would keep the index from being used.
    return holds | Q(pk__in=exact) if exact else holds


def rows_of(benchmark: Benchmark, heads: Sequence[Any]) -> list[Row]:
    """Rows of a list, with the question or else the first text of each."""
    found = documents(head.revision.content_id for head in heads)
    rewordable = preset_of(benchmark).rewordable
    return [
        Row(head, head.tier, _asks(found.get(head.revision.content_id), rewordable))
        for head in heads
    ]


def choices_of(benchmark: Benchmark) -> tuple[list[str], list[str]]:
    """The splits and groups that live instances are in, in alphabetical order."""
    return _gathered(benchmark, "choices", _choices)


def kinds_of(benchmark: Benchmark) -> list[tuple[str, str]]:
    """The groups of live instances, each with the kinds of answers it asks for."""
    return _gathered(benchmark, "kinds", _kinds)


def _choices(heads: QuerySet[Head]) -> tuple[list[str], list[str]]:
    splits = heads.values_list("instance__split", flat=True).distinct()
    groups = heads.exclude(revision__group="").values_list("revision__group", flat=True)
    return sorted(splits), sorted(groups.distinct())


def _kinds(heads: QuerySet[Head]) -> list[tuple[str, str]]:
    return sorted(heads.values_list("revision__group", "revision__content__kind").distinct())


def _gathered(benchmark: Benchmark, name: str, gather: Callable[[QuerySet[Head]], T]) -> T:
    """What is gathered from the heads of all live instances.

    It is remembered until the next import: of a million instances it takes seconds to gather.
    """
    batches = ImportBatch.objects.filter(benchmark=benchmark).order_by("-pk")
    newest = batches.values_list("public_id", flat=True).first()
    heads = Head.objects.filter(benchmark=benchmark, retired=False).order_by()
    return remembered([name, newest], lambda: gather(heads)) if newest else gather(heads)


def recent_events(benchmark: Benchmark, reader: Reader, count: int = 12) -> Told:
    """The newest events of a benchmark that the reader may know, and the names of who did it."""
    events = list(visible_events(benchmark, reader).order_by("-at", "-pk")[:count])
    return Told(events, names_of(event.actor for event in events))


def _published(benchmarks: Iterable[Benchmark]) -> dict[int, Release]:
    found = latest_releases(benchmarks).defer("snapshot")
    return {release.benchmark_id: release for release in found}


def _count(rows: QuerySet[Any]) -> dict[int, int]:
    return dict(rows.order_by().values_list("benchmark").annotate(Count("pk")))


def _in_bucket(heads: QuerySet[Head], bucket: str) -> QuerySet[Head]:
    if bucket == Bucket.CONTESTED:
        return heads.filter(tier=Tier.CONTESTED)
    wanted = Q(instance__standing__bucket=bucket)
    if bucket == Bucket.CLEAR:
        wanted |= Q(instance__standing=None)
    return heads.filter(wanted).exclude(tier=Tier.CONTESTED)


def _asks(document: Mapping[str, Any] | None, rewordable: Sequence[str]) -> str:
    """What an instance asks in one line: its question, else its first text."""
    if document is None:
        return "(removed)"
    inputs = document["inputs"]
    texts = {name: " ".join(text.split()) for name, text in inputs.items() if isinstance(text, str)}
    for name in ("question", *rewordable, *texts):
        if texts.get(name):
            return texts[name]
    return ""
