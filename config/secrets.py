"""What a hub keeps for itself: its folder, and the secrets that it makes once."""

import os
import secrets
from pathlib import Path


def private_folder(path: Path) -> Path:
    """Return the folder, made for its owner alone; one that is there keeps its permissions.

    The database in it holds what only members of a benchmark may read. A parent made on the way
    (`.errata` for the demo) is a hub's folder too, or will be.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def kept_secret(path: Path) -> str:
    """Return the secret in `path`, made on first use and readable by its owner alone.

    Processes may start at once: each writes a file of its own and links it into place, so all
    get the secret of the one that came first, and none sees a half-written file.

    Raises RuntimeError if the file is there but empty.
    """
    if not path.exists():
        _offer(path, secrets.token_urlsafe(64))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    secret = path.read_text(encoding="ascii").strip()
    if not secret:
        raise RuntimeError(f"The secret in {path} is empty: delete the file, a new one is made.")
    return secret


def _offer(path: Path, secret: str) -> None:
    """Put `secret` at `path` unless another process was faster."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(descriptor)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
