"""JSON lines: one canonical JSON object per row, so that the same row has the same bytes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from errata.manifest import canonical_json

_encode = json.JSONEncoder(ensure_ascii=False).encode
_NONE: Mapping[str, str] = {}


def json_line(row: Mapping[str, Any], known: Mapping[str, str] = _NONE) -> bytes:
    """The line of one row; `known` is the canonical JSON of some of its fields, where there is one.

    The names of fields are ASCII.
    """
    fields = [
        f'"{name}":{known[name] if name in known else _text(value)}'
        for name, value in sorted(row.items())
    ]
    return f"{{{','.join(fields)}}}\n".encode()


def _text(value: Any) -> str:
    """The same as `canonical_json`, sooner for what most fields are."""
    if type(value) is str:
        return _encode(value)
    if type(value) is int:
        return str(value)
    return canonical_json(value)


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
