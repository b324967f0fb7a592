"""How a benchmark is doing, for its maintainers: numbers that the dashboard shows.

Every part takes a number of queries that does not grow with what it counts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from errata.answers import UnreadableAnswer
from errata.grading import same_answer
from errata.manifest import TIERS

from audits.learned import effort_of
from audits.models import Case, Decision, Opinion
from audits.report_card import Share, share_of
from audits.states import CaseStatus, Outcome
from audits.verifiers.base import read_answer
from registry.models import Benchmark, Event
from submissions.models import Report
from submissions.states import ReportStatus
from versions.selectors import published_releases

WEEK = timedelta(days=7)
# Youngest first; the last takes what is older.
AGES = (("week", WEEK), ("month", timedelta(days=30)), ("½ year", timedelta(days=182)))
OLDER = "older"
WEEKS = 12  # of decisions that are shown
LATELY = 4  # weeks whose pace tells the forecast
TIMED = 500  # newest decisions whose minutes are looked at
RELEASES = 8


@dataclass(frozen=True, slots=True)
class Pace:
    """What waits for experts, how fast they decide, and when they would be through.

    `due` is how many labels the policy still wants reviewed; `seconds` the median per decision.
    """

    waiting: int
    flawed: int
    weeks: Sequence[tuple[str, int]]
    per_week: float
    due: int
    seconds: float | None
    timed: int

    @property
    def forecast(self) -> timedelta | None:
        """How long until the queue is empty; None where nothing is decided lately."""
        return WEEK * (self.waiting / self.per_week) if self.per_week else None

    @property
    def due_forecast(self) -> timedelta | None:
        """How long until few enough wrong labels are left by the policy."""
        return WEEK * (self.due / self.per_week) if self.per_week else None

    @property
    def minutes(self) -> float | None:
        """Per decision, half take less."""
        return None if self.seconds is None else self.seconds / 60


def reports_by_age(benchmark: Benchmark, now: datetime) -> list[tuple[str, dict[str, int]]]:
    """Of each age, youngest first, the reports by state."""
    counted, newest = dict[str, Count](), now + WEEK
    for name, age in AGES:
        within = Q(created_at__gt=now - age, created_at__lte=newest)
        counted[name] = Count("pk", filter=within)
        newest = now - age
    counted[OLDER] = Count("pk", filter=Q(created_at__lte=newest))
    reports = Report.objects.filter(benchmark=benchmark).order_by()
    found = {
        row["status"]: row
        for row in reports.values("status").annotate(
            **{f"n{place}": count for place, count in enumerate(counted.values())}
        )
    }
    return [
        (
            name,
            {
                str(status): found[status][f"n{place}"] if status in found else 0
                for status in ReportStatus.values
            },
        )
        for place, name in enumerate(counted)
    ]


def pace_of(benchmark: Benchmark, now: datetime) -> Pace:
    """The queue and how fast it shrinks."""
    cases = Case.objects.filter(benchmark=benchmark).aggregate(
        waiting=Count("pk", filter=Q(status__in=(CaseStatus.OPEN, CaseStatus.CLAIMED))),
        flawed=Count("pk", filter=Q(status=CaseStatus.FLAWED)),
        **{
            f"week{ago}": Count(
                "pk",
                filter=Q(
                    status=CaseStatus.DECIDED,
                    ended_at__gt=now - (ago + 1) * WEEK,
                    ended_at__lte=now - ago * WEEK,
                ),
            )
            for ago in range(WEEKS)
        },
    )
    weeks = [cases[f"week{ago}"] for ago in range(WEEKS)]
    # Weeks before the first decision say nothing about the pace.
    began = max((ago + 1 for ago, count in enumerate(weeks) if count), default=LATELY)
    lately = min(LATELY, began)
    spent = seconds_per_decision(benchmark)
    return Pace(
        waiting=cases["waiting"],
        flawed=cases["flawed"],
        weeks=[(f"{now - ago * WEEK:%d %b}", weeks[ago]) for ago in reversed(range(WEEKS))],
        per_week=sum(weeks[:lately]) / lately,
        due=sum(row["reviews"] for row in effort_of(benchmark)),
        seconds=median(spent) if spent else None,
        timed=len(spent),
    )


def seconds_per_decision(benchmark: Benchmark) -> list[float]:
    """What the newest decided cases took: as measured, else from the last claim to the decision."""
    decided = Case.objects.filter(benchmark=benchmark, status=CaseStatus.DECIDED)
    cases = {
        pk: (public_id, ended)
        for pk, public_id, ended in decided.order_by("-ended_at").values_list(
            "pk", "public_id", "ended_at"
        )[:TIMED]
    }
    opinions = Opinion.objects.filter(case__in=list(cases), practice=False).order_by()
    measured = dict(
        opinions.exclude(seconds=None).values_list("case").annotate(spent=Sum("seconds"))
    )
    names = {public_id: ended for pk, (public_id, ended) in cases.items() if pk not in measured}
    claims = Event.objects.filter(
        kind="case.claimed", subject_kind="case", subject_id__in=list(names)
    )
    told = claims.order_by("at").values_list("subject_id", "at")
    since = {public_id: at for public_id, at in told if at <= names[public_id]}  # the last wins
    waited = [(names[name] - at).total_seconds() for name, at in since.items()]
    return [*map(float, measured.values()), *waited]


def overturned(benchmark: Benchmark) -> Share:
    """The share of decisions whose label a later decision changed."""
    later = Decision.objects.filter(instance=OuterRef("instance"), pk__gt=OuterRef("pk"))
    decisions = Decision.objects.filter(instance__benchmark=benchmark)
    changed = decisions.filter(Exists(later.exclude(outcome=Outcome.CONFIRM)))
    return share_of(changed.count(), decisions.count())


def revised(benchmark: Benchmark) -> Share:
    """The share of first answers whose expert ended with another value after the reveal.

    A range that was called ambiguous at first counts by the answer within it.
    """
    said = Opinion.objects.filter(case__benchmark=benchmark, practice=False)
    rows = said.filter(case__status=CaseStatus.DECIDED).order_by("pk")
    first: dict[tuple[int, str], str] = {}
    last: dict[tuple[int, str], tuple[str, str]] = {}
    for case, expert, blind, answer, kind in rows.values_list(
        "case", "expert", "blind", "answer", "revision__content__kind"
    ).iterator():
        if blind:
            first.setdefault((case, expert), answer)
        else:
            last[case, expert] = (answer, kind)
    other = [not _same_value(first[who], *last[who]) for who in first if who in last]
    return share_of(sum(other), len(other))


def _same_value(one: str, other: str, kind: str) -> bool:
    try:
        return same_answer(read_answer(one, kind), read_answer(other, kind))
    except UnreadableAnswer:
        return one == other


def quality_trend(benchmark: Benchmark) -> list[tuple[str, dict[str, int]]]:
    """Of the newest published releases, oldest first, the rows by tier."""
    newest = published_releases(benchmark).values_list("version", "snapshot")[:RELEASES]
    # One at a time, since each snapshot holds the whole changelog of its release.
    told = [
        (version, _tiers(json.loads(snapshot)))
        for version, snapshot in newest.iterator(chunk_size=1)
    ]
    return told[::-1]


def _tiers(snapshot: Mapping[str, Any]) -> dict[str, int]:
    counts = snapshot["quality"]["tiers"]
    return {tier: counts.get(tier, 0) for tier in TIERS}
