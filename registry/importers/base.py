"""What every importer yields, how a file finds its importer, and how problems are reported."""

import gzip
import hashlib
import io
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from registry.errors import InvalidInput

SHOWN_IN_FULL = 20
TOLD_TO_PROGRAMS = 1_000
Progress = Callable[[str, int, int], None]


def no_progress(stage: str, done: int, total: int) -> None:
    """Progress for callers that show none."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: where it starts and its values by column. Absent cells are None."""

    line: int
    values: dict[str, Any]


class Reader(Protocol):
    """An importer: turns an open binary file into its columns and a stream of records."""

    def __call__(
        self, file: BinaryIO
    ) -> "tuple[list[str] | None, Iterator[Record | BadRecord]]": ...


IMPORTERS = {
    ".csv": "registry.importers.csv",
    ".jsonl": "registry.importers.jsonl",
    ".ndjson": "registry.importers.jsonl",
    ".parquet": "registry.importers.parquet",
    ".xlsx": "registry.importers.xlsx",
}


def require_distinct(header: list[str]) -> None:
    """Refuse a header that names a column twice."""
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InvalidInput(
            f"The header names {', '.join(twice)} twice; rename one.", code="bad_header"
        )


class BadRecord(Exception):
    """A record that cannot be read; `line` and `field` say where."""

    def __init__(self, line: int, field: str, message: str) -> None:
        super().__init__(message)
        self.line, self.field, self.message = line, field, message


@dataclass(slots=True)
class Problems:
    """The bad rows of one file: the first in full, the rest by field and lines."""

    file: str
    did: str = "imported"
    full: list[str] = field(default_factory=list)
    brief: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, name: str, message: str) -> None:
        """Note one bad field."""
        if len(self.full) < SHOWN_IN_FULL:
            self.full.append(f"line {line}, {name}: {message}")
        self.brief.append((line, name))

    def refuse(self, code: str = "bad_file") -> None:
        """Raise if there were any: nothing of a bad file is imported."""
        if not self.brief:
            return
        total = len(self.brief)
        lines = [f"{self.file} was not {self.did}: {total} problem{'s' * (total > 1)}.", *self.full]
        if total > len(self.full):
            lines += ["And in these lines:", *self._rest()]
        lines.append("Mend the file and try again.")
        told = self.brief[:TOLD_TO_PROGRAMS]
        raise InvalidInput(
            "\n".join(lines),
            code=code,
            problems=[{"line": line, "field": name} for line, name in told],
            total=total,
        )

    def _rest(self) -> Iterator[str]:
        """What is not shown in full, a sentence for each field: `answer: lines 22-40, 57`."""
        by_field: dict[str, set[int]] = {}
        for line, name in self.brief[len(self.full) :]:
            by_field.setdefault(name, set()).add(line)
        for name, numbers in by_field.items():
            yield f"{name}: line{'s' * (len(numbers) > 1)} {_ranges(sorted(numbers))}"


def _ranges(numbers: list[int]) -> str:
    """Ascending numbers, neighbours as one range."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1][1:] = [number]
        else:
            spans.append([number])
    return ", ".join("-".join(map(str, span)) for span in spans)


class _Counted(io.RawIOBase):
    """A binary file that reports how much of it has been read."""

    def __init__(self, raw: BinaryIO, progress: Progress, total: int) -> None:
        super().__init__()
        self._raw, self._progress, self._total, self._done = raw, progress, total, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._raw.read(len(buffer))
        buffer[: len(data)] = data
        self._done += len(data)
        self._progress("reading", self._done, self._total)
        return len(data)


@dataclass(slots=True)
class Source:
    """An open file: its columns (None if they may differ by record) and its records.

    `met` are the columns of the records read so far, in the order in which they came.
    """

    columns: list[str] | None
    records: Iterator[Record | BadRecord]
    name: str
    met: dict[str, None] = field(default_factory=dict)


def _format_of(path: Path) -> str:
    """The ending that says how to read a file, without .gz."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix != ".gz"]
    if not suffixes or suffixes[-1] not in IMPORTERS:
        raise InvalidInput(
            f"{path.name}: Errata reads {', '.join(sorted(IMPORTERS))}, each also with .gz. "
            "Convert the file or give it the right ending.",
            code="unknown_format",
        )
    return suffixes[-1]


def _is_zipped(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


@contextmanager
def open_source(path: Path, progress: Progress = no_progress) -> Iterator[Source]:
    """Open a benchmark file for streaming; what is wrong with its bytes becomes InvalidInput."""
    form = _format_of(path)
    reader: Reader = import_module(IMPORTERS[form]).read
    try:
        with ExitStack() as stack:
            raw = stack.enter_context(path.open("rb"))
            zipped, seeks = _is_zipped(path), form in (".parquet", ".xlsx")
            file: Any = raw
            if zipped or not seeks:
                counted = _Counted(raw, progress, path.stat().st_size)
                file = io.BufferedReader(counted, buffer_size=1 << 20)
            if zipped:
                file = gzip.GzipFile(fileobj=file)
            if zipped and seeks:
                unpacked = stack.enter_context(tempfile.TemporaryFile())
                shutil.copyfileobj(file, unpacked)
                file = unpacked
            columns, records = reader(file)
            yield Source(columns, records, path.name)
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {path}. Check the path.", code="no_file") from error
    except IsADirectoryError as error:
        raise InvalidInput(f"{path} is a folder; name a file.", code="no_file") from error
    except PermissionError as error:
        raise InvalidInput(
            f"{path} may not be read. Give the hub access.", code="no_file"
        ) from error
    except UnicodeDecodeError:
        _undecodable(path).refuse("wrong_encoding")
        raise
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidInput(
            f"{path.name} is damaged or cut off ({error}). Fetch it again.", code="damaged_file"
        ) from error


def _undecodable(path: Path) -> Problems:
    """The lines of a file that are not UTF-8."""
    problems = Problems(path.name)
    with gzip.open(path) if _is_zipped(path) else path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                problems.add(number, "line", f"is not UTF-8 (byte {error.start + 1} of the line)")
    return problems


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
