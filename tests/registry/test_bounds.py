"""Memory does not grow with a file, and two imports at once do not mix."""

import csv
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from registry.errors import ErrataError
from registry.models import Alias, Benchmark, Head, ImportBatch, Instance, Revision
from registry.presets import load_preset
from registry.selectors import system_user
from registry.services.import_benchmark import import_benchmark
from tests.small import HEADER, SLUG, import_file, qa_row, small_benchmark, write_csv


def big_file(path: Path, rows: int) -> Path:
    """Rows of about a kilobyte."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, HEADER)
        writer.writeheader()
        writer.writerows(qa_row(n, context=f"{n} " * 150) for n in range(1, rows + 1))
    return path


def peak_of(path: Path, slug: str) -> int:
    """The most memory that an import took, in bytes."""
    tracemalloc.start()
    try:
        import_file(path, slug=slug, upstream="v1/test")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def chunk(monkeypatch: pytest.MonkeyPatch) -> int:
    """Smaller chunks than real ones show the same with smaller files."""
    monkeypatch.setattr("registry.importers.plan.CHUNK", 500)
    return 500


@pytest.mark.django_db
def test_memory_follows_the_chunk_not_the_file(tmp_path: Path, chunk: int) -> None:
    import_file(big_file(tmp_path / "warm.csv", 10), slug="warm")
    small = big_file(tmp_path / "s.csv", 2 * chunk)
    large = big_file(tmp_path / "l.csv", 16 * chunk)
    grown = large.stat().st_size - small.stat().st_size
    assert grown > 5_000_000
    low, high = peak_of(small, "small"), peak_of(large, "large")
    # Keys, ids and their lines are kept to find duplicates; the rows are not.
    assert high - low < grown / 2
    assert Instance.objects.count() == 18 * chunk + 10


@pytest.mark.django_db
def test_queries_follow_the_chunks_not_the_rows(tmp_path: Path, chunk: int) -> None:
    def queries(rows: int) -> int:
        path = big_file(tmp_path / f"{rows}.csv", rows)
        with CaptureQueriesContext(connection) as seen:
            import_file(path, slug=f"b{rows}", upstream="v1/test")
        return len(seen)

    assert queries(chunk // 2) == queries(chunk)  # few rows at a time take fewer
    assert queries(3 * chunk) < 4 * queries(chunk - 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("there", [False, True], ids=["new", "existing"])
def test_two_imports_at_once_write_everything_once(tmp_path: Path, there: bool) -> None:
    if there:
        small_benchmark(tmp_path, 3)
    path = write_csv(tmp_path / "a.csv", [qa_row(n, answer=str(n)) for n in range(1, 40)])
    preset, system = load_preset("question-answer"), system_user()
    start = threading.Barrier(2)
    outcomes: list[Any] = []

    def work() -> None:
        try:
            start.wait(10)
            outcomes.append(
                import_benchmark(
                    actor=system,
                    slug=SLUG,
                    path=path,
                    preset=preset,
                    licence="MIT",
                    upstream="v1/test",
                )
            )
        except ErrataError as error:
            outcomes.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 2
    refused = [outcome for outcome in outcomes if isinstance(outcome, ErrataError)]
    assert len(refused) <= 1
    assert all(type(error).__name__ in ("WrongState", "InvalidInput") for error in refused)
    assert Instance.objects.count() == Head.objects.count() == Alias.objects.count() == 39
    assert Revision.objects.count() == 39 + 3 * there
    assert ImportBatch.objects.count() == 1 + there
    assert Benchmark.objects.count() == 1
