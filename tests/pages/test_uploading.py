"""Reporting a file through the site: template, preview row by row, submitting, progress, result."""

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.take_in_reports import take_in_reports
from audits.services.work_on_upload import work_on_upload
from registry.models import Benchmark
from registry.paging import SIZE
from submissions.models import Report, Upload
from tests.pages.conftest import file, text_of, uploaded
from tests.small import People

Browse = Callable[..., Any]
ADDRESS = "/b/small-qa/reports/upload/"


def send(client: Any, text: str, name: str = "mine.csv", **fields: str) -> Any:
    data = {"file": SimpleUploadedFile(name, text.encode()), "reason": "Counted again."}
    return client.post(ADDRESS, data | fields, follow=True)


def test_the_template_is_a_file_that_can_be_sent(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """With the benchmark's own columns; the page says what goes into them."""
    template = browse().get("/b/small-qa/reports/template.csv").content.decode()
    assert template == "id,answer,error_category,rationale,evidence\r\n"
    client = browse(crew.user)
    page = text_of(client.get(ADDRESS))
    assert "id As in the benchmark: names the instance." in page
    assert "wrong_answer The reference answer is wrong." in page
    assert "tens A number" in page
    send(client, template + "q1,12,wrong_answer,Mine.,p. 3\r\n")
    work_on_upload(Upload.objects.get().pk)
    assert Upload.objects.get().counts == {"new": 1}


def test_from_the_file_to_the_reports(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """Each step on one page; the rows say where what is there already can be read."""
    declined = file(benchmark, crew.contributor, "q4", "45")
    take_in_reports(benchmark.pk)
    case = claim_case(actor=crew.expert, case=Case.objects.get())
    decide_case(actor=crew.expert, case=case, outcome="confirm", rationale="It is 40.")
    own = file(benchmark, crew.user, "q3", "33")
    client = browse(crew.user)
    sent = send(client, "id,answer\nq1,12\nQ2,25\nq3,33\nq4,45\nq4,46\nq5,50.5\nq6,many\n")
    assert "It waits for a worker" in text_of(sent)
    assert b'hx-trigger="every 1s"' in sent.content
    upload = Upload.objects.get()
    address = f"/uploads/{upload.public_id}/"
    work_on_upload(upload.pk)
    page = client.get(address)
    told, html = text_of(page), page.content.decode()
    assert "A preview: nothing is filed yet" in told
    assert "q1 2 new 10 12" in told
    assert "Did you mean q2 ?" in told
    assert f'<a href="/reports/{own.public_id}/">Your report</a>' in html
    assert f'<a href="/reports/{declined.public_id}/">The report</a>' in html
    assert "It is 40." in told
    decision = case.decisions.get()
    assert f'href="/b/small-qa/i/q4/#decision-{decision.public_id}"' in html
    assert "Answers from 49 to 51 count as right" in told
    assert "is not a number" in told
    assert b'hx-trigger="every' not in page.content

    only = text_of(client.get(address, {"state": "unknown"}))
    assert "Did you mean q2" in only
    assert "Your report" not in only
    assert "No such rows" in text_of(client.get(address, {"state": "joins"}))

    assert "Filing" in text_of(client.post(address, follow=True))
    assert client.post(address).status_code == 302
    work_on_upload(upload.pk)
    done = client.get(address)
    filed = Report.objects.get(instance__key="q1")
    assert "1 report filed just now" in text_of(done)
    assert f'<a href="/reports/{filed.public_id}/">The report</a>' in done.content.decode()
    assert "mine.csv" in text_of(client.get(ADDRESS))


def test_a_bad_file_is_told_in_the_form(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """What shows at once there, what shows later on its page."""
    client = browse(crew.user)
    for text, name, said in (
        ("id,answer\n", "mine.xlsx", "neither CSV nor JSONL"),
        ("id,nothing\nq1,1\n", "mine.csv", "has no column answer"),
        ("id,answer\nq1,1\n", "文" * 90 + ".csv", "Shorten the name of the file"),
    ):
        refused = send(client, text, name)
        assert refused.status_code == 400
        assert said in text_of(refused)
    assert not Upload.objects.exists()
    sent = send(client, "id,answer\n")
    work_on_upload(Upload.objects.get().pk)
    page = text_of(client.get(sent.redirect_chain[-1][0]))
    assert "Nothing was filed" in page
    assert "has no rows" in page
    nothing = uploaded(crew.user, benchmark, "q1,10,\n")
    address = f"/uploads/{nothing.public_id}/"
    assert "There is nothing to file" in text_of(client.get(address))
    assert client.post(address).status_code == 409


def test_its_pages_cost_the_same(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """Two rows or a full page and more, most of them unknown: as many queries."""
    counts = []
    client = browse(crew.user)
    for rows in (1, SIZE + 10):
        text = "q1,12,\n" + "".join(f"q{n},7,\n" for n in range(100, 100 + rows))
        upload = uploaded(crew.user, benchmark, text)
        client.get(f"/uploads/{upload.public_id}/")
        with CaptureQueriesContext(connection) as queries:
            page = client.get(f"/uploads/{upload.public_id}/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(page.context["shown"]) == SIZE
    client.get(ADDRESS)
    with CaptureQueriesContext(connection) as queries:
        client.get(ADDRESS)
    gathered = [each["sql"] for each in queries if "DISTINCT" in each["sql"]]
    assert gathered == [], "what is gathered from all labels is remembered"
    assert page.context["page"].after
