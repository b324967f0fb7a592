"""Guides: how the labels of a group come about, as experts and verifiers are told.

Each version is a fact; the newest of a group holds. `start_of` offers a first text where a pack's
calculator serves the group and nobody has written one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from audits.models import Guide
from registry.errors import NotFound
from registry.models import Benchmark
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


def _written(guides: Iterable[Guide] | QuerySet[Guide]) -> list[Written]:
    rows = list(guides)
    said = texts(guide.text for guide in rows)
    return [Written(guide, said.get(guide.text, "")) for guide in rows]
