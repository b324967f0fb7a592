"""Import a confirmed file: by one worker at a time, and once, whatever dies on the way."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import Error, connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from registry.errors import ErrataError
from registry.importers.base import Progress
from registry.models import ImportBatch, PlannedImport
from registry.presets import parse_preset
from registry.services.import_benchmark import import_benchmark
from registry.services.plan_import import drop_file, file_of

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
BEAT = 5.0  # seconds
TRIES = 5


def waiting_imports() -> QuerySet[PlannedImport]:
    """The confirmed imports that nobody is at."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    return PlannedImport.objects.filter(free, finished_at=None).exclude(confirmed_at=None)


def run_import(planned_id: int) -> None:
    """Import one confirmed file, unless somebody else is at it."""
    mine = waiting_imports().filter(pk=planned_id)
    if not mine.update(lease_until=Now() + LEASE, claims=F("claims") + 1):
        return
    planned = PlannedImport.objects.select_related("actor").get(pk=planned_id)
    refused = ""
    if not _is_done(planned):
        refused = "" if planned.claims <= TRIES else _given_up()
        if not refused:
            refused = _try(planned)
    # Whoever imported it, the batch says that it is done.
    refused = "" if _is_done(planned) else refused
    PlannedImport.objects.filter(pk=planned_id, finished_at=None).update(
        finished_at=timezone.now(), lease_until=None, refused=refused
    )
    drop_file(planned)


def drop_expired() -> None:
    """Forget the files of dry runs that nobody confirmed in time."""
    old = PlannedImport.objects.filter(confirmed_at=None, finished_at=None)
    for planned in old.filter(expires_at__lt=timezone.now()):
        drop_file(planned)
        PlannedImport.objects.filter(pk=planned.pk, confirmed_at=None).delete()


def _is_done(planned: PlannedImport) -> bool:
    return ImportBatch.objects.filter(public_id=planned.public_id).exists()


def _given_up() -> str:
    return f"The worker ended {TRIES} times while it imported the file. Ask who runs this hub."


def _try(planned: PlannedImport) -> str:
    """Import the file; why it was refused, if it was."""
    try:
        with _held(planned) as progress:
            import_benchmark(
                actor=planned.actor,
                slug=planned.slug,
                path=file_of(planned),
                preset=parse_preset(planned.preset),
                upstream=planned.upstream,
                align=planned.align,
                missing=planned.missing,
                title=planned.title,
                licence=planned.licence,
                visibility=planned.visibility,
                expected=planned.plan,
                public_id=planned.public_id,
                progress=progress,
            )
    except ErrataError as error:
        return error.message
    return ""


@contextmanager
def _held(planned: PlannedImport) -> Iterator[Progress]:
    """Keep the lease and the progress up to date from a thread with a connection of its own."""
    state: dict[str, str | int] = {}
    ended = threading.Event()

    def progress(stage: str, done: int, total: int) -> None:
        state.update(stage=stage, done=done, total=total)

    heart = threading.Thread(target=_beat, args=(planned.pk, state, ended), daemon=True)
    heart.start()
    try:
        yield progress
    finally:
        ended.set()
        heart.join()


def _beat(planned_id: int, state: dict[str, str | int], ended: threading.Event) -> None:
    try:
        while not ended.wait(BEAT):
            try:
                PlannedImport.objects.filter(pk=planned_id, finished_at=None).update(
                    lease_until=Now() + LEASE, **state
                )
            except Error as error:  # the import goes on, and is done once whoever else tries
                log.warning("the lease of import %s was not renewed: %s", planned_id, error)
    finally:
        connection.close()
