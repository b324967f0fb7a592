"""Tables that people fill in with a spreadsheet: CSV and XLSX, written safely and read with care.

A cell that a spreadsheet would run as a formula is written behind an apostrophe, which reading
takes away again.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO

from errata.answers import UnreadableAnswer, parse_answer
from openpyxl import Workbook

from registry.errors import InvalidInput
from registry.importers.xlsx import sheet_rows

MAX_BYTES = 10_000_000
MAX_UNPACKED = 100_000_000
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 2_000, 200, 32_000
CUT = "\n[Cut here: a cell holds no more. CSV and the case's page have the whole text.]"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = Mapping[str, str]


def written_csv(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """A table as CSV that spreadsheets open as UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([guarded(row.get(name, "")) for name in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def written_xlsx(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """A table as XLSX; every cell is a text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("cases")
    sheet.freeze_panes = "B2"
    sheet.append(list(columns))
    for row in rows:
        sheet.append([_fitted(_clean(guarded(row.get(name, "")))) for name in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_table(name: str, file: BinaryIO) -> list[dict[str, str]]:
    """The rows of an uploaded CSV or XLSX by column; InvalidInput where it is none or too large."""
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise _bad(name, f"is larger than {MAX_BYTES // 1_000_000} MB")
    lines = _of_xlsx(data) if name.lower().endswith(".xlsx") else _of_csv(name, data)
    header = [cell.strip() for cell in next(lines, [])]
    if not any(header):
        raise _bad(name, "has no header; keep the first line of the file that was given out")
    if len(set(filter(None, header))) != len([cell for cell in header if cell]):
        raise _bad(name, "has two columns of one name")
    rows = []
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == MAX_ROWS:
            raise _bad(name, f"has more than {MAX_ROWS:,} rows; send it in parts")
        rows.append({k: unguarded(v) for k, v in zip(header, cells, strict=False) if k})
    return rows


def guarded(text: str) -> str:
    """A cell that no spreadsheet runs; plain numbers stay numbers."""
    if not text.startswith(_FORMULA):
        return f"'{text}" if text.startswith("'") else text
    try:
        parse_answer(text, "number")
    except UnreadableAnswer:
        return f"'{text}"
    return text if text[0] in "+-" else f"'{text}"


def unguarded(text: str) -> str:
    """The text behind a guarded cell."""
    return text[1:] if text.startswith("'") else text


def _of_csv(name: str, data: bytes) -> Iterator[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(name, "is no UTF-8; save it as CSV UTF-8 or as XLSX") from error
    if "\0" in text:
        raise _bad(name, "holds the character NUL")
    first = text.partition("\n")[0]
    comma = ";" if first.count(";") > first.count(",") else ","
    try:
        yield from (cells[:MAX_COLUMNS] for cells in csv.reader(io.StringIO(text), delimiter=comma))
    except csv.Error as error:
        raise _bad(name, f"cannot be read: {error}") from error


def _of_xlsx(data: bytes) -> Iterator[list[str]]:
    for cells in sheet_rows(io.BytesIO(data), unpacked=MAX_UNPACKED, columns=MAX_COLUMNS):
        yield [cell or "" for cell in cells]


def _clean(text: str) -> str:
    """Without the control characters that no workbook may hold."""
    return "".join(sign for sign in text if sign in "\n\t" or ord(sign) >= 32)


def _fitted(text: str) -> str:
    """As much as a cell of a workbook holds, told where that is not all."""
    return text if len(text) <= MAX_CELL else text[:MAX_CELL] + CUT


def _bad(name: str, what: str) -> InvalidInput:
    return InvalidInput(f"{name} {what}.", code="bad_file", field="file")
