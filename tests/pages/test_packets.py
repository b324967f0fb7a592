"""Case packets: taken away blind, brought back with a preview, decided as by hand."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audits.models import Case, Decision
from audits.packets import FILLED
from audits.services.claim_case import claim_case
from audits.services.leave_case import leave_case
from audits.services.take_in_reports import take_in_reports
from audits.services.write_guide import write_guide
from audits.sheets import read_table, written_csv
from registry.models import Benchmark, Head
from registry.services.create_user import create_user
from registry.services.set_member import set_member
from submissions.services.file_report import file_report
from tests.pages.conftest import file, text_of
from tests.small import SLUG, People

Browse = Callable[..., Any]
PAGE = f"/b/{SLUG}/packets/"


@pytest.fixture
def queue(benchmark: Benchmark, crew: People) -> Benchmark:
    """Three cases wait, and their group has a guide."""
    write_guide(actor=crew.expert, benchmark=benchmark, group="tens", text="Times ten.")
    for key in ("q1", "q2", "q3"):
        file(benchmark, crew.user, key, "12345")
    take_in_reports(benchmark.pk)
    return benchmark


def take(client: Any, count: int, kind: str = "csv") -> list[dict[str, str]]:
    response = client.post(PAGE, {"action": "give_out", "count": count, "format": kind})
    assert response.status_code == 200, text_of(response)
    assert f"{SLUG}-cases.{kind}" in response["Content-Disposition"]
    return read_table(f"a.{kind}", io.BytesIO(response.content))


def bring(client: Any, rows: list[dict[str, str]]) -> Any:
    data = written_csv(list(rows[0]), rows)
    upload = SimpleUploadedFile("cases.csv", data)
    return client.post(PAGE, {"action": "preview", "file": upload})


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_packet_is_blind_and_held_longer(
    kind: str, queue: Benchmark, crew: People, browse: Browse
) -> None:
    rows = take(browse(crew.expert), 2, kind)
    assert len(rows) == 2
    assert list(rows[0])[-7:] == list(FILLED)
    for row in rows:
        assert row["guide"] == "Times ten."
        assert row["input: question"].startswith("What is ten times")
        assert {row[name] for name in FILLED} == {""}
        label = Head.objects.get(instance__key=row["key"]).revision.answer
        assert label not in row.values()
        assert "12345" not in str(row)
        case = Case.objects.get(public_id=row["case"])
        assert case.claimed_by == crew.expert.public_id
        assert case.lease_until > timezone.now() + timedelta(days=13)
        claim_case(actor=crew.expert, case=case)  # looking at it on the page does not shorten that
        case.refresh_from_db()
        assert case.lease_until > timezone.now() + timedelta(days=13)
    assert Case.objects.filter(status="open").count() == 1
    assert "You hold 2 cases now" in text_of(browse(crew.expert).get(PAGE))


def test_it_comes_back_with_a_preview_and_is_decided(
    queue: Benchmark, crew: People, browse: Browse
) -> None:
    client = browse(crew.expert)
    rows = {row["key"]: row for row in take(client, 3)}
    fill = {"outcome": "answer", "category": "wrong_answer", "reason": "Counted."}
    rows["q1"] |= fill | {"answer": "10"}
    rows["q2"] |= fill | {"answer": "a lot"}
    shown = bring(client, list(rows.values()))
    page = text_of(shown)
    assert "1 of 3 rows can be decided" in page
    assert "q2 unreadable" in page
    assert "q3 empty" in page
    assert not Decision.objects.exists()
    done = client.post(PAGE, {"action": "decide", "rows": shown.context["rows"]})
    assert "1 of 3 rows are decided" in text_of(done)
    assert Decision.objects.get().instance.key == "q1"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"action": "give_out", "count": "0"}, "1 to 200"),
        ({"action": "give_out", "count": "201"}, "1 to 200"),
        ({"action": "give_out", "count": "x"}, "1 to 200"),
        ({"action": "give_out", "count": "5", "format": "pdf"}, "CSV or XLSX"),
        ({"action": "preview"}, "Choose the file"),
        ({"action": "decide", "rows": "{"}, "send the file again"),
        ({"action": "decide", "rows": '[{"key": 1}]'}, "send the file again"),
    ],
)
def test_what_cannot_be_is_explained(
    sent: dict[str, str], said: str, queue: Benchmark, crew: People, browse: Browse
) -> None:
    response = browse(crew.expert).post(PAGE, sent)
    assert response.status_code == 400
    assert said in text_of(response)


def test_a_packet_has_what_is_left_and_may_be_taken(
    queue: Benchmark, crew: People, browse: Browse
) -> None:
    """No case that somebody else holds, none of a group, none with an interest or a report of
    one's own alone; fewer than asked for where fewer wait.
    """
    other = create_user(actor=crew.staff, username="other")
    set_member(actor=crew.staff, benchmark=queue, user=other, role="expert")
    claim_case(actor=other, case=Case.objects.get(instance__key="q1"))
    mine = Case.objects.get(instance__key="q2")
    leave_case(actor=crew.expert, case=mine, reason="My own paper.", interest=True)
    file(queue, crew.expert, "q4", "12345")
    about = {"benchmark": queue, "group": "tens", "category": "wrong_answer"}
    file_report(actor=crew.user, rationale="All of them.", **about)
    take_in_reports(queue.pk)
    assert Case.objects.filter(instance=None).count() == 1
    rows = take(browse(crew.expert), 200)
    assert [row["key"] for row in rows] == ["q3"]


def test_an_empty_queue(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    response = browse(crew.expert).post(PAGE, {"action": "give_out", "count": "5"})
    assert response.status_code == 409
    assert "No case waits that you may take" in text_of(response)


def test_only_experts(queue: Benchmark, crew: People, browse: Browse) -> None:
    for user in (crew.user, crew.maintainer):
        assert browse(user).post(PAGE, {"action": "give_out", "count": "1"}).status_code == 403
    assert not Case.objects.exclude(claimed_by="").exists()
