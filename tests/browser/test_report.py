"""A report from the form to its outcome, in a real browser at three widths."""

import pytest
from playwright.sync_api import Page, expect

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.take_in_reports import take_in_reports
from registry.models import Benchmark
from submissions.models import Report
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Open, assert_accessible, assert_fits
from tests.small import SLUG, People

FORM = f"/b/{SLUG}/report/?instance=q1"


@pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])
def test_a_report_to_its_outcome(
    width: int, benchmark: Benchmark, crew: People, open_page: Open
) -> None:
    """Answer checked while it is typed, a sentence tapped, filed, watched, decided, said."""
    page = open_page(crew.user, f"/b/{SLUG}/i/q1/", width=width, has_touch=width != DESKTOP)
    page.get_by_role("link", name="Report an error").click()
    answer = page.get_by_label("Right answer")
    assert answer.get_attribute("inputmode") == "decimal"
    answer.fill("10.5")
    expect(page.locator("#answer_check")).to_contain_text("counts this as right already")
    answer.fill("ten")
    expect(page.locator("#answer_check")).to_contain_text("is not a number")
    answer.fill("12")
    expect(page.locator("#answer_check")).to_contain_text("does not count this as right")
    sentence = page.get_by_text("What is ten times 1?", exact=True)
    (sentence.click if width == DESKTOP else sentence.tap)()
    expect(page.get_by_label("Where does it stand?")).to_have_value("What is ten times 1?")
    page.get_by_role("radio", name="Wrong answer").check()
    page.get_by_label("Why is the label wrong?").fill("Counted by hand.")
    page.get_by_label("A change of this label affects a model of mine").check()
    _looks_right(page)
    page.get_by_role("button", name="File the report").click()

    expect(page.get_by_text("Waiting for an expert")).to_be_visible()
    filed = Report.objects.get()
    assert filed.spans == [
        {"input": "question", "start": 0, "end": 20, "text": "What is ten times 1?"}
    ]
    page.get_by_role("button", name="Watch").click()
    expect(page.get_by_role("button", name="Stop watching")).to_be_visible()
    page.get_by_label("Add a comment").fill("See **page 3**.")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".comment strong")).to_have_text("page 3")
    _looks_right(page)

    take_in_reports(benchmark.pk)
    decide_case(
        actor=crew.expert,
        case=claim_case(actor=crew.expert, case=Case.objects.get()),
        outcome="correct",
        answer="12",
        category="wrong_answer",
        rationale="Counted again.",
    )
    page.reload()
    expect(page.get_by_text("Accepted by Expert Person")).to_be_visible()
    expect(page.get_by_text("The label was changed from 10 to 12: Counted again.")).to_be_visible()
    steps = page.locator(".steps .done b").all_inner_texts()
    assert steps == ["Filed", "Taken in", "Taken on by an expert", "Decided"]
    _looks_right(page)


def test_selected_text_becomes_evidence(
    benchmark: Benchmark, crew: People, open_page: Open
) -> None:
    """Any words, not only sentences; tapping what is attached takes it out again."""
    page = open_page(crew.user, FORM)
    quotes = page.get_by_label("Where does it stand?")
    page.evaluate(
        """() => {
            const text = document.querySelector("[data-input=question] .sentence").firstChild;
            getSelection().setBaseAndExtent(text, 8, text, 17);
        }"""
    )
    page.get_by_role("button", name="Attach the selected text").click()
    expect(quotes).to_have_value("ten times")
    page.get_by_text("What is ten times 1?", exact=True).click()
    expect(quotes).to_have_value("ten times\nWhat is ten times 1?")
    page.get_by_text("What is ten times 1?", exact=True).click()
    expect(quotes).to_have_value("ten times")


def test_it_works_without_scripts(benchmark: Benchmark, crew: People, open_page: Open) -> None:
    """The quotes field takes typed words."""
    page = open_page(crew.user, FORM, java_script_enabled=False)
    page.get_by_label("Right answer").fill("12")
    page.get_by_role("radio", name="Wrong answer").check()
    page.get_by_label("Why is the label wrong?").fill("By hand.")
    page.get_by_label("Where does it stand?").fill("ten times")
    page.get_by_role("button", name="File the report").click()
    expect(page.get_by_text("Waiting for an expert")).to_be_visible()
    assert Report.objects.get().spans[0]["start"] == 8


def _looks_right(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)
