"""Import of 100,000 rows against COPY of the finished rows into the same tables."""

import time
from pathlib import Path

from registry.models import Alias, Content, Head, Instance, Revision, Text
from tests.bench.copying import copy_again
from tests.bench.data import import_made_up
from tests.bench.result import Result

ROWS = 100_000


def measure(folder: Path) -> list[Result]:
    """Seconds for the import and for the bare COPY of what it wrote; leaves the rows there."""
    start = time.perf_counter()
    import_made_up(folder, "bench", rows=ROWS)
    ours = time.perf_counter() - start
    limit = copy_again([Text, Content, Instance, Revision, Head, Alias])
    return [
        Result(
            what=f"import of {ROWS:,} rows of 0.5 KB",
            ours=ours,
            peer="COPY of the finished rows into the same tables",
            theirs=limit,
            aim="≤ 3",
        )
    ]
