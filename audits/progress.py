"""How far audit runs are."""

from typing import Any

from django.db.models import Case, Count, F, FloatField, Q, QuerySet, Sum, When
from django.db.models.functions import Cast

from audits.models import AuditRun
from audits.states import ChunkStatus


def looked_at(chunks: str = "") -> Any:
    """The instances of a chunk that were looked at: a part of them while it is worked on.

    `chunks` is the path to the chunks of what is queried, as in `chunks__`.
    """
    size, ended = F(f"{chunks}size"), (ChunkStatus.DONE, ChunkStatus.FAILED)
    answered = F(f"{chunks}votes") + F(f"{chunks}reused")
    part = size * Cast(answered, FloatField()) / F(f"{chunks}questions")
    return Case(
        When(**{f"{chunks}status__in": ended}, then=Cast(size, FloatField())),
        When(**{f"{chunks}questions__gt": 0}, then=part),
        default=0.0,
    )


def progress_of(run: AuditRun) -> dict[str, int]:
    """How far a run is: chunks, instances, and the questions that chunks begun so far ask."""
    done = Q(status=ChunkStatus.DONE)
    found = run.chunks.aggregate(
        # First, since later names hide the columns they are made of.
        looked_at=Sum(looked_at(), default=0.0),
        answered=Sum(F("votes") + F("reused"), default=0),
        questions=Sum("questions", default=0),
        chunks=Count("pk"),
        chunks_done=Count("pk", filter=done),
        chunks_failed=Count("pk", filter=Q(status=ChunkStatus.FAILED)),
        instances=Sum("size", default=0),
        instances_done=Sum("size", filter=done, default=0),
    )
    return found | {"looked_at": int(found["looked_at"])}


def with_progress(runs: QuerySet[AuditRun]) -> QuerySet[AuditRun]:
    """Runs with the instances of all their chunks, of those done and of those given up.

    `underway` counts those that chunks being worked on have looked at so far.
    """
    return runs.annotate(
        instances=Sum("chunks__size", default=0),
        looked_at=Sum(looked_at("chunks__"), default=0.0),
        done=Sum("chunks__size", filter=Q(chunks__status=ChunkStatus.DONE), default=0),
        given_up=Sum("chunks__size", filter=Q(chunks__status=ChunkStatus.FAILED), default=0),
    ).annotate(
        underway=F("looked_at") - F("done") - F("given_up"),
        waiting=F("instances") - F("looked_at"),
    )


def hosts_of(run: AuditRun) -> list[str]:
    """The hosts that receive the benchmark's text in this run."""
    return sorted({told["host"] for told in run.panel.values() if told.get("host")})
