"""Filing a report on the site and following it to its outcome."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from registry.models import Benchmark, Category, Instance
from registry.services.retire_instance import retire_instance
from submissions.models import Report
from tests.pages.conftest import file, text_of
from tests.small import SLUG, People, import_file, people, qa_row, write_csv
from versions.models import Release

Browse = Callable[..., Any]
FORM = f"/b/{SLUG}/report/?instance=q1"
GOOD = {"category": "wrong_answer", "answer": "12", "rationale": "By the book."}


def test_a_report_leads_to_its_page(
    benchmark: Benchmark, release: Release, crew: People, browse: Browse
) -> None:
    """What was typed is kept, and the page says what happens next."""
    client = browse(crew.user)
    form = client.get(FORM)
    assert "What is ten times 1?" in text_of(form)
    assert "Answers from 9 to 11 count as right" in text_of(form)
    data = GOOD | {"evidence": "Page 3.", "seen_in": "1.0.0"}
    response = client.post(FORM, data, follow=True)
    report = Report.objects.get()
    assert response.redirect_chain == [(f"/reports/{report.public_id}/", 302)]
    assert (report.answer, report.evidence, report.seen_in) == ("12", "Page 3.", "1.0.0")
    page = text_of(response)
    assert "Waiting for an expert" in page
    assert "By the book." in page
    assert "filed by User Person" in page


def test_a_report_by_alias_and_not_computable(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """A row number upstream finds the instance; a tick stands for N/A."""
    address = f"/b/{SLUG}/report/?instance=v1/test:q2"
    data = {"category": "wrong_answer", "not_computable": "on", "rationale": "No."}
    response = browse(crew.user).post(address, data, follow=True)
    report = Report.objects.get()
    assert (report.instance.key, report.answer) == ("q2", "N/A")
    assert "Not computable" in text_of(response)


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"answer": "ten or so"}, "answer", "is not a number"),
        ({"answer": "10.5"}, "answer", "The label already says that"),
        ({"answer": "12", "not_computable": "on"}, "answer", "Clear the answer"),
        ({"category": "nonsense"}, "category", "Select a valid choice"),
        ({"category": ""}, "category", "This field is required"),
        ({"rationale": "  "}, "rationale", "This field is required"),
        ({"rationale": "x" * 20_001}, "rationale", "at most 20000 characters"),
        ({"seen_in": "9.9.9"}, "seen_in", "Select a valid choice"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    changed: dict[str, str],
    field: str,
    message: str,
    benchmark: Benchmark,
    crew: People,
    browse: Browse,
) -> None:
    """Nothing is filed, nothing that was typed is lost."""
    response = browse(crew.user).post(FORM, GOOD | changed)
    assert response.status_code == 400
    assert any(message in error for error in response.context["form"].errors[field])
    html = response.content.decode()
    assert 'role="alert"' in html
    assert f'id="id_{field}_error"' in html or field == "category"
    assert (changed | GOOD)["rationale"][:100] in html or field == "rationale"
    assert not Report.objects.exists()


def test_an_unknown_instance_can_be_typed_again(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """The page asks which instance is meant."""
    client = browse(crew.user)
    assert "Which instance?" in text_of(client.get(f"/b/{SLUG}/report/"))
    response = client.get(f"/b/{SLUG}/report/?instance=q77")
    assert response.status_code == 404
    assert "has no instance 'q77'" in response.context["form"].errors["instance"][0]


def test_a_retired_instance_takes_no_report(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """The service refuses, the page says why."""
    instance = Instance.objects.get(key="q1")
    retire_instance(actor=crew.maintainer, instance=instance, reason="void")
    response = browse(crew.user).post(FORM, GOOD)
    assert response.status_code == 409
    assert "q1 is retired" in text_of(response)


def test_the_same_report_twice_is_one(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """A form sent twice leads to the same page."""
    client = browse(crew.user)
    first, second = client.post(FORM, GOOD), client.post(FORM, GOOD)
    assert first["Location"] == second["Location"]


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"outcome": "correct", "answer": "12", "category": "wrong_answer"}, "Accepted",
         "The label was changed from 10 to 12: Counted again."),
        ({"outcome": "confirm"}, "Declined", "The label 10 was confirmed: Counted again."),
    ],
)  # fmt: skip
def test_the_outcome_is_public_with_its_reason(
    given: dict[str, str], status: str, words: str, held: Case, crew: People, browse: Browse
) -> None:
    """Everybody can read who decided what and why."""
    decide_case(actor=crew.expert, case=held, rationale="Counted again.", **given)
    report = Report.objects.get()
    response = browse().get(f"/reports/{report.public_id}/")
    page = text_of(response)
    assert f"{status} by Expert Person" in page
    assert words in page
    assert f"/b/{SLUG}/i/q1/#decision-{report.decision}" in response.content.decode()


def test_reports_are_listed_by_status(
    held: Case, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """All, or those of one status; an unknown status shows all."""
    decide_case(actor=crew.expert, case=held, outcome="confirm", rationale="Fine.")
    file(benchmark, crew.contributor, "q2", "25")

    def keys(query: str) -> list[str]:
        rows = browse().get(f"/b/{SLUG}/reports/{query}").context["page"].rows
        return [report.instance.key for report in rows]

    assert keys("") == keys("?status=nonsense") == ["q2", "q1"]
    assert keys("?status=open") == ["q2"]
    assert keys("?status=declined") == ["q1"]
    assert "No report is accepted" in text_of(browse().get(f"/b/{SLUG}/reports/?status=accepted"))


def test_no_reports_yet(benchmark: Benchmark, browse: Browse) -> None:
    """The empty list invites to file one."""
    assert "No reports yet" in text_of(browse().get(f"/b/{SLUG}/reports/"))


def test_markup_in_texts_stays_text(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """What people write is never HTML."""
    bad = "<script>alert(1)</script>"
    browse(crew.user).post(FORM, GOOD | {"rationale": bad, "evidence": bad})
    report = Report.objects.get()
    for address in (f"/reports/{report.public_id}/", f"/b/{SLUG}/reports/", f"/b/{SLUG}/i/q1/"):
        assert "<script>alert" not in browse().get(address).content.decode()


def test_a_removed_person_is_not_named(report: Report, crew: People, browse: Browse) -> None:
    """Facts keep the public id; the page shows no name."""
    crew.user.delete()
    assert "filed by a removed person" in text_of(browse().get(f"/reports/{report.public_id}/"))


CHECK = f"/b/{SLUG}/report/check/?instance=q1&answer="


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("12", "Reads as 12 . The label does not count this as right"),
        ("10.5", "Reads as 10.5 . The label counts this as right already"),
        ("N%2FA", "Reads as Not computable"),
        ("ten", "is not a number"),
        ("", "Your answer"),
    ],
)
def test_an_answer_is_read_while_it_is_typed(
    answer: str, said: str, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Beside the label; nothing is filed."""
    assert said in text_of(browse(crew.user).get(CHECK + answer))
    assert not Report.objects.exists()


def test_experts_hear_verifiers_once_they_have_answered(
    case: Case, crew: People, browse: Browse
) -> None:
    """While the label's case waits they are to look for themselves; others hear them at once."""
    for address, asked in ((FORM, "form"), (CHECK + "12", "check")):
        assert browse(crew.user).get(address).context["said"] is not None, asked
        assert browse(crew.expert).get(address).context["said"] is None, asked
    assert "look for yourself first" in text_of(browse(crew.expert).get(FORM))
    held = claim_case(actor=crew.expert, case=case)
    decide_case(actor=crew.expert, case=held, outcome="confirm", rationale="By the book.")
    assert browse(crew.expert).get(CHECK + "12").context["said"] is not None


def test_a_date_is_picked(db: None, tmp_path: Path, browse: Browse) -> None:
    """The browser's own field for dates; what no calendar has is refused beside it."""
    row = qa_row(1, kind="date", answer="2020-01-05", lower="", upper="")
    import_file(write_csv(tmp_path / "dates.csv", [row]))
    client = browse(people().user)
    assert 'type="date" name="answer"' in _field(client.get(FORM))
    refused = client.post(FORM, GOOD | {"answer": "2020-02-30"})
    assert refused.status_code == 400
    assert refused.context["form"].errors["answer"]
    assert client.post(FORM, GOOD | {"answer": "2020-01-06"}).status_code == 302
    assert Report.objects.get().answer == "2020-01-06"


def test_a_choice_is_one_of_its_letters(db: None, tmp_path: Path, browse: Browse) -> None:
    """Each with its text, and one for not knowing; no other letter is taken."""
    row = {"id": "q1", "split": "test", "question": "Which?", "answer": "B"}
    row["choices"] = '["one", "two", "three"]'
    import_file(write_csv(tmp_path / "mc.csv", [row]), preset="multiple-choice")
    client = browse(people().user)
    page = client.get(FORM)
    assert _field(page).count('type="radio"') == 4
    assert "A. one B. two C. three" in text_of(page)
    form = GOOD | {"category": Category.objects.order_by("position").first().code}
    for wrong, message in (("D", "valid choice"), ("B", "already")):
        refused = client.post(FORM, form | {"answer": wrong})
        assert message in refused.context["form"].errors["answer"][0]
    assert client.post(FORM, form | {"answer": "A"}).status_code == 302
    assert Report.objects.get().answer == "A"


def _field(page: Any) -> str:
    """The form's field for the answer."""
    return str(page.context["form"]["answer"])
