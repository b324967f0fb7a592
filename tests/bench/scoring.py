"""Scoring 1,000,000 predictions on three releases, beside the metric loop of lm-eval."""

import os
import subprocess
import time
from pathlib import Path

from django.db import connection

from registry.models import Benchmark
from registry.selectors import system_user
from submissions.models import Prediction, PredictionSet
from tests.bench.asking import PEER
from tests.bench.data import import_made_up
from tests.bench.result import Result
from tests.bench.snapshotting import SLUG
from versions.models import Release, Score
from versions.selectors import last_release
from versions.services.freeze_release import freeze_release
from versions.services.score_predictions import score_benchmark
from versions.states import ReleaseStatus

RELEASES = 3
SEED = 1_000  # rows that are imported again for each release after the first one
CHANGED = 300  # of their labels, each time others
# Every second answer is right.
_ANSWERS = """INSERT INTO submissions_prediction (prediction_set_id, instance_id, raw, answer)
    SELECT %(set)s, instance.id, answer, answer FROM (
        SELECT instance.id, CASE WHEN position %% 2 = 0 THEN answer ELSE '-1' END AS answer
        FROM registry_instance instance
        JOIN registry_head head ON head.instance_id = instance.id
        JOIN registry_revision revision ON revision.id = head.revision_id
        WHERE instance.benchmark_id = %(benchmark)s
    ) instance"""


def measure(folder: Path) -> list[Result]:
    """The benchmark and its first release are those of the snapshot.

    Releases count as published without their files, which scoring does not read.
    """
    benchmark = Benchmark.objects.get(slug=SLUG)
    predictions = _predictions(benchmark)
    _release(benchmark)
    for number in range(1, RELEASES):
        import_made_up(folder, SLUG, rows=SEED, changed=CHANGED * number)
        freeze_release(actor=system_user(), benchmark=benchmark)
        _release(benchmark)
    start = time.perf_counter()
    score_benchmark(benchmark)
    ours = time.perf_counter() - start
    scores = Score.objects.filter(release__benchmark=benchmark).count()
    if scores != RELEASES:
        raise RuntimeError(f"There are {scores} scores instead of {RELEASES}.")
    if not PEER.is_file():
        return []
    return [
        Result(
            what=f"scoring of {predictions:,} predictions on {RELEASES} releases",
            ours=ours,
            peer="exact_match and its mean in lm-evaluation-harness, rows in memory",
            theirs=_harness(folder, predictions),
            aim="≤ 15 s for 1,000,000",
            note="read from the database, limits, posteriors and groups counted, marks kept",
        )
    ]


def _release(benchmark: Benchmark) -> None:
    release = last_release(benchmark)
    Release.objects.filter(pk=release.pk).update(status=ReleaseStatus.PUBLISHED)


def _predictions(benchmark: Benchmark) -> int:
    found = PredictionSet.objects.create(benchmark=benchmark, model="made up", file_digest="0" * 64)
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, {"set": found.pk, "benchmark": benchmark.pk})
        cursor.execute("ANALYZE")
    return Prediction.objects.filter(prediction_set=found).count()


def _harness(folder: Path, predictions: int) -> float:
    command = [str(PEER), str(Path(__file__).with_name("harnessing.py"))]
    env = os.environ | {"HOME": str(folder), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [*command, str(predictions), str(RELEASES)],
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout.split()[-1])
