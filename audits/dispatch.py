"""What audits send to the background. Each message only says where to look for work."""

from audits.models import AuditRun
from registry.events import dispatch

CALLS = 4  # messages per run; every worker that takes one shares the chunks


def dispatch_run(run: AuditRun, chunks: int) -> None:
    """Call workers to a run once the transaction commits; no more than it has chunks."""
    for _ in range(min(chunks, CALLS)):
        dispatch("audits.tasks.work_on_run", run.pk)
