"""The key that a mistyped one probably means."""

from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.nearest import nearest_keys
from tests.small import import_file, qa_row, small_benchmark, write_csv


def test_what_was_probably_meant(db: None, tmp_path: Path) -> None:
    """Other case, no prefix, an upstream id, one sign more; and what is like nothing."""
    benchmark = small_benchmark(tmp_path, 12)
    rows = [{"row": "77", "answer": "10"} | {"id": "q13"}]
    assert rows
    import_file(write_csv(tmp_path / "more.csv", [qa_row(13)]), upstream="v2/test")
    names = ["Q3", "4", "q05", "q7a", "nothing like it", "q13", "q99"]
    with CaptureQueriesContext(connection) as queries:
        found = nearest_keys(benchmark, names)
    assert found == {"Q3": "q3", "4": "q4", "q05": "q5", "q7a": "q7", "q13": "q13", "q99": "q9"}
    assert len(queries) == 3
    assert nearest_keys(benchmark, []) == {}


def test_zeros_are_put_back(db: None, tmp_path: Path) -> None:
    """A spreadsheet takes them away."""
    benchmark = small_benchmark(tmp_path, 1, slug="zeros")
    file = write_csv(tmp_path / "zeros.csv", [qa_row(n, id=f"case-{n:03}") for n in range(1, 30)])
    import_file(file, slug="padded")
    padded = type(benchmark).objects.get(slug="padded")
    assert nearest_keys(padded, ["case-7", "12"]) == {"case-7": "case-007", "12": "case-012"}
