"""Files that a hub makes once and keeps for itself."""

import os
import secrets
from pathlib import Path


def offer(path: Path, content: str) -> None:
    """Put `content` at `path`, readable by its owner alone, unless something is there already.

    Processes may start at once: each writes a file of its own and links it into place, so all
    find what the one that came first wrote, and none sees a half-written file.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    write_private(draft, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner may read, onto the disk before it returns."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
