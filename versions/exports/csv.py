"""CSV with the columns that the benchmark's files came with, and the canary as the last one."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from errata.contract import label_of
from errata.grading import Limits, limits_by_rule

from versions.formats import Column

CANARY = "canary"


class CsvRows:
    """A file that is written row by row."""

    def __init__(self, path: Path, columns: Sequence[Column], canary: str) -> None:
        """Open the file at `path` and write its header."""
        self._columns, self._canary = columns, canary
        self._file = path.open("w", encoding="utf-8", newline="", buffering=1 << 20)
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow([*(name for name, _, _ in columns), CANARY])

    def write(self, row: Mapping[str, Any], upstream_id: str) -> None:
        """Append a row of the release; `upstream_id` is empty where it has none."""
        cells = [_cell(row, part, field, upstream_id) for _, part, field in self._columns]
        self._writer.writerow([*cells, self._canary])

    def __enter__(self) -> Self:
        """The writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()


def _cell(row: Mapping[str, Any], part: str, field: str, upstream_id: str) -> str:
    if part in ("inputs", "derivation", "meta"):
        return _text((row[part] or {}).get(field))
    if part == "key":
        place, count = (int(number) for number in field.split("/"))
        parts = row["key"].split(":") if count > 1 else [row["key"]]
        return parts[place] if len(parts) == count else ""
    if part in ("lower", "upper"):
        return _limit(row, part)
    return upstream_id if part == "id" else str(row[part])


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _limit(row: Mapping[str, Any], side: str) -> str:
    """A limit as such files write it: the answer itself where nothing else is right."""
    fields = row["limits"]
    if not fields:
        return str(row["answer"])
    if "lower" in fields or "upper" in fields:
        return str(fields.get(side, ""))
    limits = limits_by_rule(label_of(row).answer, Limits.from_dict(fields))
    return str(row["answer"] if limits.is_exact else getattr(limits, side))
