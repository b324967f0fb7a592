"""Open cases for the labels that were decided before the guide of their group changed."""

from django.db import transaction
from django.utils import timezone

from audits.guides import current_guide, outdated
from audits.models import Case
from audits.services.triage_instances import triage_instances
from audits.services.write_guide import require_writer
from audits.states import LIVE, Bucket
from registry.errors import WrongState
from registry.events import record
from registry.locks import lock_benchmark
from registry.models import Benchmark, User

BATCH = 500


@transaction.atomic
def look_again(*, actor: User, benchmark: Benchmark, group: str) -> int:
    """Open a case for each label of the group decided under an older guide; return how many.

    A label whose case is live already gets none. The cases stay until somebody decides them, which
    records the guide that holds then.
    """
    require_writer(actor, benchmark)
    lock_benchmark(benchmark.pk)
    guide = current_guide(benchmark, group)
    if guide is None:
        raise WrongState(f"The group {group} has no guide yet; write one first.", code="no_guide")
    live = Case.objects.filter(benchmark=benchmark, status__in=LIVE).exclude(instance=None)
    heads = outdated(guide).exclude(pk__in=live.values("instance")).order_by("pk")
    rows = list(heads.select_for_update(of=("self",)).values_list("pk", "under"))
    at = timezone.now()
    Case.objects.bulk_create(
        [
            Case(
                benchmark=benchmark,
                instance_id=instance,
                guide=guide,
                bucket=Bucket.POSSIBLE,
                score=0.5,
                priority=0.5,
                reasons=[_why(guide.number, under)],
                opened_at=at,
            )
            for instance, under in rows
        ],
        batch_size=BATCH,
    )
    if rows:
        record(
            "guide.looked_again",
            actor=actor,
            benchmark=benchmark,
            subject=("guide", group),
            data={"group": group, "number": guide.number, "opened": len(rows)},
            at=at,
        )
        triage_instances(benchmark=benchmark, instance_ids=[instance for instance, _ in rows])
    return len(rows)


def _why(number: int, under: int | None) -> str:
    then = f"under version {under} of its guide" if under else "before its group had a guide"
    return f"It was decided {then}; version {number} holds now."
