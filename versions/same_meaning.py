"""Which wordings of an instance mean the same, as maintainers said and releases know it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import groupby
from operator import attrgetter

from errata.rewordings import wordings_like

from registry.models import Benchmark
from versions.diffing import SameMeaning
from versions.models import Release, Rewording


class Wordings:
    """What is said of the wordings of some instances; loaded once it is asked for."""

    def __init__(self, instances: Iterable[int]) -> None:
        self._instances = list(instances)

    @cached_property
    def _said(self) -> dict[int, list[Rewording]]:
        found = Rewording.objects.filter(instance__in=self._instances).order_by("pk")
        said = defaultdict(list)
        for row in found.iterator(chunk_size=2_000):
            said[row.instance_id].append(row)
        return said

    def of(self, instance: int, sequence: int | None = None) -> list[SameMeaning]:
        """The pairs that mean the same, as the release `sequence` knows it; None: as of now."""
        said = self._said.get(instance, ())
        known = (row for row in said if sequence is None or row.sequence <= sequence)
        return [_told(row) for row in in_force(known)]

    def same(self, instance: int, one: str, other: str, sequence: int | None = None) -> bool:
        """Whether two wordings mean the same; the same text always does."""
        if one == other or instance not in self._said:
            return one == other
        pairs = [(each.one, each.other) for each in self.of(instance, sequence)]
        return other in wordings_like(one, pairs)


def in_force(said: Iterable[Rewording]) -> list[Rewording]:
    """Of rows in the order they were written, those that hold: the newest of each pair."""
    newest = {(row.instance_id, row.one_id, row.other_id): row for row in said}
    return [row for row in newest.values() if row.same]


def rewordings_said(benchmark: Benchmark, since: int) -> int:
    """How often somebody said or took back something since the release of that sequence."""
    return Rewording.objects.filter(benchmark=benchmark, sequence__gt=since).count()


def rewordings_of(release: Release) -> Iterator[Rewording]:
    """The pairs that mean the same as a release knows it, in the order of its files, streaming."""
    known = Rewording.objects.filter(
        benchmark=release.benchmark_id, sequence__lte=release.sequence
    ).select_related("instance")
    said = known.order_by("instance__position", "pk").iterator(chunk_size=2_000)
    for _, several in groupby(said, key=attrgetter("instance_id")):
        yield from in_force(several)


def _told(row: Rewording) -> SameMeaning:
    return SameMeaning(row.one_id, row.other_id, row.actor, row.reason)
