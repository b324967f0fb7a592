"""Writing files so that nobody ever sees half of one."""

import secrets
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


def draft_name() -> str:
    """A name for a file that is being written, which nobody else uses."""
    return f".part-{secrets.token_hex(8)}"
