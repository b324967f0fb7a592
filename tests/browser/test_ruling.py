"""A fault of a whole group: reported, ruled on, read by everybody; in a real browser."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from audits.models import Case, Ruling
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.take_in_reports import take_in_reports
from registry.models import Benchmark, Head
from tests.audits.recalculating import PATH, SENTENCE, audit, faulty_benchmark
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Open, assert_accessible, assert_fits
from tests.pages.conftest import file
from tests.small import SLUG, People


@pytest.fixture
def benchmark(db: None, tmp_path: Path, settings: Any) -> Benchmark:
    """q1 to q6 of "coma" are one too high, q7 and q8 not; q9 to q12 are "tens"."""
    settings.ERRATA_VERIFIERS = [PATH]
    return faulty_benchmark(tmp_path)


@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
def test_from_a_report_on_a_group_to_its_outcome(
    width: int, benchmark: Benchmark, crew: People, open_page: Open
) -> None:
    """The user reports it, the expert takes one label out and adds two, the user reads why."""
    page = open_page(crew.user, f"/b/{SLUG}/report/?group=coma", width=width)
    page.get_by_role("radio", name="Wrong answer").check()
    page.get_by_label("Why").fill("The verbal score is counted twice.")
    _looks_right(page)
    page.get_by_role("button", name="File the report").click()
    expect(page.get_by_text("Waiting for an expert")).to_be_visible()
    file(benchmark, crew.user, "q7", "75")
    take_in_reports(benchmark.pk)
    audit(benchmark)
    alone = claim_case(actor=crew.expert, case=Case.objects.get(instance__key="q7"))
    decide_case(actor=crew.expert, case=alone, outcome="confirm", rationale="Looked at it.")

    desk = open_page(crew.expert, f"/b/{SLUG}/cases/", width=width)
    desk.get_by_role("link", name="coma").click()
    desk.get_by_role("button", name="Claim this case").click()
    form = desk.get_by_role("form", name="Ruling")
    expect(form.get_by_label("Answer of q1")).to_have_value("10")
    form.get_by_label("Settle q6").uncheck()
    form.get_by_label("Settle q8").check()
    form.get_by_label("Answer of q8").fill("85")
    form.get_by_text("Labels that an expert decided on before (1)").click()
    form.get_by_label("Settle q7").check()
    form.get_by_label("Answer of q7").fill("75")
    form.get_by_role("radio", name="the labels are wrong").check()
    form.get_by_label("Kind of error").select_option(label="Wrong answer")
    form.get_by_label("Why?").fill("The verbal score counts once.")
    _looks_right(desk)
    form.get_by_role("button", name="Preview", exact=True).last.click()
    expect(desk.get_by_text("7 labels settled, 7 changed")).to_be_visible()
    expect(desk.get_by_text("1 of them had been decided by an expert")).to_be_visible()
    _looks_right(desk)
    desk.get_by_role("button", name="Save the ruling").click()
    expect(desk.get_by_text("7 labels are settled. Thank you.")).to_be_visible()
    ruling = Ruling.objects.get()
    address = f"/b/{SLUG}/rulings/{ruling.public_id}/"
    expect(desk).to_have_url(re.compile(address))
    _looks_right(desk)

    page.reload()
    expect(page.get_by_text("Accepted by Expert Person")).to_be_visible()
    _looks_right(page)
    page.get_by_role("link", name="See the ruling").first.click()
    expect(page).to_have_url(re.compile(address))
    expect(page.get_by_text("The verbal score counts once.")).to_be_visible()
    row = page.get_by_role("row", name="q1")
    expect(row).to_contain_text("11 → 10")
    expect(row).to_contain_text(SENTENCE)
    expect(page.get_by_role("row", name="q7")).to_contain_text("in place of an earlier decision")
    taken_out = page.get_by_role("region", name="Taken out of it")
    expect(taken_out.get_by_role("link")).to_have_text(["q6"])
    page.get_by_role("link", name="The case of the whole group").click()
    expect(page).to_have_url(re.compile(f"/cases/{ruling.case.public_id}/"))
    _looks_right(page)
    answers = dict(Head.objects.values_list("instance__key", "revision__answer"))
    assert [answers[f"q{n}"] for n in (1, 6, 7, 8)] == ["10", "61", "75", "85"]


def test_it_works_without_scripts(benchmark: Benchmark, crew: People, open_page: Open) -> None:
    """A group is reported, claimed, ruled on after a look at what would be saved."""
    page = open_page(crew.user, f"/b/{SLUG}/report/?group=coma", java_script_enabled=False)
    page.get_by_role("radio", name="Wrong answer").check()
    page.get_by_label("Why").fill("The verbal score is counted twice.")
    page.get_by_role("button", name="File the report").click()
    expect(page.get_by_text("Waiting for an expert")).to_be_visible()
    take_in_reports(benchmark.pk)
    audit(benchmark)
    page = open_page(crew.expert, f"/b/{SLUG}/cases/", java_script_enabled=False)
    page.get_by_role("link", name="coma").click()
    page.get_by_role("button", name="Claim this case").click()
    page.get_by_label("Settle q6").uncheck()
    page.get_by_role("radio", name="the labels are wrong").check()
    page.get_by_label("Kind of error").select_option(label="Wrong answer")
    page.get_by_label("Why?").fill("The verbal score counts once.")
    page.get_by_role("button", name="Preview", exact=True).last.click()
    expect(page.get_by_text("5 labels settled, 5 changed")).to_be_visible()
    page.get_by_role("button", name="Save the ruling").click()
    expect(page.get_by_text("5 labels are settled. Thank you.")).to_be_visible()
    assert Ruling.objects.get().decisions.count() == 5


def _looks_right(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)
