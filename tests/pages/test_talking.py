"""Watching, the mails that follow, comments and moderation."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits.models import Case, Opinion
from audits.services.claim_case import claim_case
from audits.services.close_as_spam import close_as_spam
from audits.services.decide_case import decide_case
from audits.services.take_in_reports import take_in_reports
from audits.states import Outcome
from pages.services.tell_watchers import tell_watchers
from registry.comments import comments_on
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.models import Benchmark, Comment, Event, Mail, Watch
from registry.services.comment import add_comment, hide_comment
from registry.services.watch import watch
from submissions.models import Report
from tests.pages.conftest import cut, file, text_of
from tests.small import SLUG, People, hide

Browse = Callable[..., Any]


def say(benchmark: Benchmark, author: Any, text: str, **about: str) -> Comment:
    fields = {"kind": "instance", "subject": "q1"} | about
    return add_comment(actor=author, benchmark=benchmark, text=text, **fields)


def mails(user: Any) -> list[str]:
    return list(Mail.objects.filter(user=user).order_by("pk").values_list("subject", flat=True))


def test_each_step_is_mailed_once_to_author_and_watchers(
    benchmark: Benchmark, crew: People
) -> None:
    """From filed to released; telling twice writes nothing twice, the doer hears nothing."""
    cut(benchmark)
    tell_watchers()
    for person, kind, subject in (
        (crew.contributor, "instance", f"{SLUG}/q1"),
        (crew.maintainer, "benchmark", SLUG),
        (crew.expert, "benchmark", SLUG),
        (crew.staff, "instance", f"{SLUG}/q2"),
    ):
        watch(actor=person, benchmark=benchmark, kind=kind, subject=subject)
    report = file(benchmark, crew.user, "q1", "12")
    take_in_reports(benchmark.pk)
    case = claim_case(actor=crew.expert, case=Case.objects.get())
    decide_case(
        actor=crew.expert, case=case, outcome="correct", answer="12", category="wrong_answer",
        rationale="Counted again.",
    )  # fmt: skip
    cut(benchmark)
    assert tell_watchers() > 0
    steps = [f"Report on q1: {step}" for step in ("filed", "taken in", "taken on", "accepted")]
    assert mails(crew.user) == [*steps, "Report on q1: released"]
    assert mails(crew.contributor) == [*steps, "q1 was decided", "Report on q1: released"]
    assert mails(crew.maintainer) == [
        *steps, "Tens and more has a new version 1.1.0", "Report on q1: released"
    ]  # fmt: skip
    assert mails(crew.expert) == [*steps[:2], *mails(crew.maintainer)[-2:]]
    assert mails(crew.staff) == []
    accepted = Mail.objects.get(user=crew.user, subject="Report on q1: accepted")
    assert "The label was changed from 10 to 12: Counted again." in accepted.body
    assert f"/reports/{report.public_id}/" in accepted.body
    assert tell_watchers() == 0


def test_who_may_no_longer_read_hears_nothing(benchmark: Benchmark, crew: People) -> None:
    watch(actor=crew.staff, benchmark=benchmark, kind="benchmark", subject=SLUG)
    Watch.objects.create(user=crew.user, kind="benchmark", subject=SLUG)
    hide(benchmark)
    file(benchmark, crew.contributor, "q1", "12")
    tell_watchers()
    assert mails(crew.user) == []
    assert mails(crew.staff) == ["Report on q1: filed"]


def test_many_reports_that_move_at_once_are_one_mail(benchmark: Benchmark, crew: People) -> None:
    for number in range(1, 7):
        file(benchmark, crew.user, f"q{number}", "7")
    take_in_reports(benchmark.pk)
    tell_watchers()
    assert mails(crew.user)[6:] == ["6 of your reports: taken in"]


def test_watching_on_the_page(report: Report, crew: People, browse: Browse) -> None:
    """The button says what it does and undoes it."""
    client, page = browse(crew.contributor), f"/reports/{report.public_id}/"
    data = {"kind": "report", "subject": report.public_id}
    assert "Stop watching" not in text_of(client.get(page))
    response = client.post(f"/b/{SLUG}/watch/", data, follow=True)
    assert "Stop watching" in text_of(response)
    client.post(f"/b/{SLUG}/watch/", data | {"action": "unwatch"})
    assert not Watch.objects.exists()
    assert client.post(f"/b/{SLUG}/watch/", {"kind": "user", "subject": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("text", "shown", "gone"),
    [
        ("**bold**", "<strong>bold</strong>", "**"),
        ("<script>alert(1)</script>", "&lt;script&gt;", "<script>alert"),
        ("![x](http://evil.example/x.png)", "", "<img"),
        ("[x](http://other.example/)", 'rel="nofollow', "javascript"),
        ("[x](javascript:alert(1))", "", 'href="javascript'),
    ],
)
def test_comments_are_markdown_and_harmless(
    text: str, shown: str, gone: str, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    say(benchmark, crew.user, text)
    html = browse().get(f"/b/{SLUG}/i/q1/").content.decode()
    body = html[html.index('class="markdown"') :].split("</article>")[0]
    assert shown in body
    assert gone not in body


def test_what_is_no_comment(benchmark: Benchmark, crew: People) -> None:
    for text in ("", "  ", "x" * 10_001, "a\0b"):
        with pytest.raises(InvalidInput):
            say(benchmark, crew.user, text)
    with pytest.raises(NotAllowed):
        say(benchmark, None, "So.")
    first, second = say(benchmark, crew.user, "So."), say(benchmark, crew.user, "So.")
    assert first == second
    assert Comment.objects.count() == 1


def test_a_hidden_comment_is_gone_and_says_why(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    said = say(benchmark, crew.user, "Buy my watch.")
    for person in (crew.user, crew.expert):
        with pytest.raises(NotAllowed):
            hide_comment(actor=person, comment=said, reason="No.")
    with pytest.raises(InvalidInput):
        hide_comment(actor=crew.maintainer, comment=said, reason=" ")
    page = f"/b/{SLUG}/i/q1/"
    assert "Buy my watch." in text_of(browse().get(page))
    browse(crew.maintainer).post(f"/comments/{said.public_id}/hide/", {"reason": "An advert."})
    for person in (None, crew.user, crew.expert):
        told = text_of(browse(person).get(page))
        assert "Buy my watch." not in told
        assert "A maintainer hid this comment: An advert." in told
    assert "Buy my watch." in text_of(browse(crew.maintainer).get(page))
    assert Event.objects.get(kind="comment.hidden").actor == crew.maintainer.public_id


def test_comments_on_a_case_wait_for_the_experts_first_answer(
    case: Case, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    say(benchmark, crew.user, "It is surely 12.", kind="case", subject=case.public_id)
    page = f"/cases/{case.public_id}/"
    blind = text_of(browse(crew.expert).get(page))
    assert "It is surely 12." not in blind
    assert "Shown to experts once they have answered" in blind
    assert "It is surely 12." not in text_of(browse(crew.user).get(page))
    assert "It is surely 12." in text_of(browse(crew.maintainer).get(page))
    Opinion.objects.create(
        case=case, revision=case.instance.head.revision, expert=crew.expert.public_id, blind=True,
        outcome=Outcome.CONFIRM, at=case.opened_at,
    )  # fmt: skip
    assert "It is surely 12." in text_of(browse(crew.expert).get(page))


def test_spam_ends_without_a_decision(
    case: Case, report: Report, crew: People, browse: Browse
) -> None:
    """Its case closes, its text is for maintainers alone, and it cannot come back."""
    for person in (crew.user, crew.expert, crew.contributor):
        with pytest.raises(NotAllowed):
            close_as_spam(actor=person, report=report, reason="An advert.")
    close_as_spam(actor=crew.maintainer, report=report, reason="An advert.")
    report.refresh_from_db()
    case.refresh_from_db()
    assert (report.status, report.outcome, case.status) == (
        "spam", "Closed as spam: An advert.", "closed",
    )  # fmt: skip
    pages = [f"/b/{SLUG}/reports/", f"/b/{SLUG}/i/q1/", f"/cases/{case.public_id}/"]
    pages += [f"{api}/reports/{report.public_id}/" for api in ("", "/api/v1")]
    for address in pages:
        assert "by the book" not in browse(crew.user).get(address).content.decode()
    assert "by the book" in text_of(browse(crew.maintainer).get(f"/reports/{report.public_id}/"))
    with pytest.raises(WrongState):
        close_as_spam(actor=crew.maintainer, report=report, reason="Again.")


def test_comments_take_no_query_each(benchmark: Benchmark, crew: People) -> None:
    counts = []
    for subject, number in (("q1", 1), ("q2", 30)):
        for each in range(number):
            say(benchmark, crew.user, f"{each}", subject=subject)
        with CaptureQueriesContext(connection) as queries:
            assert len(comments_on(benchmark, "instance", subject, crew.user)) == number
        counts.append(len(queries))
    assert counts[0] == counts[1]
