"""Parquet files, read batch by batch."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

from registry.errors import InvalidInput
from registry.importers.base import Record

BATCH = 1_000


def read(file: BinaryIO) -> tuple[list[str], Iterator[Record]]:
    """The columns and a stream of records; the line is the record's number from 1."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise _damaged(error) from error
    return list(table.schema_arrow.names), _records(table)


def _records(table: Any) -> Iterator[Record]:
    number = 0
    for batch in _batches(table):
        for values in batch.to_pylist():
            number += 1
            yield Record(number, {name: _plain(value) for name, value in values.items()})


def _batches(table: Any) -> Iterator[Any]:
    """The batches; damage inside a column only shows here."""
    try:
        yield from table.iter_batches(batch_size=BATCH)
    except (OSError, ValueError) as error:  # Arrow's own errors are one or the other
        raise _damaged(error) from error


def _damaged(error: Exception) -> InvalidInput:
    return InvalidInput(
        f"The file is not valid Parquet ({error}). Fetch it again.", code="damaged_file"
    )


def _plain(value: Any) -> Any:
    """Numbers and dates as text, as every other importer yields them."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return value
