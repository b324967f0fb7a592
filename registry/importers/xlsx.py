"""XLSX workbooks: the first sheet, its first row the header. A formula counts as its last value."""

import zlib
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from registry.errors import InvalidInput
from registry.importers.base import BadRecord, Record, require_distinct

MAX_UNPACKED = 2_000_000_000
_DAMAGED = (
    BadZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    KeyError,
    ValueError,
    IndexError,
    OSError,
)


def read(file: BinaryIO) -> tuple[list[str], Iterator[Record | BadRecord]]:
    """The header and a stream of records; the line of one is its row in the sheet."""
    rows = sheet_rows(file, unpacked=MAX_UNPACKED)
    header = [(cell or "").strip() for cell in next(rows, [])]
    named = [name for name in header if name]
    if not named:
        raise InvalidInput("The first sheet is empty; it needs a header row.", code="bad_header")
    require_distinct(named)
    return named, _records(rows, header)


def sheet_rows(
    file: BinaryIO, *, unpacked: int, columns: int | None = None
) -> Iterator[list[str | None]]:
    """The rows of the first sheet as they are read, up to `columns` cells of each.

    InvalidInput where it is no workbook, is damaged anywhere, or would unpack to more than
    `unpacked` bytes.
    """
    try:
        with ZipFile(file) as packed:
            if sum(each.file_size for each in packed.infolist()) > unpacked:
                raise InvalidInput(
                    f"The workbook unpacks to more than {unpacked // 1_000_000:,} MB; "
                    "save it as CSV.",
                    code="too_large",
                )
        sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        for cells in sheet.iter_rows(max_col=columns, values_only=True):
            yield [None if cell is None else cell_text(cell) for cell in cells]
    except _DAMAGED as error:
        raise InvalidInput(
            "The file is no workbook that can be read; save it as XLSX or CSV.",
            code="damaged_file",
        ) from error


def _records(rows: Iterator[list[str | None]], header: list[str]) -> Iterator[Record]:
    for line, cells in enumerate(rows, start=2):
        if any(cell is not None for cell in cells):
            named = zip(header, cells, strict=False)
            yield Record(line, {name: cell for name, cell in named if name})


def cell_text(cell: object) -> str:
    """A cell as its reader sees it: whole numbers without a point, days in ISO form."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return cell.date().isoformat() if hasattr(cell, "date") else str(cell)
