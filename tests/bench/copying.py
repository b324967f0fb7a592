"""The physical limit for writing rows: a bare COPY of the finished rows into the same tables."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from django.db import connection, models, transaction

from registry.dialects import install_locks, remove_locks
from registry.facts import fact_tables


def copy_again(tables: Sequence[type[models.Model]]) -> float:
    """Take all rows out, empty the tables, and return the seconds it takes to put them back."""
    names = [model._meta.db_table for model in tables]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in names]
        for name, file in zip(names, files, strict=True):
            _copy_out(name, file)
        with transaction.atomic(), connection.cursor() as cursor:
            remove_locks(connection, fact_tables())
            cursor.execute(f"TRUNCATE {', '.join(names)} CASCADE")
            install_locks(connection, fact_tables())
        start = time.perf_counter()
        with transaction.atomic():
            for name, file in zip(names, files, strict=True):
                _copy_in(name, file)
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
