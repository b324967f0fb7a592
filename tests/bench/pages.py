"""The server's time for the list of instances and for one instance, at 1,000,000 instances."""

import statistics
import time
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.test import Client

from registry.models import Benchmark, Instance
from tests.bench.data import import_made_up
from tests.bench.result import Result

SEED, ROWS = 1_000, 1_000_000
TURNS = 20
PAGES = {
    "list of instances, first page": "i/",
    "list of instances, in the middle": "i/?after={middle}",
    "list of one group": "i/?group=g7",
    "list of contested labels": "i/?status=contested",
    "page of one instance": "i/{key}/",
}
# Every row of the seed again, with an identity and a history of its own; inputs are shared.
_MULTIPLY = (
    """INSERT INTO registry_instance (benchmark_id, key, split, position)
    SELECT benchmark_id, key || '-' || n, split, position + n * %(seed)s
    FROM registry_instance, generate_series(1, %(times)s) n WHERE benchmark_id = %(benchmark)s""",
    """INSERT INTO registry_revision (instance_id, number, content_id, answer, answer_number,
        limits, derivation, meta, "group", reason, origin, cause_kind, cause_id, actor, at, digest,
        previous)
    SELECT made.id, number, content_id, answer, answer_number, limits, derivation, meta, "group",
        reason, origin, cause_kind, cause_id, actor, at, digest, previous
    FROM registry_instance made
    JOIN registry_instance seed ON seed.benchmark_id = made.benchmark_id
        AND seed.position = made.position %% %(seed)s AND made.position >= %(seed)s
    JOIN registry_revision ON instance_id = seed.id WHERE made.benchmark_id = %(benchmark)s""",
    """INSERT INTO registry_head (instance_id, benchmark_id, revision_id, retired)
    SELECT instance.id, benchmark_id, revision.id, false
    FROM registry_instance instance JOIN registry_revision revision ON instance_id = instance.id
    WHERE benchmark_id = %(benchmark)s AND position >= %(seed)s""",
    """INSERT INTO registry_alias (benchmark_id, space, value, instance_id)
    SELECT benchmark_id, 'bench/copies', key, id FROM registry_instance
    WHERE benchmark_id = %(benchmark)s AND position >= %(seed)s""",
    """INSERT INTO audits_standing (instance_id, benchmark_id, bucket, tier, score, reasons,
        posterior)
    SELECT id, benchmark_id, CASE WHEN position %% 100 = 0 THEN 'contested' ELSE 'clear' END,
        'unreviewed', 0, '[]', '' FROM registry_instance WHERE benchmark_id = %(benchmark)s""",
)


def measure(folder: Path, rows: int = ROWS) -> list[Result]:
    """The median of 20 visits to each page, beside the same page of a benchmark of 1,000."""
    call_command("collectstatic", verbosity=0, interactive=False)
    small, large = _made(folder, "bench-page", SEED), _made(folder, "bench-pages", rows)
    return [
        Result(
            what=f"{what}, {rows:,} instances",
            ours=_seconds(large, path),
            peer=f"the same with {SEED:,}",
            theirs=_seconds(small, path),
            aim="< 0.05 s",
            note="the server's time",
        )
        for what, path in PAGES.items()
    ]


def _made(folder: Path, slug: str, rows: int) -> Benchmark:
    import_made_up(folder, slug, rows=SEED)
    benchmark = Benchmark.objects.get(slug=slug)
    sizes = {"benchmark": benchmark.pk, "seed": SEED, "times": rows // SEED - 1}
    with connection.cursor() as cursor:
        for statement in _MULTIPLY:
            cursor.execute(statement, sizes)
        cursor.execute("VACUUM ANALYZE")
    return benchmark


def _seconds(benchmark: Benchmark, path: str) -> float:
    rows = Instance.objects.filter(benchmark=benchmark)
    middle = rows.get(position=rows.count() // 2)
    address = f"/b/{benchmark.slug}/" + path.format(middle=middle.position, key=middle.key)
    browser, taken = Client(SERVER_NAME="localhost"), []
    for _ in range(TURNS):
        start = time.perf_counter()
        answer = browser.get(address)
        taken.append(time.perf_counter() - start)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}.")
    return statistics.median(taken)
