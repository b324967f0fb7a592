"""Work on an audit run: claim chunks until none is left, and do each under a lease."""

import logging
import os
import socket
from contextlib import nullcontext

from django.db.models import F, Q
from django.db.models.functions import Now

from audits.catalog import verifiers
from audits.errors import BudgetSpent, RunStopped
from audits.lease import LEASE, LeaseLost, held
from audits.models import AuditRun, Chunk
from audits.plan import AnyVerifier, asks_model
from audits.progress import progress_of
from audits.services.ask_models import Desk, desk
from audits.services.audit_chunk import audit_chunk
from audits.services.fingerprint_contents import fingerprint_contents
from audits.services.finish_run import MAX_CLAIMS, finish_run
from audits.services.stop_run import stop_for_budget
from audits.services.survey_items import survey_items
from audits.states import ChunkStatus, RunStatus
from registry.dialects import claim
from registry.errors import InvalidInput
from registry.ids import new_id
from registry.importers.base import Progress, no_progress

log = logging.getLogger(__name__)


def work_on_run(*, run_id: int, progress: Progress = no_progress) -> bool:
    """Do all chunks of a run that nobody else holds; return whether the run has ended.

    Any number of workers may do this at once. A chunk whose work breaks is given back and, after
    MAX_CLAIMS claims, failed. A run that is stopped, or whose budget is spent, has ended until it
    is resumed. Progress counts instances, whoever looked at them.
    """
    run = AuditRun.objects.select_related("benchmark").get(pk=run_id)
    if run.status == RunStatus.RUNNING and Chunk.objects.filter(claimable(run)).exists():
        fingerprint_contents(benchmark=run.benchmark)
        chosen = _chosen(run)
        survey_items(run=run, chosen=chosen)
        with desk() if any(map(asks_model, chosen)) else nullcontext() as mine:
            _work(run, mine, progress)
    ended = finish_run(run_id=run.pk)
    _show(run, progress)
    return ended


def claimable(run: AuditRun) -> Q:
    """The chunks of a run that a worker may take now, by the database's clock."""
    free = Q(status=ChunkStatus.WAITING) | Q(status=ChunkStatus.CLAIMED, lease_until__lt=Now())
    return Q(run=run, claims__lt=MAX_CLAIMS) & free


def _work(run: AuditRun, mine: Desk | None, progress: Progress) -> None:
    while _runs(run) and (chunk := _claim(run)) is not None:
        _show(run, progress)
        try:
            with held(chunk) as lease:
                audit_chunk(
                    run=run, chunk=chunk, lease=lease, desk=mine, told=lambda: _show(run, progress)
                )
        except RunStopped:
            log.info("run %s was stopped", run.public_id)
        except BudgetSpent:
            stop_for_budget(run_id=run.pk)
        except LeaseLost:
            log.warning("chunk %s of run %s was taken over", chunk.number, run.public_id)
        except Exception:  # The log has it all; another claim may fare better, five may not.
            log.exception("chunk %s of run %s broke", chunk.number, run.public_id)
            _give_back(chunk)


def _chosen(run: AuditRun) -> list[AnyVerifier]:
    """The run's verifiers; none where one is gone, since then every chunk says so."""
    try:
        return verifiers(run.verifiers)
    except InvalidInput:
        return []


def _runs(run: AuditRun) -> bool:
    run.refresh_from_db(fields=["status"])
    return run.status == RunStatus.RUNNING


def _claim(run: AuditRun) -> Chunk | None:
    return claim(
        Chunk.objects.filter(claimable(run)).order_by("number"),
        {
            "status": ChunkStatus.CLAIMED,
            "owner": f"{socket.gethostname()}:{os.getpid()}"[:100],
            "token": new_id(),
            "lease_until": Now() + LEASE,
            "claims": F("claims") + 1,
        },
    )


def _give_back(chunk: Chunk) -> None:
    mine = Chunk.objects.filter(pk=chunk.pk, token=chunk.token, status=ChunkStatus.CLAIMED)
    mine.update(status=ChunkStatus.WAITING, token="", lease_until=None)


def _show(run: AuditRun, progress: Progress) -> None:
    if progress is not no_progress:
        now = progress_of(run)
        progress("auditing", round(now["looked_at"]), now["instances"])
