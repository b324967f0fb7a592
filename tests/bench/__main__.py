"""`make bench`: measure on a throw-away PostgreSQL and write docs/benchmarks.md.

`make bench ROWS=10000` measures pages, snapshot, scoring and pull alone, at that size, and writes
nothing.
"""

import argparse
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import django

from tests.bench.result import Result
from tests.postgres import Postgres

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`. Machines are noisy, so what counts is the ratio of ours to a peer or a
physical limit in the same run. Both sides use the same PostgreSQL, started for the run with
fsync off.

"""
TABLE = """| what | ours | peer | peer's time | ratio | aim | note |
|---|---|---|---|---|---|---|
"""


def main() -> int:
    """Run all measurements in order; each builds on what the one before left."""
    parser = argparse.ArgumentParser(prog="make bench", usage="make bench [ROWS=10000]")
    parser.add_argument("--rows", type=int, help="only what is large, with so many instances")
    rows = parser.parse_args().rows
    server = Postgres()
    with tempfile.TemporaryDirectory(prefix="errata-bench-") as name:
        folder = Path(name)
        os.environ |= {
            "ERRATA_HOME": str(folder / "home"),
            "DATABASE_URL": server.start(),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ERRATA_LOG_LEVEL": "WARNING",
        }
        try:
            django.setup()
            results = _measure(folder, rows)
        finally:
            server.stop()
    if rows:
        return 0
    PAGE.write_text(HEAD + _machine() + TABLE + "".join(f"{r.row()}\n" for r in results))
    print(f"Wrote {PAGE}.")
    return 0


def _measure(folder: Path, rows: int | None) -> list[Result]:
    from django.core.management import call_command

    from tests.bench import (
        asking,
        auditing,
        diffing,
        importing,
        pages,
        pulling,
        scoring,
        snapshotting,
        triaging,
    )

    call_command("migrate", verbosity=0)
    results = []
    for module in () if rows else (importing, diffing, auditing, triaging, asking):
        results += _told(module.measure(folder))
    results += _told(pulling.measure(folder, 1_000 * rows if rows else pulling.SIZE))
    for module in (pages, snapshotting):
        results += _told(module.measure(folder, rows or module.ROWS))
    return results + _told(scoring.measure(folder))


def _told(results: list[Result]) -> list[Result]:
    for result in results:
        print(f"{result.what}: {result.ours:.3f} s, {result.ratio:.2f} × {result.peer}", flush=True)
    return results


def _machine() -> str:
    day = datetime.now(UTC).date().isoformat()
    return f"Run on {day}: {os.cpu_count()} cores, Python {platform.python_version()}.\n\n"


if __name__ == "__main__":
    sys.exit(main())
