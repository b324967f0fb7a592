"""CSV files: UTF-8 (with or without BOM), a header, quoted fields of any length."""

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from registry.errors import InvalidInput
from registry.importers.base import BadRecord, Record, require_distinct

FIELD_LIMIT = 50_000_000


def read(file: BinaryIO) -> tuple[list[str], Iterator[Record | BadRecord]]:
    """The header and a stream of records; a short or long record comes as BadRecord."""
    csv.field_size_limit(FIELD_LIMIT)
    rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), strict=True)
    try:
        header = next(rows, None)
    except csv.Error as error:
        raise InvalidInput(f"The header cannot be read: {error}.", code="bad_header") from error
    if not header:
        raise InvalidInput("The file is empty; it needs a header line.", code="bad_header")
    require_distinct(header)
    return header, _records(rows, header)


def _records(rows: "csv._reader", header: list[str]) -> Iterator[Record | BadRecord]:
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRecord(line, "line", f"not valid CSV: {error}")
            continue
        if not cells:
            continue
        if len(cells) == len(header):
            yield Record(line, dict(zip(header, cells, strict=True)))
        else:
            yield BadRecord(line, "line", f"{len(cells)} cells where the header has {len(header)}")
