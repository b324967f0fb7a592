"""What waits for one expert: which case comes next, and how long the queue takes."""

from collections.abc import Collection
from dataclasses import dataclass
from statistics import median

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Now

from audits.evidence import Policy
from audits.models import Abstention, Case, Decision, Opinion
from audits.reading import queue_of
from audits.states import CaseStatus
from registry.models import Benchmark, User
from submissions.models import Report
from submissions.states import ReportStatus

MEASURED = 200  # as many of the newest decisions say how long one takes
USUAL_SECONDS = 240  # until five were measured
_ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a case stands among those that wait, for everybody to see.

    It says nothing of the label, nor whether the case is of the control sample, whose cases
    borrow their places from others.
    """

    urgent: float
    usual: float

    def sentence(self, case: Case) -> str:
        """Why the case stands where it stands."""
        if case.priority >= self.urgent:
            return "Among the most urgent tenth: a look here teaches or mends most."
        if case.priority >= self.usual:
            return "In the more urgent half of what waits."
        return "In the less urgent half of what waits."


def rank_of(benchmark: Benchmark) -> Rank:
    """The priorities from which on a case is among the most urgent tenth, and half."""
    waiting = Case.objects.filter(
        benchmark=benchmark, status__in=(CaseStatus.OPEN, CaseStatus.CLAIMED)
    )
    row = waiting.order_by("-priority").values_list("priority", flat=True)
    count = row.count()
    if not count:
        return Rank(0.0, 0.0)
    return Rank(row[count // 10], row[count // 2])


def waiting_for(
    expert: User, benchmark: Benchmark, groups: Collection[str] | None = None
) -> QuerySet[Case]:
    """The cases that the expert may take now, most urgent first; theirs first of all.

    Without those they left to others, answered, or reported all by themselves.
    """
    mine = Q(status=CaseStatus.CLAIMED, claimed_by=expert.public_id)
    free = Q(status=CaseStatus.OPEN) | Q(status=CaseStatus.CLAIMED, lease_until__lt=Now())
    left = Abstention.objects.filter(case=OuterRef("pk"), expert=expert)
    interest = Abstention.objects.filter(
        case__instance=OuterRef("instance"), expert=expert, interest=True
    )
    given = Opinion.objects.filter(
        case=OuterRef("pk"), expert=expert.public_id, blind=False, practice=False
    )
    reports = Report.objects.filter(instance=OuterRef("instance"), status=ReportStatus.OPEN)
    own = reports.filter(author=expert.public_id)
    others = reports.exclude(author=expert.public_id)
    cases = queue_of(benchmark, "waiting", groups).filter(mine | free)
    cases = cases.filter(~Exists(left), ~Exists(interest), ~Exists(given))
    return cases.filter(~Exists(own) | Exists(others) | Q(instance=None)).order_by(
        "-priority", "id"
    )


def next_case(
    expert: User,
    benchmark: Benchmark,
    *,
    groups: Collection[str] | None = None,
    after: Case | None = None,
) -> Case | None:
    """The case that the expert should look at next, another one than `after`."""
    cases = waiting_for(expert, benchmark, groups)
    return cases.exclude(pk=after.pk if after else None).first()


def groups_of(policy: Policy, specialty: str, group: str) -> set[str] | None:
    """The groups that the queue is narrowed to; None: all."""
    if group:
        return {group}
    return set(policy.specialty.get(specialty, ())) if specialty else None


def minutes_for(benchmark: Benchmark, cases: int) -> int:
    """About how long so many cases take, from the time that the newest decisions took."""
    return max(1, round(cases * seconds_per_decision(benchmark) / 60)) if cases else 0


def seconds_per_decision(benchmark: Benchmark) -> float:
    """The median time that experts spent on a case, idling left out."""
    newest = Decision.objects.filter(case__benchmark=benchmark, ruling=None).order_by("-pk")
    spent = (
        Opinion.objects.filter(case__in=newest.values("case")[:MEASURED], practice=False)
        .filter(seconds__isnull=False)
        .order_by()
        .values("case", "expert")
        .annotate(spent=Sum(F("seconds")))
        .values_list("spent", flat=True)
    )
    times = [each for each in spent if each]
    return float(median(times)) if len(times) >= _ENOUGH else float(USUAL_SECONDS)
