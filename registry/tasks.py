"""Background work of the registry. It may run twice or never: the sweep finds what is left."""

from celery import shared_task

from registry.models import Benchmark
from registry.services.fill_search import fill_search as fill
from registry.services.run_import import drop_expired, waiting_imports
from registry.services.run_import import run_import as run
from registry.services.send_mails import send_mails as send


@shared_task
def send_mails() -> None:
    """Send the mails that are due."""
    send()


@shared_task
def fill_search(benchmark: int | None = None) -> None:
    """Make what was written since searchable, in all benchmarks or in one."""
    fill(benchmark=Benchmark.objects.filter(pk=benchmark).first())


@shared_task
def run_import(planned_id: int) -> None:
    """Import a confirmed file."""
    run(planned_id)


@shared_task
def sweep_imports() -> None:
    """Take on imports that were left behind; forget dry runs that expired."""
    for planned_id in list(waiting_imports().values_list("pk", flat=True)):
        run(planned_id)
    drop_expired()
