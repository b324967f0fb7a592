"""What a benchmark tells of its past: trend of quality, time to an answer, contributors."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from django.db.models import Count, QuerySet

from audits.models import Decision
from audits.states import Tier
from registry.models import Benchmark, User
from registry.selectors import SYSTEM
from submissions.models import Report
from submissions.states import ReportStatus
from versions.models import Release
from versions.selectors import published_releases, snapshot_of

_RELEASES = 12
_ANSWERS = 1_000
_CONTRIBUTORS = 30
_WIDTH, _HEIGHT, _EDGE = 320, 120, 12


@dataclass(frozen=True, slots=True)
class Point:
    """One release in the trend: where it stands in the plot, and its numbers."""

    version: str
    x: float
    reviewed_y: float
    contested_y: float
    reviewed: float
    contested: float
    label_changes: int


@dataclass(frozen=True, slots=True)
class Contributor:
    """What somebody gave to a benchmark."""

    user: User
    reports: int
    decisions: int
    releases: int


@dataclass(frozen=True, slots=True)
class Thanks:
    """Those who contributed, most first, and how many more want no thanks by name."""

    named: Sequence[Contributor]
    others: int


def trend_of(benchmark: Benchmark) -> list[Point]:
    """The newest releases, oldest first, with the shares of labels reviewed and contested."""
    newest = list(published_releases(benchmark)[:_RELEASES])
    cards = [(release.version, snapshot_of(release)["quality"]) for release in reversed(newest)]
    step = (_WIDTH - 2 * _EDGE) / max(len(cards) - 1, 1)
    points = []
    for place, (version, card) in enumerate(cards):
        tiers, total = card["tiers"], sum(card["tiers"].values()) or 1
        reviewed = sum(n for tier, n in tiers.items() if tier not in _NOT_REVIEWED) / total
        contested = tiers["contested"] / total
        changes = card["label_changes"]
        points.append(
            Point(
                version=version,
                x=round(_EDGE + place * step, 1),
                reviewed_y=_up(reviewed),
                contested_y=_up(contested),
                reviewed=reviewed,
                contested=contested,
                label_changes=sum(n for kind, n in changes.items() if kind not in _SAME),
            )
        )
    return points


_SAME = ("identical", "reformatted")
_NOT_REVIEWED = (Tier.UNREVIEWED, Tier.CONTESTED)


def time_to_answer(benchmark: Benchmark) -> timedelta | None:
    """The median time from a report to its answer, over the newest answers; None without any."""
    answered = Report.objects.filter(
        benchmark=benchmark, status__in=(ReportStatus.ACCEPTED, ReportStatus.DECLINED)
    ).exclude(resolved_at=None)
    times = answered.order_by("-resolved_at").values_list("created_at", "resolved_at")[:_ANSWERS]
    waits = [(end - start).total_seconds() for start, end in times]
    return timedelta(seconds=median(waits)) if waits else None


def thanks_of(benchmark: Benchmark) -> Thanks:
    """Whose accepted reports, decisions and releases a benchmark stands on, in four queries."""
    accepted = Report.objects.filter(benchmark=benchmark, status=ReportStatus.ACCEPTED)
    decided = Decision.objects.filter(case__benchmark=benchmark)
    released = Release.objects.filter(benchmark=benchmark)
    reports = _by(accepted, "author")
    decisions, releases = _by(decided, "actor"), _by(released, "actor")
    given = Counter(reports) + Counter(decisions) + Counter(releases)
    users = {
        user.public_id: user
        for user in User.objects.filter(public_id__in=given).exclude(username=SYSTEM)
    }
    # The hub itself wants no thanks; a removed person is counted without a name.
    ids = sorted((each for each in given if each in users), key=lambda i: (-given[i], i))
    named = [
        Contributor(users[i], reports.get(i, 0), decisions.get(i, 0), releases.get(i, 0))
        for i in ids
        if users[i].credited
    ]
    return Thanks(named[:_CONTRIBUTORS], len(ids) - len(named[:_CONTRIBUTORS]))


def _by(rows: QuerySet[Any], field: str) -> dict[str, int]:
    return dict(rows.order_by().values_list(field).annotate(Count("pk")))


def _up(share: float) -> float:
    return round(_EDGE + (1 - share) * (_HEIGHT - 2 * _EDGE), 1)
