"""Files of a release, with the peak memory of building them, at 1,000,000 instances."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import django

from tests.bench.result import Result

SLUG, ROWS = "bench-large", 1_000_000


def measure(folder: Path, rows: int = ROWS) -> list[Result]:
    """In a new process, whose peak memory is then its own; beside Parquet written from memory."""
    from registry.models import Benchmark
    from registry.selectors import system_user
    from tests.bench.data import import_made_up
    from versions.services.freeze_release import freeze_release

    import_made_up(folder, SLUG, rows=rows)
    benchmark = Benchmark.objects.get(slug=SLUG)
    start = time.perf_counter()
    release = freeze_release(actor=system_user(), benchmark=benchmark)
    frozen = time.perf_counter() - start
    command = [sys.executable, "-m", "tests.bench.snapshotting", str(release.pk), str(folder)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    ours, packed, processor, peak, theirs = json.loads(told)
    return [
        Result(
            what=f"files of a release of {rows:,} instances",
            ours=ours,
            peer="pyarrow writes its Parquet from memory",
            theirs=theirs,
            aim="≤ 30 s for 1,000,000",
            note=(
                f"JSON lines, tiers and CSV in {packed:.1f} s, then Parquet and digests; "
                f"{processor:.1f} s of a processor, peak {peak:.0f} MB; verified and frozen before "
                f"in {frozen:.1f} s"
            ),
        )
    ]


def built(release_id: int, folder: Path) -> tuple[float, ...]:
    """Seconds of a build, those until Parquet, of a processor; peak MB; seconds of the peer."""
    import pyarrow.parquet as pq

    from versions.locks import benchmark_files
    from versions.models import Release
    from versions.services.build_release import build_release

    release = Release.objects.select_related("benchmark").get(pk=release_id)
    stages: dict[str, float] = {}
    start, processor = time.perf_counter(), time.process_time()
    with benchmark_files(release.benchmark.slug):
        files = build_release(
            release,
            progress=lambda stage, *_: stages.setdefault(stage, time.perf_counter() - start),
        )
    ours, processor = time.perf_counter() - start, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table = pq.read_table(files / "data/test.parquet")
    start = time.perf_counter()
    pq.write_table(table, folder / "plain.parquet", compression="zstd", row_group_size=5_000)
    return ours, stages["packing"], processor, peak, time.perf_counter() - start


if __name__ == "__main__":
    django.setup()
    print(json.dumps(built(int(sys.argv[1]), Path(sys.argv[2]))))
