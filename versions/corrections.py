"""Corrections that went out: every released change of what counts as right, as a public record.

A record's id is made of what never changes: benchmark, number of the release, place of the item.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from audits.models import Decision
from registry.errors import NotFound
from registry.models import Benchmark, Category, User
from registry.selectors import names_of
from submissions.models import Report
from versions.advisories import advisory_id
from versions.models import Change, ChangeKind, Release
from versions.provenance import explained_by
from versions.selectors import entries_of
from versions.states import ReleaseStatus

_ID = re.compile(r"ERR-(.+)-(\d{1,9})-(\d{1,18})", re.ASCII)
_SAME = Q(
    before__answer=F("after__answer"),
    before__limits=F("after__limits"),
    before__content__kind=F("after__content__kind"),
)
# Another answer, other limits or another kind of answer; or the item is gone.
_CORRECTS = Q(kind=ChangeKind.REMOVED) | Q(kind=ChangeKind.REVISED) & ~_SAME


@dataclass(frozen=True, slots=True)
class Correction:
    """One record: `entry` is the changelog's; `introduced` and `fixed` are versions.

    `withdrawn` says since when the release that brought it is withdrawn, by which `advisory`.
    """

    id: str
    benchmark: Benchmark
    entry: dict[str, Any]
    introduced: str
    fixed: str
    published: datetime
    case: str
    decided_by: tuple[str, str]
    withdrawn: datetime | None
    advisory: str


def corrections(benchmarks: QuerySet[Benchmark] | Sequence[Benchmark]) -> QuerySet[Change]:
    """The published changes that correct something, to be paged by `-pk` and `told`."""
    # The wrong label came with the item, or with the correction before this one.
    earlier = Change.objects.filter(
        Q(kind=ChangeKind.ADDED) | _CORRECTS,
        instance=OuterRef("instance"),
        sequence__lt=OuterRef("sequence"),
    )
    since = earlier.order_by("-sequence").values("release__version")[:1]
    return (
        Change.objects.filter(_CORRECTS, benchmark__in=benchmarks)
        .filter(release__status=ReleaseStatus.PUBLISHED)
        .annotate(introduced=Subquery(since))
        .select_related("release__withdrawal", "benchmark", "instance")
        .defer("release__snapshot")
    )


def narrowed(
    found: QuerySet[Change], *, version: str = "", group: str = "", category: str = ""
) -> QuerySet[Change]:
    """Those of one version, group (of the label that went out) and category (its code)."""
    if version:
        found = found.filter(release__version=version)
    if group:
        found = found.filter(Q(after__group=group) | Q(after=None, before__group=group))
    if category:
        accepted = Report.objects.filter(category__code=category).values("decision")
        named = Q(category__code=category) | Q(category=None, public_id__in=accepted)
        found = found.filter(
            Q(Exists(_between(named, after__number__lte=OuterRef("after__number"))))
            | Q(Exists(_between(named)), after=None)
        )
    return found


def find_correction(benchmark: Benchmark, public_id: str) -> Correction:
    """The record of that id, or NotFound."""
    match = _ID.fullmatch(public_id)
    rows: list[Change] = []
    if match and match[1] == benchmark.slug:
        found = corrections([benchmark])
        rows = list(found.filter(sequence=int(match[2]), instance__position=int(match[3])))
    if not rows:
        raise NotFound(
            f"There is no correction {public_id} in {benchmark.slug}; its errata list all.",
            code="no_correction",
        )
    return told(rows)[0]


def told(changes: Sequence[Change]) -> list[Correction]:
    """The records of some changes, in the same order; the number of queries does not grow."""
    owners = {change.benchmark_id for change in changes}
    categories = {c.pk: c.name for c in Category.objects.filter(benchmark__in=owners)}
    entries = list(explained_by(categories, entries_of(changes)))
    named = {entry["decision"] for entry in entries if entry["decision"]}
    decisions = {
        decision.public_id: decision
        for decision in Decision.objects.filter(public_id__in=named).select_related("case")
    }
    names = names_of(decision.actor for decision in decisions.values())
    return [
        _record(change, entry, decisions.get(entry["decision"]), names)
        for change, entry in zip(changes, entries, strict=True)
    ]


def choices_of(benchmark: Benchmark) -> dict[str, list[Any]]:
    """What the records of a benchmark can be filtered by."""
    groups = corrections([benchmark]).order_by().values_list("before__group", flat=True)
    out = Release.objects.filter(benchmark=benchmark, status=ReleaseStatus.PUBLISHED)
    categories = Category.objects.filter(benchmark=benchmark).order_by("position")
    return {
        "versions": list(out.order_by("-sequence").values_list("version", flat=True)),
        "groups": sorted({group for group in groups.distinct() if group}),
        "categories": [(category.code, category.name) for category in categories],
    }


def hidden_persons(records: Sequence[Correction]) -> set[str]:
    """Who of those behind the records is to have no link: no wish to be credited, or gone."""
    persons = {report["author"] for record in records for report in record.entry["reports"]}
    persons |= {record.decided_by[0] for record in records}
    shown = User.objects.filter(public_id__in=persons, credited=True, is_active=True)
    return persons - set(shown.values_list("public_id", flat=True))


def _between(named: Q, **bounds: Any) -> QuerySet[Decision]:
    return Decision.objects.filter(
        named,
        instance=OuterRef("instance"),
        after__number__gt=OuterRef("before__number"),
        **bounds,
    )


def _record(
    change: Change, entry: dict[str, Any], decision: Decision | None, names: dict[str, str]
) -> Correction:
    slug, place = change.benchmark.slug, change.instance.position
    case = decision.case.public_id if decision and decision.case else ""
    published = change.release.published_at
    assert published is not None  # noqa: S101  # Only published releases are told.
    gone = change.release.is_withdrawn
    return Correction(
        id=f"ERR-{slug}-{change.sequence}-{place}",
        benchmark=change.benchmark,
        entry=entry,
        introduced=getattr(change, "introduced", None) or "",
        fixed=change.release.version,
        published=published,
        case=case,
        decided_by=(decision.actor, names.get(decision.actor, "")) if decision else ("", ""),
        withdrawn=change.release.withdrawal.at if gone else None,
        advisory=advisory_id(slug, change.sequence) if gone else "",
    )
