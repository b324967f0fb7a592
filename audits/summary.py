"""What an audit run did, and where its benchmark stands now."""

from collections import Counter
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery, Sum

from audits.control import Residual, residual
from audits.models import AuditRun, Case, Chunk, Decision, Standing
from audits.progress import hosts_of
from audits.selectors import current_looks
from audits.states import LIVE, CaseStatus, ChunkStatus, Outcome
from audits.voices import verdicts
from registry.models import Benchmark, Event, Head

_VERDICTS = {"object": "objections", "support": "supports", "abstain": "abstentions"}


def summary_of(run: AuditRun) -> dict[str, Any]:
    """What a run did, and where its benchmark stands now.

    `verifiers`: per verifier of the run, its last verdicts on the current labels and its failures
    in this run. `cases`: opened and closed by this run, and how many wait now. `residual`: how many
    of the clear labels are wrong by the control sample, with the 95 % interval.
    """
    chunks = Chunk.objects.filter(run=run).aggregate(
        instances=Sum("size", filter=Q(status=ChunkStatus.DONE), default=0),
        chunks=Count("pk"),
        failed_chunks=Count("pk", filter=Q(status=ChunkStatus.FAILED)),
        # First, since later names hide the columns it is made of.
        answered=Sum(F("votes") + F("reused"), default=0),
        votes=Sum("votes", default=0),
        reused=Sum("reused", default=0),
        questions=Sum("questions", default=0),
    )
    return {
        "run": run.public_id,
        "benchmark": run.benchmark.slug,
        "status": run.status,
        "stopped_because": run.stopped_because,
        "round": run.round,
        "budget": run.budget,
        "spent": run.spent,
        "hosts": hosts_of(run),
        **chunks,
        "verifiers": _by_verifier(run),
        "cases": _cases(run),
        "buckets": _buckets(run.benchmark),
        "residual": _told(residual_error(run.benchmark)),
    }


def residual_error(benchmark: Benchmark) -> Residual:
    """How many of the clear labels are wrong, by the control sample alone.

    What an expert decided on a drawn label since counts, in its own case or by a ruling.
    """
    decisions = Decision.objects.filter(
        instance=OuterRef("instance"), at__gte=OuterRef("opened_at")
    ).order_by("pk")
    drawn = Case.objects.filter(benchmark=benchmark, control=True).annotate(
        outcome=Subquery(decisions.values("outcome")[:1])
    )
    rows = drawn.order_by("pk").values_list("instance__head__revision__group", "outcome", "status")
    return residual(
        (group, None if outcome is None else outcome != Outcome.CONFIRM)
        for group, outcome, status in rows
        if outcome is not None or status != CaseStatus.CLOSED
    )


def _told(found: Residual) -> dict[str, Any]:
    """The estimate for machines; `share` is null while nothing is decided."""
    return {
        "drawn": found.drawn,
        "decided": found.decided,
        "wrong": found.wrong,
        "share": None if found.share is None else round(found.share, 4),
        "interval": [round(found.lower, 4), round(found.upper, 4)],
    }


def _by_verifier(run: AuditRun) -> dict[str, dict[str, int]]:
    names = ("votes", *_VERDICTS.values(), "failures")
    table = {verifier: dict.fromkeys(names, 0) for verifier in run.verifiers}
    for (verifier, verdict), count in _verdicts(run).items():
        table[verifier][_VERDICTS[verdict]] += count
        table[verifier]["votes"] += count
    failures = run.attempts.values_list("verifier").annotate(count=Count("pk"))
    for verifier, count in failures.order_by():
        table[verifier]["failures"] = count
    return table


def _verdicts(run: AuditRun) -> Counter[tuple[str, str]]:
    """How many current labels each verifier of the run objects to, supports or abstains from.

    The database counts votes that need no reading beside the label; the few others are read.
    """
    looks = current_looks(run.benchmark).filter(vote__verifier__in=run.verifiers)
    unread = Q(vote__sample__gt=0) | (
        Q(vote__verdict="support") & ~Q(vote__answer=F("revision__answer"))
    )
    read = set(looks.filter(unread).values_list("vote__verifier", flat=True).distinct())
    counts: Counter[tuple[str, str]] = Counter()
    plain = looks.exclude(vote__verifier__in=read).values_list("vote__verifier", "vote__verdict")
    for verifier, verdict, count in plain.annotate(count=Count("pk")).order_by():
        counts[verifier, verdict] = count
    if read:
        counts.update(verdicts(run.benchmark, looks.filter(vote__verifier__in=read)))
    return counts


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
