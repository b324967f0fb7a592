"""Diff of neighbouring releases at 1,000 and at 100,000 instances, with 300 changes each."""

import time
from pathlib import Path

from registry.models import Benchmark
from registry.selectors import system_user
from tests.bench.data import import_made_up
from tests.bench.result import Result
from versions.models import Release
from versions.selectors import diff
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release

CHANGED = 300


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
        )
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


def _release(benchmark: Benchmark) -> Release:
    release = freeze_release(actor=system_user(), benchmark=benchmark)
    return publish_release(release.pk)
