"""The rows of a table: CSV and JSON Lines, and Parquet and XLSX where a library for them is here.

Parquet takes pyarrow and XLSX openpyxl. Neither comes with this package, so that it stays light.
"""

import csv
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from errata.errors import ErrataError
from errata.manifest import InvalidManifest, read_rows

Record = Mapping[str, Any]
_BATCH = 1_000
_DAMAGED = (
    *(csv.Error, InvalidManifest, zipfile.BadZipFile, zlib.error, ParseError),
    *(ValueError, KeyError, IndexError),  # also those of Arrow, and text that is no UTF-8
)


def read_table(path: Path) -> Iterator[Record]:
    """The rows one by one, by the names of their columns; raises ErrataError.

    A workbook is read from its first sheet, whose first row is the header.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        message = (
            f"{path.name} can only be known by its digest, and no release has exactly this file; "
            f"labels are read from {', '.join(_READERS)}."
        )
        raise ErrataError("unknown_form", message)
    try:
        yield from read(path)
    except _DAMAGED as error:
        message = f"{path.name} cannot be read ({error}); save it anew, text as UTF-8."
        raise ErrataError("unreadable_file", message, asked_wrongly=True) from None


def read_csv(path: Path) -> Iterator[Record]:
    """The rows of a CSV file; raises csv.Error or UnicodeDecodeError."""
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, strict=True)


def _read_parquet(path: Path) -> Iterator[Record]:
    parquet = _library("pyarrow.parquet", path)
    with parquet.ParquetFile(path) as table:
        for batch in table.iter_batches(batch_size=_BATCH):
            for row in batch.to_pylist():
                yield {name: _plain(value) for name, value in row.items()}


def _read_workbook(path: Path) -> Iterator[Record]:
    workbook = _library("openpyxl", path).load_workbook(path, read_only=True, data_only=True)
    try:
        rows = workbook.worksheets[0].iter_rows(values_only=True)
        header = [str(cell or "").strip() for cell in next(rows, ())]
        for cells in rows:
            if any(cell is not None for cell in cells):
                named = zip(header, map(_plain, cells), strict=False)
                yield {name: cell for name, cell in named if name}
    finally:
        workbook.close()


def _library(name: str, path: Path) -> Any:
    try:
        return import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        message = f"Reading {path.name} takes {package}: pip install {package}."
        raise ErrataError("library_missing", message) from None


def _plain(value: Any) -> Any:
    """A cell as its reader sees it: whole numbers without a point, days in ISO form."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, date):  # a moment as well
        return value.isoformat()[:10]
    return value


_READERS = {
    ".csv": read_csv,
    ".jsonl": read_rows,
    ".ndjson": read_rows,
    ".parquet": _read_parquet,
    ".xlsx": _read_workbook,
}
