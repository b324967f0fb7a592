"""A fault of a whole group: reported, ruled on, read by everybody; in a real browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from audits.models import Case, Ruling
from audits.services.take_in_reports import take_in_reports
from registry.models import Benchmark, Head
from tests.audits.recalculating import PATH, SENTENCE, audit, faulty_benchmark
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Open, assert_accessible, assert_fits
from tests.small import SLUG, People


@pytest.fixture
def benchmark(db: None, tmp_path: Path, settings: Any) -> Benchmark:
    """q1 to q6 of "coma" are one too high, q7 and q8 right; q9 to q12 are "tens"."""
    settings.ERRATA_VERIFIERS = [PATH]
    return faulty_benchmark(tmp_path)


@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
def test_from_a_report_on_a_group_to_its_outcome(
    width: int, benchmark: Benchmark, crew: People, open_page: Open
) -> None:
    """The user reports it, the expert takes one label out and saves, and the user reads why."""
    page = open_page(crew.user, f"/b/{SLUG}/report/?group=coma", width=width)
    page.get_by_role("radio", name="Wrong answer").check()
    page.get_by_label("Why").fill("The verbal score is counted twice.")
    _looks_right(page)
    page.get_by_role("button", name="File the report").click()
    expect(page.get_by_text("Waiting for an expert")).to_be_visible()
    take_in_reports(benchmark.pk)
    audit(benchmark)

    desk = open_page(crew.expert, f"/b/{SLUG}/cases/", width=width)
    desk.get_by_role("link", name="coma").click()
    desk.get_by_role("button", name="Claim this case").click()
    form = desk.get_by_role("form", name="Ruling")
    expect(form.get_by_label("Answer of q1")).to_have_value("10")
    form.get_by_label("Settle q6").uncheck()
    form.get_by_role("radio", name="the labels are wrong").check()
    form.get_by_label("Kind of error").select_option(label="Wrong answer")
    form.get_by_label("Why?").fill("The verbal score counts once.")
    _looks_right(desk)
    form.get_by_role("button", name="Preview", exact=True).last.click()
    expect(desk.get_by_text("5 labels settled, 5 changed")).to_be_visible()
    _looks_right(desk)
    desk.get_by_role("button", name="Save the ruling").click()
    expect(desk.get_by_text("5 labels are settled. Thank you.")).to_be_visible()
    ruling = Ruling.objects.get()
    address = f"/b/{SLUG}/rulings/{ruling.public_id}/"
    assert desk.url.partition("#")[0].endswith(address)
    _looks_right(desk)

    page.reload()
    expect(page.get_by_text("Accepted by Expert Person")).to_be_visible()
    _looks_right(page)
    page.get_by_role("link", name="See the ruling").first.click()
    assert page.url.endswith(address)
    expect(page.get_by_text("The verbal score counts once.")).to_be_visible()
    row = page.get_by_role("row", name="q1")
    expect(row).to_contain_text("11 → 10")
    expect(row).to_contain_text(SENTENCE)
    taken_out = page.get_by_role("region", name="Taken out of it")
    expect(taken_out.get_by_role("link")).to_have_text(["q6"])
    page.get_by_role("link", name="The case of the whole group").click()
    assert page.url.endswith(f"/cases/{Case.objects.get(instance=None).public_id}/")
    _looks_right(page)
    answers = dict(Head.objects.values_list("instance__key", "revision__answer"))
    assert (answers["q1"], answers["q6"]) == ("10", "61")


def _looks_right(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)
