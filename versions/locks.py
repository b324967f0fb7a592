"""One writer at a time for what lies on disk: a benchmark's releases and repository, the key."""

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


@contextmanager
def signing_key_file() -> Iterator[None]:
    """Hold the lock of the file with the signing key. Not reentrant."""
    path = settings.ERRATA_SIGNING_KEY
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
