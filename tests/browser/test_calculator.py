"""The calculator beside a case, in Chromium: what it comes to is the answer with one click."""

from pathlib import Path

from audits.models import Case, Opinion
from audits.services.take_in_reports import take_in_reports
from registry.models import Benchmark, Role
from registry.selectors import system_user
from registry.services.set_member import set_member
from tests.browser.conftest import Open, assert_accessible, assert_fits
from tests.pages.conftest import file
from tests.small import People, import_file, qa_row, write_csv


def test_what_it_comes_to_is_the_answer(crew: People, open_page: Open, tmp_path: Path) -> None:
    """And what was entered is kept as the derivation."""
    rows = [qa_row(1, group="Body Mass Index (BMI)")]
    import_file(write_csv(tmp_path / "bmi.csv", rows), slug="bmi")
    benchmark = Benchmark.objects.get(slug="bmi")
    set_member(actor=system_user(), benchmark=benchmark, user=crew.expert, role=Role.EXPERT)
    file(benchmark, crew.user, "q1", "20")
    take_in_reports(benchmark.pk)
    page = open_page(crew.expert, f"/cases/{Case.objects.get().public_id}/", width=390)
    page.get_by_text("Calculator of this group", exact=True).click()
    page.locator("#calc-weight").fill("80")
    page.locator("#calc-height").fill("2")
    page.get_by_role("button", name="Compute").click()
    page.get_by_role("link", name="Use this answer").wait_for()
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("link", name="Use this answer").click()
    assert page.get_by_role("textbox", name="Your answer").input_value() == "20"
    page.get_by_role("button", name="Answer and see the label").click()
    page.get_by_role("heading", name="Label now").wait_for()
    assert Opinion.objects.get().derivation
