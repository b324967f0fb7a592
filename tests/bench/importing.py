"""Import of 100,000 rows against COPY of the finished rows into the same tables."""

import tempfile
import time
from pathlib import Path

from django.db import connection, transaction

from registry.dialects import install_locks, remove_locks
from registry.facts import fact_tables
from registry.models import Alias, Content, Head, Instance, Revision, Text
from registry.presets import load_preset
from registry.selectors import system_user
from registry.services.import_benchmark import import_benchmark
from tests.bench.data import write_csv

TABLES = [model._meta.db_table for model in (Text, Content, Instance, Revision, Head, Alias)]


def measure(folder: Path, rows: int) -> dict[str, float]:
    """Seconds for the import and for the bare COPY of what it wrote."""
    path = write_csv(folder / "import.csv", rows=rows)
    start = time.perf_counter()
    import_benchmark(
        actor=system_user(),
        slug="bench-import",
        path=path,
        preset=load_preset("question-answer"),
        upstream="bench/test",
        licence="CC0-1.0",
    )
    ours = time.perf_counter() - start
    return {"rows": rows, "import": ours, "copy": _copy_again()}


def _copy_again() -> float:
    """Take the finished rows out, empty the tables, and time putting them back."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / table for table in TABLES]
        for table, file in zip(TABLES, files, strict=True):
            _copy_out(table, file)
        with transaction.atomic(), connection.cursor() as cursor:
            remove_locks(connection, fact_tables())
            cursor.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
            install_locks(connection, fact_tables())
        start = time.perf_counter()
        with transaction.atomic():
            for table, file in zip(TABLES, files, strict=True):
                _copy_in(table, file)
        return time.perf_counter() - start


def _copy_out(table: str, file: Path) -> None:
    with (
        file.open("wb") as out,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} TO STDOUT") as copy,
    ):
        for block in copy:
            out.write(block)


def _copy_in(table: str, file: Path) -> None:
    with (
        file.open("rb") as source,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN") as copy,
    ):
        while block := source.read(1 << 20):
            copy.write(block)
