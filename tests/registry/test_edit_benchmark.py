"""What is said about a benchmark and who may see it: changed by maintainers, on record."""

from pathlib import Path
from typing import Any

import pytest

from registry.errors import InvalidInput, NotAllowed, NotFound
from registry.models import Benchmark, Event
from registry.selectors import get_benchmark
from registry.services.edit_benchmark import edit_benchmark
from tests.small import import_file, people, qa_row, small_benchmark, write_csv


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    return small_benchmark(tmp_path)


def test_a_maintainer_hides_a_benchmark(benchmark: Benchmark) -> None:
    crew = people(benchmark)
    with pytest.raises(NotAllowed):
        edit_benchmark(actor=crew.expert, benchmark=benchmark, visibility="members")
    edit_benchmark(actor=crew.maintainer, benchmark=benchmark, visibility="members", title="T")
    with pytest.raises(NotFound):
        get_benchmark(benchmark.slug, crew.user)
    assert get_benchmark(benchmark.slug, crew.expert).title == "T"
    event = Event.objects.get(kind="benchmark.edited")
    assert event.data == {"visibility": "members", "title": "T"}


def test_the_same_again_is_no_event(benchmark: Benchmark) -> None:
    crew = people(benchmark)
    assert edit_benchmark(actor=crew.maintainer, benchmark=benchmark, visibility="public") == {}
    assert not Event.objects.filter(kind="benchmark.edited").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"title": " "},
        {"licence": ""},
        {"visibility": "secret"},
        {"slug": "other"},
        {"upstream_url": "x y"},
    ],
)
def test_nonsense_is_refused(benchmark: Benchmark, changes: dict[str, Any]) -> None:
    crew = people(benchmark)
    with pytest.raises(InvalidInput):
        edit_benchmark(actor=crew.maintainer, benchmark=benchmark, **changes)
    assert not Event.objects.filter(kind="benchmark.edited").exists()


def test_an_import_can_make_a_hidden_benchmark(db: None, tmp_path: Path) -> None:
    import_file(write_csv(tmp_path / "f.csv", [qa_row(1)]), visibility="members")
    with pytest.raises(NotFound):
        get_benchmark("small-qa", None)
