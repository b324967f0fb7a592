"""JSON lines: one canonical JSON object per row, so that the same row has the same bytes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from errata.manifest import canonical_json


def json_line(row: Mapping[str, Any]) -> bytes:
    """The line of one row."""
    return canonical_json(row).encode() + b"\n"


class JsonLines:
    """A data file that is written line by line."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path` for writing."""
        self._file = path.open("wb", buffering=1 << 20)

    def write(self, line: bytes) -> None:
        """Append what `json_line` gave."""
        self._file.write(line)

    def __enter__(self) -> Self:
        """The writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()
