"""The public page of a ruling, and every place that leads to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits.members import members_of
from audits.models import Case, Ruling
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.decide_group import decide_group
from audits.services.open_group_case import open_group_case
from audits.services.preview_ruling import Settled
from audits.services.take_in_reports import take_in_reports
from audits.services.write_guide import write_guide
from pages.news import news_of
from registry.ids import new_id
from registry.models import Benchmark, Event
from registry.services.state_specialty import state_specialty, verify_specialty
from submissions.models import Report
from submissions.services.file_report import file_report
from tests.audits.recalculating import PATH, SENTENCE, audit, faulty_benchmark
from tests.pages.conftest import cut, file, text_of
from tests.small import SLUG, People, hide, import_file, qa_row, small_benchmark, write_csv

Browse = Callable[..., Any]
WRONG = [f"q{n}" for n in range(1, 7)]
SETTLED = [*WRONG[:5], "q7", "q13"]


@pytest.fixture
def benchmark(db: None, tmp_path: Path, settings: Any) -> Benchmark:
    """q1 to q6 of "coma" are one too high, q7, q8 and q13 right; q9 to q12 are "tens"."""
    settings.ERRATA_VERIFIERS = [PATH]
    made = faulty_benchmark(tmp_path)
    by_rule = qa_row(13, group="coma", lower="", upper="")
    import_file(write_csv(tmp_path / "more.csv", [by_rule]))
    return made


@pytest.fixture
def reported(benchmark: Benchmark, crew: People) -> Report:
    """A report on the whole group, by the user."""
    return file_report(
        actor=crew.user, benchmark=benchmark, group="coma",
        category="wrong_answer", rationale="The verbal score is counted twice.",
    )  # fmt: skip


@pytest.fixture
def ruling(benchmark: Benchmark, crew: People, reported: Report) -> Ruling:
    """Audited, reported, and ruled on under a guide: q1 to q5 corrected, q13 confirmed, q6 left."""
    cut(benchmark, waiver="first")
    write_guide(actor=crew.expert, benchmark=benchmark, group="coma", text="Once.", after=0)
    audit(benchmark)
    take_in_reports(benchmark.pk)
    return rule(crew, Case.objects.get(instance=None), SETTLED, q7="70", q13="130")


def rule(crew: People, case: Case, keys: list[str], **answers: str) -> Ruling:
    """Corrects those; with the answers that are proposed, or these."""
    case = claim_case(actor=crew.expert, case=case)
    settles = [
        Settled(member.key, member.revision.number, answers.get(member.key, ""))
        for member in members_of(case)
        if member.key in keys
    ]
    return decide_group(
        actor=crew.expert, case=case, outcome="correct", category="wrong_answer",
        rationale="It counts once.", settles=settles,
    )  # fmt: skip


def url(ruling: Ruling) -> str:
    return f"/b/{SLUG}/rulings/{ruling.public_id}/"


def test_what_it_tells(ruling: Ruling, crew: People, browse: Browse) -> None:
    """Reason, person, guide, fault, and each label with what recalculate had come to."""
    response = browse().get(url(ruling))
    page, text = response.content.decode(), text_of(response)
    assert "Ruling on coma" in text
    assert "Ruling by Expert Person · just now" in text
    assert "Wrong answer It counts once." in text
    assert "Another answer is right: 6 The label is right: 1" in text
    assert f"q1 11 → 10 another answer is right 10 {SENTENCE}" in text
    assert "q7 70 another answer is right same answer, other limits" in text
    assert "q13 130 the label is right" in text
    assert f'href="/b/{SLUG}/guide/?group=coma&amp;version=1"' in page
    assert f'href="/cases/{ruling.case.public_id}/"' in page
    assert "Somebody reported the whole group." in text
    assert "all of coma accepted, by User Person" in text
    assert text.partition("Taken out of it")[2].partition("Around it")[0].endswith("q6 ")
    assert "no release yet" in text


def test_what_came_of_it(
    ruling: Ruling, benchmark: Benchmark, crew: People, browse: Browse, reported: Report
) -> None:
    """The version that brought it, not that of confirmed labels; and labels revised since."""
    assert "1.0.0" not in text_of(browse().get(url(ruling))).partition("Came out in")[2]
    assert "In version" not in text_of(browse().get(f"/reports/{reported.public_id}/"))
    file(benchmark, crew.user, "q1", "12")
    take_in_reports(benchmark.pk)
    again = claim_case(actor=crew.expert, case=Case.objects.get(instance__key="q1", status="open"))
    decide_case(
        actor=crew.expert, case=again, outcome="correct", answer="12",
        category="wrong_answer", rationale="Anew.",
    )  # fmt: skip
    release = cut(benchmark, waiver="next")
    text = text_of(browse().get(url(ruling)))
    assert "q1 11 → 10 another answer is right revised since" in text
    assert f"Came out in {release.version} 5 labels" in text
    assert f"In version {release.version}" in text_of(
        browse().get(f"/reports/{reported.public_id}/")
    )


def test_every_mention_leads_there(
    ruling: Ruling, benchmark: Benchmark, crew: People, browse: Browse, reported: Report
) -> None:
    """Case, instance, report, events, credit, mail, draft, release, diff, errata."""
    release = cut(benchmark, waiver="next")
    erratum = f"ERR-{SLUG}-{release.sequence}-0"
    link = f'href="{url(ruling)}"'
    for page in (
        f"/cases/{ruling.case.public_id}/",
        f"/b/{SLUG}/i/q1/",
        f"/reports/{reported.public_id}/",
        f"/b/{SLUG}/",
        f"/people/{crew.expert.public_id}/",
        f"/b/{SLUG}/r/{release.version}/",
        f"/b/{SLUG}/diff/1.0.0..{release.version}/",
        f"/b/{SLUG}/errata/{erratum}/",
    ):
        assert link in browse().get(page).content.decode(), page
    diff = f"/api/v1/benchmarks/{SLUG}/releases/{release.version}/diff/"
    links = browse().get(diff).json()["results"][0]["links"]
    assert [link["type"] for link in links] == ["instance", "report", "ruling", "decision"]
    assert links[2]["url"].endswith(url(ruling))
    assert {browse().get(link["url"]).status_code for link in links} == {200}
    references = browse().get(f"/b/{SLUG}/errata/{erratum}.json").json()["references"]
    assert {"type": "EVIDENCE", "url": f"http://testserver{url(ruling)}"} in references
    news = list(news_of(Event.objects.get(kind="ruling.made")))
    assert {each.subjects[0] for each in news} == {("instance", f"{SLUG}/{key}") for key in SETTLED}
    assert all(url(ruling) in each.body for each in news)
    form = browse(crew.user).get(f"/b/{SLUG}/report/?instance=q1").content.decode()
    assert link in form


def test_the_expert_and_who_verified_it(
    ruling: Ruling, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """On the ruling, its case, a decision's case and the form that tells what was decided."""
    stated = state_specialty(actor=crew.expert, name="neurology")
    verify_specialty(actor=crew.maintainer, specialty=stated.pk)
    state_specialty(actor=crew.expert, name="surgery")
    file(benchmark, crew.user, "q9", "12")
    take_in_reports(benchmark.pk)
    single = claim_case(actor=crew.expert, case=Case.objects.get(instance__key="q9"))
    decide_case(actor=crew.expert, case=single, outcome="confirm", rationale="It is.")
    told = "Expert Person , neurology (verified by Maintainer Person), surgery (not verified)"
    plain = told.replace(" ,", ",")
    assert told in text_of(browse().get(url(ruling)))
    for case in (ruling.case, single):
        assert plain in text_of(browse().get(f"/cases/{case.public_id}/"))
    assert plain in text_of(browse(crew.user).get(f"/b/{SLUG}/report/?instance=q9"))


def test_who_may_see_it(
    ruling: Ruling, benchmark: Benchmark, crew: People, browse: Browse, tmp_path: Path
) -> None:
    """Whoever sees the benchmark; nobody under another benchmark or id."""
    small_benchmark(tmp_path, 1, slug="other")
    assert browse().get(f"/b/other/rulings/{ruling.public_id}/").status_code == 404
    for name in (new_id(), "x", "0" * 25 + "\0"):
        assert browse().get(f"/b/{SLUG}/rulings/{name}/").status_code == 404
    hide(benchmark)
    for who, user in crew.all().items():
        expected = 404 if who in ("stranger", "user") else 200
        assert browse(user).get(url(ruling)).status_code == expected, who


def test_many_labels_take_as_many_queries_and_pages(
    ruling: Ruling, benchmark: Benchmark, crew: People, browse: Browse, monkeypatch: Any
) -> None:
    """One label, then six; and two at a time."""
    case = open_group_case(benchmark=benchmark, group="tens", reasons=["So."])
    few = rule(crew, case, ["q9"], q9="9")
    counts = []
    for one in (few, ruling):
        browse().get(url(one))
        with CaptureQueriesContext(connection) as queries:
            browse().get(url(one))
        counts.append(len(queries))
    assert counts[0] >= counts[1] - 2  # the guide and the fault of the other group
    monkeypatch.setattr("pages.rulings.ROWS", 4)
    first = browse().get(url(ruling)).context["page"]
    second = browse().get(url(ruling), {"after": first.after}).context["page"]
    keys = [row.instance.key for page in (first, second) for row in page.rows]
    assert keys == SETTLED
