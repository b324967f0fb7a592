"""End a run once none of its chunks waits or is being worked on."""

from django.db import transaction
from django.db.models import Q, Sum
from django.db.models.functions import Now
from django.utils import timezone

from audits.models import AuditRun, Chunk
from audits.services.draw_control import draw_control
from audits.services.open_faulted_groups import open_faulted_groups
from audits.services.set_schedule import settle_schedule
from audits.states import ChunkStatus, RunStatus, check_run_move
from registry.events import record
from registry.models import User
from registry.selectors import system_user

MAX_CLAIMS = 5


@transaction.atomic
def finish_run(*, run_id: int) -> bool:
    """Give up chunks that were claimed too often, and end the run if nothing is left of it.

    Returns whether the run has ended, which a stopped one has until it is resumed. May be called at
    any time, by any worker.
    """
    run = AuditRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.status != RunStatus.RUNNING:
        return True
    chunks = Chunk.objects.filter(run=run)
    worn_out = Q(status=ChunkStatus.WAITING) | Q(status=ChunkStatus.CLAIMED, lease_until__lt=Now())
    chunks.filter(worn_out, claims__gte=MAX_CLAIMS).update(status=ChunkStatus.FAILED)
    if chunks.filter(status__in=(ChunkStatus.WAITING, ChunkStatus.CLAIMED)).exists():
        return False
    failed = chunks.filter(status=ChunkStatus.FAILED).count()
    ended = RunStatus.FAILED if failed else RunStatus.FINISHED
    check_run_move(run.status, ended)
    run.status = ended
    run.finished_at = timezone.now()
    run.save(update_fields=["status", "finished_at"])
    open_faulted_groups(run)
    settle_schedule(run, drawn=draw_control(run))
    totals = chunks.aggregate(votes=Sum("votes", default=0), reused=Sum("reused", default=0))
    record(
        "audit.finished",
        actor=User.objects.filter(public_id=run.actor).first() or system_user(),
        benchmark=run.benchmark,
        subject=("run", run.public_id),
        data={
            **totals,
            "failed_chunks": failed,
            "failures": run.attempts.count(),
            "spent": str(run.spent),
        },
        at=run.finished_at,
    )
    return True
