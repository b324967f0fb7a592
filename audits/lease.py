"""Holding a claimed chunk: the lease is renewed while the work goes on, however slow it is."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import Error, connection
from django.db.models.functions import Now

from audits.models import Chunk
from audits.states import ChunkStatus

LEASE = timedelta(seconds=120)
HEARTBEAT = timedelta(seconds=20)


class LeaseLost(Exception):
    """Somebody else took the chunk over; nothing of it may be written any more."""


class Lease:
    """The hold on one chunk. `check` is cheap and tells early; `lock` is what counts."""

    def __init__(self, chunk: Chunk) -> None:
        self._mine = Chunk.objects.filter(
            pk=chunk.pk, token=chunk.token, status=ChunkStatus.CLAIMED
        )
        self._lost = threading.Event()

    def renew(self) -> None:
        """Push the end of the lease back, by the database's clock."""
        if not self._mine.update(lease_until=Now() + LEASE):
            self._lost.set()

    def check(self) -> None:
        """Raise LeaseLost if a heartbeat found the chunk taken over."""
        if self._lost.is_set():
            raise LeaseLost

    def lock(self) -> None:
        """Lock the chunk for the rest of the transaction, or raise LeaseLost."""
        if self._mine.select_for_update().first() is None:
            raise LeaseLost


@contextmanager
def held(chunk: Chunk) -> Iterator[Lease]:
    """Hold a claimed chunk: a thread with a connection of its own keeps the lease alive."""
    lease, done = Lease(chunk), threading.Event()
    heart = threading.Thread(target=_beat, args=(lease, done), daemon=True)
    heart.start()
    try:
        yield lease
    finally:
        done.set()
        heart.join()


def _beat(lease: Lease, done: threading.Event) -> None:
    try:
        while not done.wait(HEARTBEAT.total_seconds()):
            try:
                lease.renew()
            except Error:  # A busy or restarted database: the next beat comes long before the end.
                connection.close()
    finally:
        connection.close()
