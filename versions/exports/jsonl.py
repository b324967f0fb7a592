"""JSON lines: one canonical JSON object per row, so that the same row has the same bytes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from errata.manifest import canonical_json


class JsonLines:
    """A data file that is written row by row."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path` for writing."""
        self.path = path
        self._file = path.open("wb", buffering=1 << 20)

    def write(self, row: Mapping[str, Any]) -> None:
        """Append one row."""
        self._file.write(canonical_json(row).encode() + b"\n")

    def __enter__(self) -> Self:
        """The writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()
