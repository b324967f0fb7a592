"""Diff of neighbouring releases at 1,000 and at 100,000 instances, with 300 changes each.

Beside it, what other tools take for the same two releases as CSV files.
"""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from registry.models import Benchmark
from registry.selectors import system_user
from tests.bench.asking import PEER
from tests.bench.data import import_made_up
from tests.bench.result import Result
from versions.models import Release
from versions.selectors import diff
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release
from versions.storage import folder_of

CHANGED = 300
TOOLS = ("polars join", "datacompy", "csv-diff", "daff")
PATIENCE = 300.0  # seconds


def measure(folder: Path) -> list[Result]:
    """The benchmark `bench` of the import is the large one; it is left with two releases."""
    import_made_up(folder, "bench-small", rows=1_000)
    small, large = (_diff_seconds(folder, *which) for which in SIZES)
    return [
        Result(
            what=f"diff of neighbours, {CHANGED} changes, 100,000 instances",
            ours=large,
            peer="the same with 1,000 instances",
            theirs=small,
            aim="near 1: follows the changes",
        ),
        *_beside_tools(large),
    ]


SIZES = (("bench-small", 1_000), ("bench", 100_000))


def _diff_seconds(folder: Path, slug: str, rows: int) -> float:
    benchmark = Benchmark.objects.get(slug=slug)
    old = _release(benchmark)
    import_made_up(folder, slug, rows=rows, changed=CHANGED)
    new = _release(benchmark)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        entries = list(diff(old, new))
        best = min(best, time.perf_counter() - start)
    if len(entries) != CHANGED:
        raise RuntimeError(f"The diff has {len(entries)} entries instead of {CHANGED}.")
    return best


def _beside_tools(ours: float) -> Iterator[Result]:
    releases = Release.objects.filter(benchmark__slug="bench").order_by("sequence")
    files = [str(folder_of(release) / "data/csv/test.csv") for release in releases]
    script = str(Path(__file__).with_name("comparing.py"))
    for tool in TOOLS if PEER.is_file() else ():
        command, note = [str(PEER), script, tool, *files], "on both releases as CSV"
        try:
            done = subprocess.run(
                command, check=True, capture_output=True, text=True, timeout=PATIENCE
            )
            seconds, found = done.stdout.split()
            if int(found) != CHANGED:
                raise RuntimeError(f"{tool} found {found} changes instead of {CHANGED}.")
        except subprocess.TimeoutExpired:
            seconds, note = PATIENCE, f"{note}; stopped after {PATIENCE:.0f} s"
        yield Result(
            what="the same diff, 100,000 instances",
            ours=ours,
            peer=tool,
            theirs=float(seconds),
            aim="< 1",
            note=note,
        )


def _release(benchmark: Benchmark) -> Release:
    release = freeze_release(actor=system_user(), benchmark=benchmark)
    return publish_release(release.pk)
