"""`make bench`: measure on a throw-away PostgreSQL and write docs/benchmarks.md."""

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
            results = _measure(folder)
        finally:
            server.stop()
    PAGE.write_text(HEAD + _machine() + TABLE + "".join(f"{r.row()}\n" for r in results))
    print(f"Wrote {PAGE}.")
    return 0


def _measure(folder: Path) -> list[Result]:
    from django.core.management import call_command

    from tests.bench import asking, auditing, diffing, importing, pulling, triaging

    call_command("migrate", verbosity=0)
    results = []
    for module in (importing, diffing, auditing, triaging, asking, pulling):
        for result in module.measure(folder):
            print(f"{result.what}: {result.ours:.2f} s, {result.ratio:.2f} × {result.peer}")
            results.append(result)
    return results


def _machine() -> str:
    day = datetime.now(UTC).date().isoformat()
    return f"Run on {day}: {os.cpu_count()} cores, Python {platform.python_version()}.\n\n"


if __name__ == "__main__":
    sys.exit(main())
