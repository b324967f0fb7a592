"""What a hub keeps for itself: its folder, and the secrets that it makes once."""

import secrets
from pathlib import Path

from registry.keeping import offer


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

    Processes that start at once all get the secret of the one that came first.

    Raises RuntimeError if the file is there but empty.
    """
    if not path.exists():
        offer(path, secrets.token_urlsafe(64) + "\n")
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    secret = path.read_text(encoding="ascii").strip()
    if not secret:
        raise RuntimeError(f"The secret in {path} is empty: delete the file, a new one is made.")
    return secret
