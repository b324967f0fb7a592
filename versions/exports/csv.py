"""CSV with the columns that the benchmark's files came with; after them trust and the canary."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from errata.contract import label_of
from errata.grading import Limits, limits_by_rule
from errata.manifest import canonical_json

from versions.formats import Column

CANARY = "canary"
TRUST = ("tier", "posterior", "valid", "mask")


class CsvRows:
    """A file that is written row by row."""

    def __init__(self, path: Path, columns: Sequence[Column], canary: str, *, trust: bool) -> None:
        """Open the file at `path` and write its header, with the columns of TRUST or without."""
        self._cells = [_cell(part, field) for _, part, field in columns]
        self._canary, self._trust = _quoted(canary), trust
        self._quoted = _quoted_whole if trust else _quoted  # older releases keep their bytes
        self._file = path.open("w", encoding="utf-8", newline="", buffering=1 << 20)
        names = [name for name, _, _ in columns]
        names += _new_names(names) if trust else [CANARY]
        self._file.write(",".join(map(self._quoted, names)) + "\n")

    def write(self, row: Mapping[str, Any], posterior: str, upstream_id: str) -> None:
        """Append a row of the release.

        `posterior` is that of the row as canonical JSON, `upstream_id` is empty where it has none.
        """
        cells = [self._quoted(cell(row, upstream_id)) for cell in self._cells]
        if self._trust:
            mask = _quoted(canonical_json(row["mask"])) if row["mask"] else "[]"
            cells += (row["tier"], _quoted(posterior), "true" if row["valid"] else "false", mask)
        cells.append(self._canary)
        self._file.write(",".join(cells) + "\n")

    def __enter__(self) -> Self:
        """The writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()


def _new_names(taken: Sequence[str]) -> list[str]:
    """The names of what is added, told apart from columns that are called the same."""
    return [f"errata_{name}" if name in taken else name for name in (*TRUST, CANARY)]


def _quoted(cell: str) -> str:
    """A cell as the csv module of Python 3.11 writes it, which looks at each character alone."""
    return _in_quotes(cell) if "," in cell or '"' in cell or "\n" in cell else cell


def _quoted_whole(cell: str) -> str:
    """The same, and around a lone carriage return, at which readers would end the row."""
    if "," in cell or '"' in cell or "\n" in cell or "\r" in cell:
        return _in_quotes(cell)
    return cell


def _in_quotes(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _cell(part: str, field: str) -> Callable[[Mapping[str, Any], str], str]:
    """What makes the cell of a column from a row and its upstream id."""
    if part in ("inputs", "derivation", "meta"):
        return lambda row, _: _text((row[part] or {}).get(field))
    if part == "key":
        place, count = (int(number) for number in field.split("/"))
        return lambda row, _: _part_of(row["key"], place, count)
    if part in ("lower", "upper"):
        return lambda row, _: _limit(row, part)
    return lambda row, upstream_id: upstream_id if part == "id" else str(row[part])


def _part_of(key: str, place: int, count: int) -> str:
    parts = key.split(":") if count > 1 else [key]
    return parts[place] if len(parts) == count else ""


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
