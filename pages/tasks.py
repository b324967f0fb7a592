"""Background work of the pages. It may run twice or never: the sweep finds what is left."""

from celery import shared_task

from pages.services.tell_watchers import tell_watchers as tell


@shared_task
def tell_watchers(benchmark_id: int | None = None) -> None:
    """Write the mails that events call for."""
    tell()
