"""The files of a release that are written row by row: each row goes once through all of them.

For a split, named as its files are:

    data/SPLIT.jsonl             every row
    data/tiers/TIER/SPLIT.jsonl  the rows of one tier
    data/excluded/SPLIT.jsonl    keys of masked labels, with the reasons
    data/csv/SPLIT.csv           every row, in the columns that the benchmark came with, then trust
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import quote

from versions.exports.csv import CsvRows
from versions.exports.jsonl import JsonLines, json_line
from versions.exports.parquet import NestedFields
from versions.formats import Column


def file_name(split: str) -> str:
    """How the files of a split are called."""
    return quote(split, safe="") or "data"


class _Files(NamedTuple):
    """Where a row of one split and one tier goes."""

    whole: JsonLines
    tier: JsonLines
    excluded: JsonLines
    csv: CsvRows
    fields: NestedFields


class RowFiles:
    """All these files of one release.

    By the name of their files, `splits` are those met so far, and `fields` what stands in the
    nested columns of their rows.
    """

    def __init__(self, data: Path, columns: Sequence[Column], canary: str, *, trust: bool) -> None:
        """Write into the folder `data`; `trust` as CsvRows takes it."""
        self._data, self._columns, self._canary, self._trust = data, columns, canary, trust
        self._open: dict[str, Any] = {}
        self._of: dict[tuple[str, str], _Files] = {}
        self._stack = ExitStack()
        self.splits: dict[str, str] = {}
        self.fields: dict[str, NestedFields] = {}

    def write(self, row: Mapping[str, Any], known: Mapping[str, str], upstream_id: str) -> None:
        """Append a row to each of its files; `known` as `json_line` takes it."""
        line, files = json_line(row, known), self._files(row["split"], row["tier"])
        files.whole.write(line)
        files.tier.write(line)
        if not row["valid"]:
            why = {"key": row["key"], "mask": row["mask"], "canary": self._canary}
            files.excluded.write(json_line(why))
        files.csv.write(row, known["posterior"], upstream_id)
        files.fields.see(row)

    def _files(self, split: str, tier: str) -> _Files:
        found = self._of.get((split, tier))
        if found is None:
            name = file_name(split)
            self.splits[name] = split
            found = self._of[split, tier] = _Files(
                whole=self._lines(f"{name}.jsonl"),
                tier=self._lines(f"tiers/{tier}/{name}.jsonl"),
                excluded=self._lines(f"excluded/{name}.jsonl"),
                csv=self._csv(f"csv/{name}.csv"),
                fields=self.fields.setdefault(name, NestedFields()),
            )
        return found

    def _lines(self, path: str) -> JsonLines:
        return self._open.get(path) or self._opened(path, JsonLines(self._place(path)))

    def _csv(self, path: str) -> CsvRows:
        if path in self._open:
            return self._open[path]
        made = CsvRows(self._place(path), self._columns, self._canary, trust=self._trust)
        return self._opened(path, made)

    def _place(self, path: str) -> Path:
        target = self._data / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _opened(self, path: str, file: Any) -> Any:
        self._open[path] = self._stack.enter_context(file)
        return file

    def __enter__(self) -> Self:
        """The files themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them all."""
        self._stack.close()
