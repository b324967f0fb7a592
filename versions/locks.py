"""One writer at a time for what a benchmark has on disk: built releases and its repository."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings


@contextmanager
def benchmark_files(slug: str, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of a benchmark's files; yields whether it is held (always, if it waits).

    A killed process loses its lock. Not reentrant.
    """
    settings.ERRATA_REPOS.mkdir(parents=True, exist_ok=True)
    with (settings.ERRATA_REPOS / f"{slug}.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
