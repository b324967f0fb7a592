"""Writing files so that nobody ever sees half of one, or loses what another wrote meanwhile."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Write beside a path and put the result in its place at once, or leave nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(draft_name())
    try:
        with draft.open("xb") as stream:
            yield stream
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """One at a time in this block, for who reads a file and then writes it anew.

    The system frees the lock of a process that was killed. Nothing stays beside the file, but on
    Windows, where an open file cannot be removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.lock")
    while True:
        with beside.open("ab") as lock:
            _lock(lock)
            if not _is_at(beside, lock):  # who held it has removed it
                continue
            try:
                yield
            finally:
                with suppress(OSError):
                    beside.unlink()
            return


def _is_at(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)


def draft_name() -> str:
    """A name for a file that is being written, which nobody else uses."""
    return f".part-{secrets.token_hex(8)}"
