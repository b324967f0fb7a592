"""The page of a calculator, with and without a script."""

import html
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.models import Benchmark, Event
from tests.pages.conftest import text_of
from tests.small import SLUG, hide, import_file, people, qa_row, write_csv

Browse = Callable[..., Any]
PAGE = f"/b/{SLUG}/calculator/?group=Body+Mass+Index+(BMI)"
SENT = "&compute=1&weight=80000&weight.unit=g&height=2&height.unit=m"


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Two labels of a group that a calculator serves, one of another."""
    rows = [qa_row(n, group="Body Mass Index (BMI)") for n in (1, 2)]
    import_file(write_csv(tmp_path / "bmi.csv", [*rows, qa_row(3)]))
    return Benchmark.objects.get(slug=SLUG)


def test_everybody_computes_and_nothing_is_kept(benchmark: Benchmark, browse: Browse) -> None:
    before = Event.objects.count()
    page = text_of(browse().get(PAGE))
    assert "Body mass index" in page
    assert "weight" in page
    response = browse().get(PAGE + SENT + "&case=some")
    page = text_of(response)
    assert "20 kg/m^2 normal" in page
    body = html.unescape(response.content.decode())
    assert '{"weight": [80000, "g"], "height": [2, "m"]}' in body
    assert "<option selected>g</option>" in body
    assert Event.objects.count() == before


@pytest.mark.parametrize(("sent", "back"), [("", ""), ("&practice=1", "practice/")])
def test_the_result_goes_back_to_the_case(
    sent: str, back: str, benchmark: Benchmark, browse: Browse
) -> None:
    """Without a script; the page of a practice case is another one."""
    body = browse().get(PAGE + SENT + "&case=some" + sent).content.decode()
    assert f'href="/cases/some/{back}?answer=20&amp;entities=' in body


def test_labels_of_the_group_lead_to_it(benchmark: Benchmark, browse: Browse) -> None:
    link = "Compute it with the calculator of this group"
    assert link in text_of(browse().get(f"/b/{SLUG}/i/q1/"))
    assert link not in text_of(browse().get(f"/b/{SLUG}/i/q3/"))


def test_the_asked_unit_stands_beside_a_reports_answer(
    benchmark: Benchmark, browse: Browse
) -> None:
    client = browse(people().user)
    assert "in kg/m" in text_of(client.get(f"/b/{SLUG}/report/?instance=q1"))
    assert "in kg/m" not in text_of(client.get(f"/b/{SLUG}/report/?instance=q3"))


def test_htmx_gets_the_box_alone(benchmark: Benchmark, browse: Browse) -> None:
    body = browse().get(PAGE + SENT, headers={"HX-Request": "true"}).content.decode()
    assert body.startswith("<form")
    assert "20" in body
    assert "<html" not in body


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("&compute=1&weight=heavy", "'heavy' is no number"),
        ("&compute=1&weight=80", "height is not given"),
        ("&compute=1&weight=80&height=2&height.unit=inch", "No patient has 2 inch"),
    ],
)
def test_what_is_lacking_is_said(
    sent: str, said: str, benchmark: Benchmark, browse: Browse
) -> None:
    response = browse().get(PAGE + sent)
    assert said.casefold() in html.unescape(text_of(response)).casefold()


@pytest.mark.parametrize("group", ["tens", "", "nowhere", "Anion Gap"])
def test_groups_that_no_calculator_serves(group: str, benchmark: Benchmark, browse: Browse) -> None:
    assert browse().get(f"/b/{SLUG}/calculator/", {"group": group}).status_code == 404


def test_members_only(benchmark: Benchmark, browse: Browse) -> None:
    crew = people(benchmark)
    hide(benchmark)
    assert browse(crew.user).get(PAGE).status_code == 404
    assert browse(crew.contributor).get(PAGE).status_code == 200
