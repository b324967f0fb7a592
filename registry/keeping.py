"""Files that a hub makes once and keeps for itself."""

import os
import secrets
from pathlib import Path


def offer(path: Path, content: str) -> None:
    """Put `content` at `path`, readable by its owner alone, unless something is there already.

    Processes may start at once: each writes a file of its own and links it into place, so all
    find what the one that came first wrote, and none sees a half-written file.
    """
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync_folder(path)


def write_private(path: Path, content: str) -> None:
    """Put a file that only its owner may read in place at once, on the disk when this returns."""
    _draft(path, content).replace(path)
    _sync_folder(path)


def _draft(path: Path, content: str) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return draft


def _sync_folder(path: Path) -> None:
    """Have the disk know the name too: a key whose name is lost is lost."""
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
