"""Bulk upload in a real browser at three widths: template, file, preview, progress, reports."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.services.give_opinion import give_opinion
from audits.services.take_in_reports import take_in_reports
from audits.services.work_on_upload import work_on_upload
from registry.models import Benchmark
from submissions.models import Report, Upload
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Open, assert_accessible, assert_fits
from tests.pages.conftest import file
from tests.small import SLUG, People


@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
def test_bulk_upload(
    width: int, benchmark: Benchmark, crew: People, open_page: Open, tmp_path: Path
) -> None:
    """The page follows the worker by itself; what others say of a label stands side by side."""
    file(benchmark, crew.contributor, "q2", "26")
    page = open_page(crew.user, f"/b/{SLUG}/reports/", width=width)
    page.get_by_role("link", name="Report a file").click()
    with page.expect_download() as template:
        page.get_by_role("link", name="Template (CSV)").click()
    _looks_right(page)
    header = Path(template.value.path()).read_text()
    rows = "q1,12,,,\nq2,25,,,p. 3\nq3,30,,,\nQ4,7,,,\nq5,many,,,\n"
    mine = tmp_path / "mine.csv"
    mine.write_text(header + rows)
    page.get_by_label("File", exact=True).set_input_files(mine)
    page.get_by_label("Why are the labels wrong?").fill("Counted again.")
    page.get_by_role("button", name="Show what it comes to").click()
    expect(page.get_by_role("heading", name="Checking")).to_be_visible()
    _looks_right(page)

    upload = Upload.objects.get()
    work_on_upload(upload.pk)
    expect(page.get_by_text("A preview: nothing is filed yet.")).to_be_visible()
    expect(page.get_by_role("link", name="q4", exact=True)).to_be_visible()
    _looks_right(page)
    page.get_by_role("link", name="1 others reported it too").click()
    expect(page.get_by_text("They propose 26.")).to_be_visible()
    expect(page.get_by_role("link", name="q1", exact=True)).to_have_count(0)

    page.get_by_role("button", name="File 2 reports").click()
    expect(page.get_by_role("progressbar", name="Filing")).to_be_visible()
    _looks_right(page)
    work_on_upload(upload.pk)
    expect(page.get_by_text("2 reports filed just now.")).to_be_visible()
    _looks_right(page)
    page.get_by_role("row", name="q2").get_by_role("link", name="The report").click()
    expect(page.get_by_text("p. 3")).to_be_visible()
    assert Report.objects.count() == 3

    take_in_reports(benchmark.pk)
    case = claim_case(actor=crew.expert, case=Case.objects.get(instance__key="q2"))
    give_opinion(actor=crew.expert, case=case, outcome="answer", answer="25", rationale="Counted.")
    page = open_page(crew.expert, f"/cases/{case.public_id}/", width=width)
    reports = page.get_by_role("region", name="Reports", exact=True)
    expect(reports.get_by_role("heading", level=3)).to_have_text(["25 1 report", "26 1 report"])
    expect(reports.get_by_text("Evidence: p. 3")).to_be_visible()
    _looks_right(page)


def test_it_works_without_scripts(
    benchmark: Benchmark, crew: People, open_page: Open, tmp_path: Path
) -> None:
    """The page of work under way has a link to look again."""
    mine = tmp_path / "mine.jsonl"
    mine.write_text('{"id": "q1", "answer": 12, "rationale": "Mine."}\n')
    page = open_page(crew.user, f"/b/{SLUG}/reports/upload/", java_script_enabled=False)
    page.get_by_label("File", exact=True).set_input_files(mine)
    page.get_by_role("button", name="Show what it comes to").click()
    work_on_upload(Upload.objects.get().pk)
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name="File 1 report").click()
    work_on_upload(Upload.objects.get().pk)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("1 report filed just now.")).to_be_visible()


def _looks_right(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)
