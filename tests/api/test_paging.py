"""Pages by key: complete, bounded, and safe against cursors that somebody made up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from audits.models import Case
from registry.models import Benchmark, Instance
from tests.api.conftest import Api
from tests.small import SLUG, small_benchmark

INSTANCES = f"benchmarks/{SLUG}/instances/"


def pages_of(api: Api, path: str) -> Iterator[list[Any]]:
    """One page after the other from `path` on."""
    while path:
        answer = api("get", path).json()
        yield answer["results"]
        path = answer["next"]


def walk(api: Api, path: str) -> list[list[Any]]:
    """All pages from `path` on."""
    return list(pages_of(api, path))


def test_50_by_default_200_at_most_and_nothing_twice(api: Api, db: None, tmp_path: Path) -> None:
    small_benchmark(tmp_path, 230)
    pages = walk(api, INSTANCES)
    assert [len(page) for page in pages] == [50, 50, 50, 50, 30]
    keys = [row["key"] for page in pages for row in page]
    assert keys == [f"q{number}" for number in range(1, 231)]
    assert [len(page) for page in walk(api, f"{INSTANCES}?page_size=1000")] == [200, 30]
    assert [len(p) for p in walk(api, f"{INSTANCES}?page_size=200&group=tens")] == [200, 30]


def test_a_page_costs_the_same_however_long_it_is(api: Api, db: None, tmp_path: Path) -> None:
    small_benchmark(tmp_path, 40)

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert api("get", path).status_code == 200
        return len(seen)

    for path in (INSTANCES, f"benchmarks/{SLUG}/events/", "reports/", "benchmarks/"):
        one, many = queries(f"{path}?page_size=1"), queries(f"{path}?page_size=40")
        assert one == many <= 4


def test_cases_keep_their_order_while_priorities_move(api: Api, benchmark: Benchmark) -> None:
    """Every case is seen once by who pages, though decisions put another one first meanwhile."""
    for place, instance in enumerate(Instance.objects.order_by("position")):
        Case.objects.create(
            benchmark=benchmark,
            instance=instance,
            bucket="contested",
            priority=place / 10,
            priority_reason="so",
        )
    pages = []
    for page in pages_of(api, f"benchmarks/{SLUG}/cases/?page_size=1"):
        pages.append(page)
        Case.objects.update(priority=-F("priority"))
    assert [page[0]["instance"] for page in pages] == ["q1", "q2", "q3", "q4", "q5", "q6"]
    assert pages[0][0]["priority_reason"] == "", "told once an expert has answered"


@pytest.mark.parametrize(
    "cursor",
    ["x", "1~2", "~", "nan", "inf", "1e999", "9" * 40, "%00", "%FF", "a" * 5000, "²", "1_~", "--1"],
)
def test_made_up_cursors_are_refused(api: Api, benchmark: Benchmark, cursor: str) -> None:
    response = api("get", f"{INSTANCES}?cursor={cursor}")
    assert (response.status_code, response.json()["code"]) == (400, "bad_cursor")


@pytest.mark.parametrize("size", ["0", "-1", "x", "1e3", "²", "99999999999999999999"])
def test_page_sizes_are_numbers(api: Api, benchmark: Benchmark, size: str) -> None:
    response = api("get", f"{INSTANCES}?page_size={size}")
    assert (response.status_code, response.json()["code"]) == (400, "bad_page")
