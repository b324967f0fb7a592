"""Every page on a phone: nothing that axe finds in light or dark, nothing wider than the screen."""

from audits.models import AuditRun, Case
from registry.models import Benchmark
from submissions.models import Report
from tests.browser.conftest import PHONE, Open, assert_accessible, assert_fits
from tests.pages.conftest import cut
from tests.pages.test_access import READ
from tests.small import SLUG, People


def test_every_page(
    report: Report, case: Case, run: AuditRun, benchmark: Benchmark, crew: People, open_page: Open
) -> None:
    """Visited by a maintainer, one after the other."""
    cut(benchmark, waiver="known")
    names = {
        "slug": SLUG,
        "report": report.public_id,
        "case": case.public_id,
        "run": run.public_id,
    }
    page = open_page(crew.maintainer, "/", width=PHONE)
    faults = []
    for address, _ in READ.values():
        page.goto(address.format(**names))
        for check in (assert_accessible, assert_fits):
            try:
                check(page)
            except AssertionError as fault:
                faults.append(str(fault))
    assert faults == [], "\n".join(faults)
