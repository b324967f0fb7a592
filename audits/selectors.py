"""Reading audits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import FirstValue, RowNumber
from django.utils import timezone

from audits.belief import Belief
from audits.evidence import Policy
from audits.models import AuditRun, Case, Decision, Look, PolicyVersion
from audits.models import Belief as Learned
from audits.policies import load_policy, parse_policy
from audits.reliability import Reliability, from_json
from audits.states import LIVE, RunStatus
from registry.models import Benchmark, Head
from submissions.models import Report
from submissions.states import ReportStatus

LATELY = timedelta(seconds=5)
# A label takes about a millisecond to be judged anew. Where there are many, learning after every
# decision would keep a core busy: it rests for five times as long, but for that of so many labels.
REST, AT_ONCE = timedelta(milliseconds=5), 2_000


def current_policy(benchmark: Benchmark) -> Policy:
    """The policy in force: the benchmark's newest over the hub's, which alone holds without one.

    Its version names both, as in `3 over 2`: what the newest leaves out changes with the hub's.
    """
    hub = load_policy()
    newest = PolicyVersion.objects.filter(benchmark=benchmark).order_by("-number").first()
    if newest is None:
        return hub
    return parse_policy(newest.text, over=hub, version=f"{newest.number} over {hub.version}")


def current_belief(benchmark: Benchmark, policy: Policy) -> Belief:
    """What was learned last of a benchmark's labels; the policy alone where nothing was."""
    learned = Learned.objects.filter(benchmark=benchmark).first()
    return Belief.from_json(learned.state, policy) if learned else Belief(policy)


def reliability_of(benchmark: Benchmark) -> tuple[Reliability, ...]:
    """How often each verifier was right by the benchmark's decisions; empty until there are any."""
    learned = Learned.objects.filter(benchmark=benchmark).first()
    return from_json(learned.reliability) if learned else ()


def current_looks(benchmark: Benchmark) -> QuerySet[Look]:
    """What counts of the looks at the current revision of each live instance (`last_looks`)."""
    heads = Head.objects.filter(benchmark=benchmark, retired=False)
    return last_looks(heads.values("revision"))


def last_looks(revisions: Any) -> QuerySet[Look]:
    """The looks at these revisions (a query or ids) that count, each vote once.

    Of each verifier: those whose vote is on the version and input of its last look at the revision,
    so all samples of what it saw last. Windows, not "no later look exists": linear however young
    the statistics are.
    """
    newest = F("pk").desc()
    same_verifier = [F("revision"), F("vote__verifier")]
    looks = Look.objects.filter(revision__in=revisions).annotate(
        last_input=Window(FirstValue("vote__input"), same_verifier, newest),
        last_version=Window(FirstValue("vote__version"), same_verifier, newest),
        place=Window(RowNumber(), [F("revision"), F("vote")], newest),
    )
    counting = looks.filter(vote__input=F("last_input"), vote__version=F("last_version"), place=1)
    return Look.objects.filter(pk__in=counting.values("pk"))


def running(benchmark: Benchmark | None = None) -> QuerySet[AuditRun]:
    """The runs that have not ended, oldest first."""
    runs = AuditRun.objects.filter(status=RunStatus.RUNNING).order_by("pk")
    return runs if benchmark is None else runs.filter(benchmark=benchmark)


def new_reports() -> QuerySet[Report]:
    """The open reports that no live case of their instance or group counts yet."""
    counted = Case.objects.filter(
        Q(instance=OuterRef("instance"))
        | Q(instance=None, benchmark=OuterRef("benchmark"), group=OuterRef("group")),
        status__in=LIVE,
        latest_report__gte=OuterRef("pk"),
    )
    return Report.objects.filter(~Exists(counted), status=ReportStatus.OPEN)


def benchmarks_with_new_reports() -> list[int]:
    """Ids of the benchmarks that have any."""
    waiting = new_reports().order_by("benchmark")
    return list(waiting.values_list("benchmark", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Basis:
    """From what a benchmark's belief is made: as much of it as tells whether it is behind."""

    decisions: int
    runs: int
    policy: str


def basis_of(benchmark: Benchmark) -> Basis:
    """From what the benchmark's belief would be made now."""
    ended = AuditRun.objects.filter(benchmark=benchmark).exclude(finished_at=None)
    return Basis(
        Decision.objects.filter(instance__benchmark=benchmark).count(),
        ended.count(),
        current_policy(benchmark).version,
    )


def learned_lately(benchmark_id: int, *, least: timedelta = LATELY) -> bool:
    """Whether somebody learned of this benchmark within the last `least`, or longer if it is large.

    Until that is over, decisions gather; what is learned from many at once is the same.
    """
    labels = Head.objects.filter(benchmark=benchmark_id, retired=False).count()
    since = timezone.now() - max(least, REST * (labels - AT_ONCE))
    return Learned.objects.filter(benchmark=benchmark_id, learned_at__gt=since).exists()


def benchmarks_to_learn() -> list[Benchmark]:
    """The benchmarks whose belief is behind their decisions, audits or policy."""
    learned = {belief.benchmark_id: belief for belief in Learned.objects.all()}
    audited = AuditRun.objects.exclude(finished_at=None).values("benchmark")
    decided = Decision.objects.values("instance__benchmark")
    ruled = PolicyVersion.objects.values("benchmark")
    known = Q(pk__in=audited) | Q(pk__in=decided) | Q(pk__in=ruled) | Q(pk__in=list(learned))
    behind = []
    for benchmark in Benchmark.objects.filter(known).order_by("pk"):
        belief = learned.get(benchmark.pk)
        if belief is None or Basis(belief.decisions, belief.runs, belief.policy) != basis_of(
            benchmark
        ):
            behind.append(benchmark)
    return behind
