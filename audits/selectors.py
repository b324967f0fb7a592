"""Reading audits."""

from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum, Window
from django.db.models.functions import FirstValue, RowNumber

from audits.evidence import Policy
from audits.models import AuditRun, Case, Chunk, Look, PolicyVersion, Standing
from audits.policies import load_policy, parse_policy
from audits.states import LIVE, ChunkStatus, RunStatus
from registry.models import Benchmark, Event, Head
from submissions.models import Report
from submissions.states import ReportStatus

_VERDICTS = {"object": "objections", "support": "supports", "abstain": "abstentions"}


def current_policy(benchmark: Benchmark) -> Policy:
    """The policy in force: the benchmark's newest over the hub's, which alone holds without one.

    Its version names both, as in `3 over 2`: what the newest leaves out changes with the hub's.
    """
    hub = load_policy()
    newest = PolicyVersion.objects.filter(benchmark=benchmark).order_by("-number").first()
    if newest is None:
        return hub
    return parse_policy(newest.text, over=hub, version=f"{newest.number} over {hub.version}")


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
    """The open reports that no live case of their instance counts yet."""
    counted = Case.objects.filter(
        instance=OuterRef("instance"), status__in=LIVE, latest_report__gte=OuterRef("pk")
    )
    return Report.objects.filter(~Exists(counted), status=ReportStatus.OPEN)


def benchmarks_with_new_reports() -> list[int]:
    """Ids of the benchmarks that have any."""
    waiting = new_reports().order_by("benchmark")
    return list(waiting.values_list("benchmark", flat=True).distinct())


def summary_of(run: AuditRun) -> dict[str, Any]:
    """What a run did, and where its benchmark stands now.

    `verifiers`: per verifier of the run, its last verdicts on the current labels and its failures
    in this run. `cases`: opened and closed by this run, and how many wait now.
    """
    chunks = Chunk.objects.filter(run=run).aggregate(
        instances=Sum("size", filter=Q(status=ChunkStatus.DONE), default=0),
        chunks=Count("pk"),
        failed_chunks=Count("pk", filter=Q(status=ChunkStatus.FAILED)),
        votes=Sum("votes", default=0),
        reused=Sum("reused", default=0),
    )
    return {
        "run": run.public_id,
        "benchmark": run.benchmark.slug,
        "status": run.status,
        **chunks,
        "verifiers": _by_verifier(run),
        "cases": _cases(run),
        "buckets": _buckets(run.benchmark),
    }


def _by_verifier(run: AuditRun) -> dict[str, dict[str, int]]:
    names = ("votes", *_VERDICTS.values(), "failures")
    table = {verifier: dict.fromkeys(names, 0) for verifier in run.verifiers}
    counts = (
        current_looks(run.benchmark)
        .filter(vote__verifier__in=run.verifiers)
        .values_list("vote__verifier", "vote__verdict")
        .annotate(count=Count("pk"))
    )
    for verifier, verdict, count in counts.order_by():
        table[verifier][_VERDICTS[verdict]] = count
        table[verifier]["votes"] += count
    failures = run.attempts.values_list("verifier").annotate(count=Count("pk"))
    for verifier, count in failures.order_by():
        table[verifier]["failures"] = count
    return table


def _cases(run: AuditRun) -> dict[str, int]:
    events = Event.objects.filter(
        kind="cases.triaged", subject_kind="run", subject_id=run.public_id
    ).values_list("data", flat=True)
    done = list(events)
    return {
        "opened": sum(data["opened"] for data in done),
        "closed": sum(data["closed"] for data in done),
        "waiting": Case.objects.filter(benchmark=run.benchmark, status__in=LIVE).count(),
    }


def _buckets(benchmark: Benchmark) -> dict[str, int]:
    """How many live labels are in each bucket; those nobody looked at are clear."""
    heads = Head.objects.filter(benchmark=benchmark, retired=False)
    counts = dict(
        Standing.objects.filter(benchmark=benchmark, instance__head__retired=False)
        .values_list("bucket")
        .annotate(count=Count("pk"))
        .order_by()
    )
    doubted = {name: counts.get(name, 0) for name in ("contested", "possible")}
    return {**doubted, "clear": heads.count() - sum(doubted.values())}
