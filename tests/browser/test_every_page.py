"""Every page on a phone: nothing that axe finds in light or dark, nothing wider than the screen."""

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from audits.models import AuditRun, Case
from registry.models import Benchmark
from registry.services.invite_member import invite_member
from submissions.models import Report
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Open, assert_accessible, assert_fits
from tests.pages.test_access import READ, fill_in
from tests.small import People


def test_every_page(
    report: Report, case: Case, run: AuditRun, benchmark: Benchmark, crew: People, open_page: Open
) -> None:
    """Visited by the staff, or by the expert what only experts may see, one after the other."""
    names = fill_in(report, case, run, benchmark, crew)
    by_staff = open_page(crew.staff, "/", width=PHONE)
    by_expert = open_page(crew.expert, "/", width=PHONE)
    faults = []
    for address, allowed in READ.values():
        if address.partition("?")[0].endswith((".atom", ".json", ".csv", ".svg")):
            continue  # for programs
        page = by_staff if "staff" in allowed else by_expert
        page.goto(address.format(**names))
        for check in (assert_accessible, assert_fits, _assert_cards):
            try:
                check(page)
            except AssertionError as fault:
                faults.append(str(fault))
    assert faults == [], "\n".join(faults)


def _assert_cards(page: Page) -> None:
    """Rows that are cards on a phone need no frame to scroll in."""
    wide = page.evaluate(
        """() => [...document.querySelectorAll(".scroll:has(> .deck)")]
            .filter((each) => each.scrollWidth > each.clientWidth)
            .map((each) => each.ariaLabel)"""
    )
    assert wide == [], f"{page.url}: {wide}"


def test_the_api_can_be_tried_out(benchmark: Benchmark, open_page: Open) -> None:
    """The library's page runs under the hub's content policy."""
    page = open_page(None, "/api/v1/docs/")
    expect(page.get_by_role("heading", name="Errata").first).to_be_visible()
    expect(page.get_by_text("/api/v1/benchmarks/", exact=True).first).to_be_visible()


@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
def test_the_doors(benchmark: Benchmark, crew: People, open_page: Open, width: int) -> None:
    """A stranger comes by invitation, makes an account, and is told where the link is."""
    _, link = invite_member(actor=crew.maintainer, benchmark=benchmark, role="expert")
    path = link.removeprefix(settings.ERRATA_HUB)
    page = open_page(None, "/accounts/signup/", width=width)
    expect(page.get_by_role("heading", name="Accounts are by invitation")).to_be_visible()
    assert_accessible(page)
    page.goto(path)
    expect(page.get_by_text("Tens and more")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Make an account").click()
    page.get_by_label("User name").fill("ada")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password").fill("a very long and odd passphrase")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_text("This hub sends no mail")).to_be_visible()
    assert_accessible(page)
    page.goto("/accounts/login/")
    assert_accessible(page)
    assert_fits(page)
