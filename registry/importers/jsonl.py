"""JSON Lines: one object a line, UTF-8. Numbers keep the digits they are written with."""

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from registry.importers.base import BadRecord, Record


def read(file: BinaryIO) -> tuple[None, Iterator[Record | BadRecord]]:
    """A stream of records; columns may differ from line to line."""
    return None, _records(io.TextIOWrapper(file, encoding="utf-8-sig", newline="\n"))


def _records(lines: io.TextIOWrapper) -> Iterator[Record | BadRecord]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line, parse_float=str, parse_int=str, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            yield BadRecord(number, "line", f"not valid JSON: {error}")
            continue
        if isinstance(values, dict):
            yield Record(number, values)
        else:
            yield BadRecord(number, "line", "not a JSON object")


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")
