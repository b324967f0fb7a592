"""What was pulled before: files by their digest, and the hub's last word on each release."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from errata.manifest import File, file_sha256, sha256_hex
from errata.writing import draft_name, replacing


def default_folder() -> Path:
    """`ERRATA_CACHE`, else the folder for caches that the system has for each user."""
    if folder := os.environ.get("ERRATA_CACHE"):
        return Path(folder)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "errata"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "errata"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "errata"


class Cache:
    """A folder that may be deleted at any time and is never trusted: what it gives was checked."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def find(self, file: File) -> Path | None:
        """The cached file, or None; one whose bytes have changed is thrown away."""
        path = self._object(file)
        try:
            if path.stat().st_size == file.size and file_sha256(path) == file.sha256:
                return path
        except OSError:
            return None
        path.unlink(missing_ok=True)
        return None

    @contextmanager
    def writing(self, file: File) -> Iterator[IO[bytes]]:
        """A stream for a file's bytes, which holds what an earlier, broken try left.

        What it holds is kept as the file if the block ends without an error, else as the
        beginning for the next try. Of two at once only one has that beginning.
        """
        path = self._object(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft, begun = path.with_name(draft_name()), path.with_name(f"{path.name}.begun")
        with suppress(FileNotFoundError):
            begun.replace(draft)
        try:
            with draft.open("a+b") as stream:
                yield stream
            draft.replace(path)
        except BaseException:
            with suppress(OSError):
                draft.replace(begun) if draft.stat().st_size else draft.unlink()
            raise

    def path_of(self, file: File) -> Path:
        """Where a file lies once `writing` has ended."""
        return self._object(file)

    def recall(self, address: str) -> dict[str, Any] | None:
        """What was remembered for an address, or None."""
        try:
            entry = json.loads(self._answer(address).read_bytes())
        except (OSError, ValueError):
            return None
        return entry if isinstance(entry, dict) else None

    def remember(self, address: str, entry: dict[str, Any]) -> None:
        """Keep an answer of the hub."""
        with replacing(self._answer(address)) as stream:
            stream.write(json.dumps(entry | {"address": address}).encode())

    def answers(self) -> Iterator[tuple[str, object]]:
        """Every address of which an answer is kept, with its document."""
        for path in sorted((self.folder / "answers").glob("*.json")):
            with suppress(OSError, ValueError, KeyError, TypeError):
                entry = json.loads(path.read_bytes())
                yield str(entry["address"]), entry["document"]

    def _object(self, file: File) -> Path:
        return self.folder / "files" / file.sha256[:2] / file.sha256

    def _answer(self, address: str) -> Path:
        return self.folder / "answers" / f"{sha256_hex(address)}.json"
