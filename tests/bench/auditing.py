"""Audit of 100,000 instances by all verifiers that need no model."""

import time
from pathlib import Path

from audits.models import Look, Vote
from audits.services.start_audit import start_audit
from audits.services.work_on_run import work_on_run
from registry.models import Benchmark
from registry.selectors import system_user
from tests.bench.copying import copy_again
from tests.bench.importing import ROWS
from tests.bench.result import Result


def measure(folder: Path) -> list[Result]:
    """One worker, beside COPY of the votes and looks it wrote."""
    benchmark = Benchmark.objects.get(slug="bench")
    run = start_audit(actor=system_user(), benchmark=benchmark)
    start = time.perf_counter()
    work_on_run(run_id=run.pk)
    ours = time.perf_counter() - start
    votes = Vote.objects.count()
    return [
        Result(
            what=f"audit of {ROWS:,} instances by one worker",
            ours=ours,
            peer=f"COPY of its {votes:,} votes and looks",
            theirs=copy_again([Vote, Look]),
            aim="",
            note=f"{ROWS / ours:,.0f} instances/s",
        )
    ]
