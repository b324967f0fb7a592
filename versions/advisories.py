"""Advisories: the public records of withdrawn releases, beside those of corrections."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from registry.errors import NotFound
from registry.models import Benchmark
from registry.selectors import REMOVED, names_of, texts
from versions.models import Release, Withdrawal
from versions.selectors import latest_releases

_ID = re.compile(r"ERR-(.+)-(\d{1,9})-withdrawn", re.ASCII)


@dataclass(frozen=True, slots=True)
class Advisory:
    """A withdrawn version: why, by whom (public id and name), since when, and what to use instead.

    `instead` is empty where no other version is to be used. Where the one that was named is itself
    withdrawn by now, it is the newest that stands.
    """

    id: str
    release: Release
    reason: str
    instead: str
    person: str
    by: str
    at: datetime

    @property
    def benchmark(self) -> Benchmark:
        """Whose release it was."""
        return self.release.benchmark

    @property
    def summary(self) -> str:
        """What happened, in one line."""
        use = f"; use {self.instead}" if self.instead else ""
        return f"{self.benchmark.title} {self.release.version} is withdrawn{use}"

    def to_dict(self) -> dict[str, Any]:
        """What a program that meets the release has to know."""
        return {
            "advisory": self.id,
            "reason": self.reason,
            "instead": self.instead,
            "at": self.at.isoformat(),
        }


def advisory_id(slug: str, sequence: int) -> str:
    """The id of the advisory on a release, should it be withdrawn."""
    return f"ERR-{slug}-{sequence}-withdrawn"


def is_advisory(public_id: str) -> bool:
    """Whether an erratum's id is one of an advisory."""
    return _ID.fullmatch(public_id) is not None


def advisories(benchmarks: Iterable[Benchmark]) -> list[Advisory]:
    """All advisories of some benchmarks, newest first, in three queries at most."""
    return _told(_withdrawals().filter(release__benchmark__in=benchmarks).order_by("-pk"))


def advisories_beside(
    benchmark: Benchmark, *, first: bool, version: str = "", group: str = "", category: str = ""
) -> list[Advisory]:
    """Those that stand above a page of corrections: on the `first`, where its filters fit them."""
    if not first or group or category:
        return []
    return [a for a in advisories([benchmark]) if version in ("", a.release.version)]


def advisories_of(releases: Iterable[Release]) -> dict[int, Advisory]:
    """The advisories of those releases that are withdrawn, by the release's database id."""
    gone = [release.pk for release in releases if release.is_withdrawn]
    if not gone:
        return {}
    return {a.release.pk: a for a in _told(_withdrawals().filter(release__in=gone))}


def find_advisory(benchmark: Benchmark, public_id: str) -> Advisory:
    """The advisory of that id, or NotFound."""
    match = _ID.fullmatch(public_id)
    if match and match[1] == benchmark.slug:
        found = _withdrawals().filter(release__benchmark=benchmark)
        if told := _told(found.filter(release__sequence=int(match[2]))):
            return told[0]
    raise NotFound(
        f"There is no advisory {public_id} in {benchmark.slug}; its errata list all.",
        code="no_correction",
    )


def advisory_path(advisory: Advisory) -> str:
    """Where it can be read."""
    return reverse("erratum", args=[advisory.benchmark.slug, advisory.id])


def _withdrawals() -> QuerySet[Withdrawal]:
    found = Withdrawal.objects.select_related("release__benchmark", "instead__withdrawal")
    return found.defer("release__snapshot", "instead__snapshot")


def _told(found: QuerySet[Withdrawal]) -> list[Advisory]:
    rows: Sequence[Withdrawal] = list(found)
    if not rows:  # as nearly always
        return []
    reasons, names = texts(row.reason for row in rows), names_of(row.actor for row in rows)
    gone = [row.release.benchmark_id for row in rows if row.instead and row.instead.is_withdrawn]
    newest = {release.benchmark_id: release for release in _standing(gone)} if gone else {}
    return [
        Advisory(
            id=advisory_id(row.release.benchmark.slug, row.release.sequence),
            release=row.release,
            reason=reasons.get(row.reason, ""),
            instead=_instead(row, newest),
            person=row.actor,
            by=names.get(row.actor, REMOVED),
            at=row.at,
        )
        for row in rows
    ]


def _standing(benchmarks: Iterable[int]) -> list[Release]:
    """The release to use of each benchmark that has one which is not withdrawn."""
    found = latest_releases(benchmarks).defer("snapshot")
    return [release for release in found if not release.is_withdrawn]


def _instead(row: Withdrawal, newest: Mapping[int, Release]) -> str:
    named = row.instead
    if named is not None and named.is_withdrawn:
        named = newest.get(row.release.benchmark_id)
    return named.version if named else ""
