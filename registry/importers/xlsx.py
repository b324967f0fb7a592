"""XLSX workbooks: the first sheet, its first row the header. A formula counts as its last value."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from registry.errors import InvalidInput
from registry.importers.base import BadRecord, Record, require_distinct

MAX_UNPACKED = 2_000_000_000


def read(file: BinaryIO) -> tuple[list[str], Iterator[Record | BadRecord]]:
    """The header and a stream of records; the line of one is its row in the sheet."""
    try:
        with ZipFile(file) as packed:
            if sum(each.file_size for each in packed.infolist()) > MAX_UNPACKED:
                raise InvalidInput(
                    "The workbook unpacks to more than 2 GB; save it as CSV.", code="too_large"
                )
        sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
    except (BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError) as error:
        raise InvalidInput(
            "The file is no workbook that can be read; save it as XLSX or CSV.",
            code="damaged_file",
        ) from error
    rows = sheet.iter_rows(values_only=True)
    header = ["" if cell is None else cell_text(cell).strip() for cell in next(rows, ())]
    named = [name for name in header if name]
    if not named:
        raise InvalidInput("The first sheet is empty; it needs a header row.", code="bad_header")
    require_distinct(named)
    return named, _records(rows, header)


def _records(rows: Iterator[Sequence[Any]], header: list[str]) -> Iterator[Record]:
    for line, cells in enumerate(rows, start=2):
        if any(cell is not None for cell in cells):
            named = zip(header, cells, strict=False)
            yield Record(
                line, {name: None if c is None else cell_text(c) for name, c in named if name}
            )


def cell_text(cell: object) -> str:
    """A cell as its reader sees it: whole numbers without a point, days in ISO form."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return cell.date().isoformat() if hasattr(cell, "date") else str(cell)
