"""The search for words: in step with the labels, made anew from them, by an index on PostgreSQL."""

from pathlib import Path

import pytest
from django.db import connection

from pages.selectors import Filters, browse
from registry.models import Benchmark, Head, Searchable
from registry.selectors import system_user
from registry.services.fill_search import fill_search
from registry.services.remove_text import remove_text
from tests.small import SLUG, import_file, qa_row, write_csv

ROWS = [
    qa_row(1, context="Creatinine 1.4 mg/dL;\n  he WEIGHS 80 kg."),
    qa_row(2, answer="1234.5", lower="1230", upper="1240", group="renal"),
    qa_row(3, context='Called "100%_sure" by the ward.'),
]


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Three rows, searchable."""
    import_file(write_csv(tmp_path / "rows.csv", ROWS))
    made = Benchmark.objects.get(slug=SLUG)
    assert fill_search(benchmark=made) == 3
    return made


def found(benchmark: Benchmark, words: str) -> list[str]:
    """The keys that the words find."""
    heads = browse(benchmark, Filters(words=words)).order_by("instance__position")
    return [head.instance.key for head in heads]


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("creatinine", ["q1"]),
        ("dl; he weighs 80", ["q1"]),
        ("1234.5", ["q2"]),
        ("renal", ["q2"]),
        ("TEN TIMES", ["q1", "q2", "q3"]),
        ('"100%_sure"', ["q3"]),
        ("100_sure", []),
        ("question", []),
        ("q\0 3", []),
    ],
)
def test_words(benchmark: Benchmark, words: str, keys: list[str]) -> None:
    """In inputs, labels, groups and keys, whatever the case; signs mean themselves."""
    assert found(benchmark, words) == keys


def test_a_new_label_is_found_after_the_next_fill(benchmark: Benchmark, tmp_path: Path) -> None:
    """Only what moved is written again, and the old label finds nothing more."""
    rows = [ROWS[0], ROWS[1] | {"answer": "77.25", "lower": "77", "upper": "78"}, ROWS[2]]
    import_file(write_csv(tmp_path / "again.csv", rows))
    assert fill_search() == 1
    assert found(benchmark, "77.25") == ["q2"]
    assert found(benchmark, "1234.5") == []
    assert fill_search() == 0


def test_a_removed_text_is_not_found(benchmark: Benchmark) -> None:
    """Not even before the next fill; key and label stay findable."""
    head = Head.objects.get(instance__key="q1")
    remove_text(actor=system_user(), digest=head.revision.content_id, reason="names a patient")
    assert found(benchmark, "creatinine") == []
    assert fill_search() == 1
    assert found(benchmark, "creatinine") == []
    assert found(benchmark, "q1") == ["q1"]


def test_it_can_be_made_anew(benchmark: Benchmark) -> None:
    """From the facts alone."""
    Searchable.objects.update(text="nonsense")
    assert fill_search(benchmark=benchmark, anew=True) == 3
    assert found(benchmark, "creatinine") == ["q1"]


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite reads all texts")
def test_postgresql_has_the_index(db: None) -> None:
    """The plan uses it once reading everything is not cheaper."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        holds = Searchable.objects.filter(text__contains="creatinine")
        assert "registry_searchable_words" in holds.explain()
