"""A maintainer in a real browser: import, audit, release; and what the dashboard says after it."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from audits.models import AuditRun
from audits.services.work_on_run import work_on_run
from registry.models import Benchmark, PlannedImport
from registry.services.run_import import run_import
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Open, assert_accessible, assert_fits
from tests.small import People, qa_row, write_csv
from versions.models import Release
from versions.services.publish_release import publish_release

# Pages of work under way load again by themselves, but not behind another window.
_LOOKED_AWAY = 'Object.defineProperty(document, "hidden", {get: () => true})'


@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
def test_import_audit_release(
    benchmark: Benchmark, crew: People, open_page: Open, tmp_path: Path, width: int
) -> None:
    """Through the pages alone; the work of workers is done in between."""
    rows = [qa_row(1, answer="12", lower="11", upper="13"), *(qa_row(n) for n in range(2, 9))]
    file = write_csv(tmp_path / "next.csv", rows)
    page = open_page(crew.maintainer, "/b/small-qa/", width=width)
    page.add_init_script(_LOOKED_AWAY)
    page.get_by_role("link", name="Maintain", exact=True).click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible()
    page.get_by_role("navigation", name="Maintain").get_by_role("link", name="Import").click()
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Version upstream").fill("v2/test")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("A dry run: nothing is written yet.")).to_be_visible()
    expect(page.get_by_role("heading", name="Answers that change")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Import it").click()
    expect(page.get_by_role("heading", name="Importing")).to_be_visible()
    assert_accessible(page)
    run_import(PlannedImport.objects.get().pk)
    page.reload()
    expect(page.get_by_text("Imported just now")).to_be_visible()

    page.goto("/b/small-qa/audits/")
    page.get_by_role("button", name="Estimate").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name="Audit of")).to_be_visible()
    work_on_run(run_id=AuditRun.objects.get().pk)
    page.reload()
    expect(page.get_by_text("finished").first).to_be_visible()
    assert_fits(page)

    page.get_by_role("link", name="Maintain", exact=True).click()
    page.get_by_role("link", name="Look and cut").click()
    page.get_by_role("button", name="Cut the release").click()
    expect(page.get_by_text("1.0.0 is frozen and on its way out.")).to_be_visible()
    publish_release(Release.objects.get().pk)
    page.goto("/b/small-qa/dashboard/")
    quality = page.get_by_role("region", name="Quality over releases")
    expect(quality.get_by_role("link", name="1.0.0")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_policy(benchmark: Benchmark, crew: People, open_page: Open, width: int) -> None:
    """Previewed and put in force; its version stands with the reason."""
    page = open_page(crew.maintainer, "/b/small-qa/policy/", width=width)
    page.get_by_label("Policy (TOML)").fill('version = "ours"\npossible_from = 0.3\n')
    page.get_by_label("Why?").fill("Calmer")
    page.get_by_role("button", name="Put in force").click()
    expect(page.get_by_text("Version 1 is in force")).to_be_visible()
    expect(
        page.get_by_role("region", name="Versions", exact=True).get_by_text("Calmer")
    ).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
