"""An expert in Chromium: from the queue over the blind answer to the decision."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from audits.models import Case, Decision, Draft, Opinion
from audits.services.take_in_reports import take_in_reports
from registry.models import Benchmark
from tests.browser.conftest import DESKTOP, PHONE, Open, assert_accessible, assert_fits
from tests.pages.conftest import file
from tests.small import SLUG, People

LEAST = 44  # pixels of whatever is tapped


@pytest.fixture
def tablet(benchmark: Benchmark, crew: People, open_page: Open) -> Page:
    """The queue on the expert's tablet, touched and not clicked: q1 should be 12, q2 25."""
    file(benchmark, crew.user, "q1", "12")
    file(benchmark, crew.user, "q2", "25")
    take_in_reports(benchmark.pk)
    return open_page(crew.expert, f"/b/{SLUG}/cases/", width=768, has_touch=True)


def test_from_the_queue_to_the_decision(tablet: Page, crew: People) -> None:
    """Answered beside the note, saved as it is typed, finished with one tap; the next one opens."""
    tablet.get_by_role("button", name="Take the next case").tap()
    tablet.get_by_role("heading", name="Your first answer").wait_for()
    first = Case.objects.get(claimed_by=crew.expert.public_id)
    key = first.instance.key
    assert tablet.get_by_role("heading", level=1).inner_text() == key
    for told in ("by the book", "Label now", "12" if key == "q1" else "25"):
        assert told not in tablet.locator("main").inner_text()
    answer = tablet.get_by_role("textbox", name="Your answer")
    _is_in_reach(tablet, answer)
    assert answer.get_attribute("inputmode") == "decimal"
    _is_fine(tablet)

    answer.fill("12" if key == "q1" else "25")
    tablet.get_by_label("Why?").fill("Counted again.")
    tablet.get_by_text("Saved.").wait_for()
    assert Draft.objects.get().fields["rationale"] == "Counted again."
    tablet.reload()
    assert tablet.get_by_label("Why?").input_value() == "Counted again."

    tablet.get_by_role("button", name="Answer and see the label").tap()
    tablet.get_by_role("heading", name="Label now").wait_for()
    assert Opinion.objects.get().blind
    assert "by the book." in tablet.locator("main").inner_text()
    _is_fine(tablet)
    tablet.set_viewport_size({"width": 1024, "height": 768})
    decide = tablet.get_by_role("button", name="Decide and next")
    _is_in_reach(tablet, decide)
    decide.tap()
    tablet.get_by_text("Decided. Thank you.").wait_for()
    decision = Decision.objects.get()
    assert (decision.case, decision.outcome) == (first, "correct")
    assert decision.after.answer == ("12" if key == "q1" else "25")
    other = Case.objects.exclude(pk=first.pk).get()
    assert tablet.get_by_role("heading", level=1).inner_text() == other.instance.key
    assert other.claimed_by == crew.expert.public_id


def test_what_is_typed_without_a_network_is_saved_when_it_is_back(
    tablet: Page, crew: People
) -> None:
    """The page says so, and keeps trying."""
    case = Case.objects.order_by("pk").first()
    tablet = tablet.context.new_page()  # whose complaints of the lost network are as they should be
    tablet.goto(f"/cases/{case.public_id}/")
    tablet.context.set_offline(True)
    tablet.get_by_role("textbox", name="Your answer").fill("11")
    tablet.get_by_text("No connection").wait_for()
    assert not Draft.objects.exists()
    tablet.context.set_offline(False)
    tablet.get_by_text("Saved.").wait_for()
    assert Draft.objects.get().fields["answer"] == "11"
    case.refresh_from_db()
    assert case.claimed_by == crew.expert.public_id, "typing claims a free case"


def test_on_a_phone(benchmark: Benchmark, crew: People, open_page: Open) -> None:
    """The whole way fits."""
    page = _waiting(benchmark, crew, open_page, width=PHONE, has_touch=True)
    page.get_by_role("button", name="Take the next case").tap()
    page.get_by_role("textbox", name="Your answer").fill("12")
    page.get_by_label("Why?").fill("Counted again.")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Answer and see the label").tap()
    page.get_by_role("heading", name="Label now").wait_for()
    assert_accessible(page)
    assert_fits(page)
    page.get_by_role("button", name="Save the decision").tap()
    page.get_by_text("Decided. Thank you.").wait_for()
    assert Decision.objects.get().after.answer == "12"


def test_with_keys_at_a_desk(benchmark: Benchmark, crew: People, open_page: Open) -> None:
    """Outcome, reason, answer and both steps without a mouse in the form."""
    page = _waiting(benchmark, crew, open_page, width=DESKTOP)
    page.get_by_role("button", name="Take the next case").click()
    page.locator("html[loaded]").wait_for()
    keys, heading = page.keyboard, page.get_by_role("heading", level=1)
    keys.press("2")
    expect(page.get_by_role("radio", name="Not computable")).to_be_checked()
    keys.press("1")
    keys.press("w")
    keys.type("Counted 1 again.")
    heading.click()
    keys.press("a")
    keys.type("12")
    keys.press("Control+Enter")
    page.get_by_role("heading", name="Label now").wait_for()
    page.locator("html[loaded]").wait_for()
    assert_accessible(page)
    assert_fits(page)
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    keys.press("Escape")
    keys.press("Control+Enter")
    page.get_by_text("Decided. Thank you.").wait_for()
    assert Decision.objects.get().after.answer == "12"


def test_it_works_without_scripts(benchmark: Benchmark, crew: People, open_page: Open) -> None:
    """Kept for later by a button, answered blind, revised, previewed, decided."""
    page = _waiting(benchmark, crew, open_page, java_script_enabled=False)
    page.get_by_role("button", name="Take the next case").click()
    page.get_by_label("Why?").fill("Counted again.")
    page.get_by_role("button", name="Save for later").click()
    expect(page.get_by_text("What you typed is kept.")).to_be_visible()
    expect(page.get_by_label("Why?")).to_have_value("Counted again.")
    page.get_by_role("textbox", name="Your answer").fill("12")
    page.get_by_role("button", name="Answer and see the label").click()
    expect(page.get_by_role("heading", name="Label now")).to_be_visible()
    page.get_by_label("Right answer").fill("13")
    page.get_by_role("button", name="Save the decision").click()
    assert not Decision.objects.exists(), "nothing is saved unseen"
    page.get_by_role("button", name="Save the decision").click()
    expect(page.get_by_text("Decided. Thank you.")).to_be_visible()
    assert Decision.objects.get().after.answer == "13"


def _waiting(benchmark: Benchmark, crew: People, open_page: Open, **options: Any) -> Page:
    """The queue of the expert, with one case: q1 should be 12."""
    file(benchmark, crew.user, "q1", "12")
    take_in_reports(benchmark.pk)
    return open_page(crew.expert, f"/b/{SLUG}/cases/", **options)


def _is_in_reach(page: Page, field: Locator) -> None:
    """Beside the note and on the screen, without scrolling."""
    box, note = field.bounding_box(), page.get_by_role("heading", name="What a solver sees")
    assert box["y"] + box["height"] <= page.viewport_size["height"]
    assert box["x"] > note.bounding_box()["x"] + note.bounding_box()["width"]


def _is_fine(page: Page) -> None:
    """For fingers, for screen readers, and on a tablet that is turned."""
    for width, height in ((1024, 768), (768, 1024)):
        page.set_viewport_size({"width": width, "height": height})
        _can_be_touched(page)
        assert_fits(page)
    assert_accessible(page)


def _can_be_touched(page: Page) -> None:
    """All that is tapped in the pane is as large as a finger."""
    taps = page.locator(".pane :is(button, select, textarea, input[type=text], label.option)")
    for place in range(taps.count()):
        one = taps.nth(place)
        if one.is_visible() and one.get_attribute("tabindex") != "-1":
            assert one.bounding_box()["height"] >= LEAST, one.inner_text()
