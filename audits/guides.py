"""Guides: how the labels of a group come about, as experts and verifiers are told.

Each version is a fact; the newest of a group holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from audits.models import Decision, Guide
from audits.states import Outcome
from registry.errors import NotFound
from registry.models import Benchmark, Head
from registry.selectors import texts


@dataclass(frozen=True, slots=True)
class Written:
    """One version of a guide with its text; empty where the text was removed."""

    guide: Guide
    text: str

    @property
    def number(self) -> int:
        """Its version."""
        return self.guide.number

    @property
    def label(self) -> str:
        """Its version in words."""
        return f"version {self.number}"


def current_guide(benchmark: Benchmark, group: str) -> Guide | None:
    """The guide that holds for a group now, without its text; what decisions record."""
    return Guide.objects.filter(benchmark=benchmark, group=group).order_by("-number").first()


def guide_of(benchmark: Benchmark, group: str) -> Written | None:
    """The guide that holds for a group now; None where nobody has written one."""
    guide = current_guide(benchmark, group)
    return _written([guide])[0] if guide else None


def guides_of(benchmark: Benchmark, groups: Iterable[str] | None = None) -> dict[str, Written]:
    """The guides that hold now, by group; of these groups, or of all. Two queries."""
    newer = Guide.objects.filter(
        benchmark=OuterRef("benchmark"), group=OuterRef("group"), number__gt=OuterRef("number")
    )
    found = Guide.objects.filter(~Exists(newer), benchmark=benchmark)
    if groups is not None:
        found = found.filter(group__in=set(groups))
    return {each.guide.group: each for each in _written(found.order_by("group"))}


def versions_of(benchmark: Benchmark, group: str) -> list[Written]:
    """All versions of a group's guide, newest first."""
    return _written(Guide.objects.filter(benchmark=benchmark, group=group).order_by("-number"))


def version_of(benchmark: Benchmark, group: str, number: int) -> Written:
    """One version, or NotFound."""
    found = _written(Guide.objects.filter(benchmark=benchmark, group=group, number=number))
    if not found:
        raise NotFound(f"The guide of {group or 'the rest'} has no version {number}.")
    return found[0]


def outdated(guide: Guide) -> QuerySet[Head]:
    """The live labels of the group that stand by a decision under an older version, or under none.

    `under` is that version's number.
    """
    decided = Decision.objects.filter(after=OuterRef("revision")).exclude(outcome=Outcome.FLAWED)
    newest = decided.order_by("-pk")
    heads = Head.objects.filter(
        benchmark=guide.benchmark_id, retired=False, revision__group=guide.group
    )
    heads = heads.annotate(
        decided=Subquery(newest.values("pk")[:1]),
        under=Subquery(newest.values("guide__number")[:1]),
    )
    return heads.exclude(decided=None).filter(Q(under=None) | Q(under__lt=guide.number))


def groups_of(benchmark: Benchmark) -> dict[str, int]:
    """How many live labels each group has, in the order of names."""
    heads = Head.objects.filter(benchmark=benchmark, retired=False).order_by("revision__group")
    counted = heads.values_list("revision__group").annotate(Count("pk"))
    return dict(counted.values_list("revision__group", "pk__count"))


def _written(guides: Iterable[Guide] | QuerySet[Guide]) -> list[Written]:
    rows = list(guides)
    said = texts(guide.text for guide in rows)
    return [Written(guide, said.get(guide.text, "")) for guide in rows]
