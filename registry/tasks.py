"""Background work of the registry. It may run twice or never: the sweep finds what is left."""

from celery import shared_task

from registry.models import Benchmark
from registry.services.fill_search import fill_search as fill
from registry.services.send_mails import send_mails as send


@shared_task
def send_mails() -> None:
    """Send the mails that are due."""
    send()


@shared_task
def fill_search(benchmark: int | None = None) -> None:
    """Make what was written since searchable, in all benchmarks or in one."""
    fill(benchmark=Benchmark.objects.filter(pk=benchmark).first())
