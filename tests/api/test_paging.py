"""Pages by key: complete, bounded, and safe against cursors that somebody made up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from audits.models import Case
from audits.services.set_policy import set_policy
from registry.models import Benchmark, Instance
from registry.services.comment import add_comment
from registry.services.create_user import create_user
from registry.services.invite_member import invite_member
from registry.services.set_member import set_member
from registry.services.state_specialty import state_specialty
from registry.services.watch import watch
from tests.api.conftest import Api
from tests.pages.conftest import Nowhere, cut
from tests.small import SLUG, People, import_file, qa_row, small_benchmark, write_csv

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


def test_lists_that_are_not_everybodys_cost_the_same(
    api: Api,
    benchmark: Benchmark,
    crew: People,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Comments, watches, members, invitations, policies, imports and errata: many as one."""
    settings.ERRATA_HOME = tmp_path / "home"
    monkeypatch.setattr("versions.services.ship_release.PUBLISHER", Nowhere())
    staff = crew.staff
    about = {"actor": staff, "benchmark": benchmark}
    cut(benchmark)
    for number in range(1, 4):
        person = create_user(actor=staff, username=f"p{number}")
        set_member(user=person, role="expert", **about)
        state_specialty(actor=person, name="geriatrics")
        add_comment(**about | {"actor": person}, kind="instance", subject="q1", text=f"{number}")
        watch(**about, kind="instance", subject=f"{SLUG}/{number}")
        invite_member(**about, role="expert")
        set_policy(**about, text=f"experts_per_case = {number}", reason=f"{number}")
    rows = [qa_row(n, answer=f"{n}1", lower="", upper="") for n in range(1, 7)]
    import_file(write_csv(tmp_path / "next.csv", rows))
    cut(benchmark)

    def queries(path: str, size: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            found = api("get", f"{path}&page_size={size}", staff)
        assert (found.status_code, len(found.json()["results"])) == (200, size), path
        return len(seen)

    base = f"benchmarks/{SLUG}"
    for path in (
        *(f"{base}/comments/?kind=instance&subject=q1", "watches/?", f"{base}/members/?"),
        *(f"{base}/invitations/?", f"{base}/policy/versions/?", f"{base}/imports/?"),
        f"{base}/errata/?",
    ):
        queries(path, 2)  # whatever is cached on first use
        one, many = queries(path, 1), queries(path, 2)
        assert one == many <= 16, path


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
