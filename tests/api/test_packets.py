"""Case packets by API: given out blind, checked row by row, decided as by hand."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audits.models import Case, Decision, Opinion
from audits.packets import FILLED
from audits.services.give_out_packet import MOST
from audits.services.take_in_reports import take_in_reports
from audits.sheets import read_table, written_csv, written_xlsx
from registry.models import Benchmark
from tests.api.conftest import Api
from tests.pages.conftest import file
from tests.small import SLUG, People

PACKETS = f"benchmarks/{SLUG}/packets/"
WRITERS = {"csv": written_csv, "xlsx": written_xlsx}


@pytest.fixture
def queue(benchmark: Benchmark, crew: People) -> Benchmark:
    """Three cases wait."""
    for key in ("q1", "q2", "q3"):
        file(benchmark, crew.user, key, "12345")
    take_in_reports(benchmark.pk)
    return benchmark


def bring(api: Api, user: Any, rows: list[dict[str, str]], kind: str = "csv", **more: str) -> Any:
    """Send rows back as a file."""
    data = WRITERS[kind](list(rows[0]), rows)
    form = {"file": SimpleUploadedFile(f"cases.{kind}", data)} | more
    return api("post", f"{PACKETS}decide/", user, form, content_type="multipart")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_there_and_back(kind: str, api: Api, queue: Benchmark, crew: People) -> None:
    accept = {"Accept": "text/csv"}
    given = api("post", PACKETS, crew.expert, {"count": 2, "format": kind}, headers=accept)
    assert given.status_code == 200
    assert given["Content-Disposition"] == f'attachment; filename="{SLUG}-cases.{kind}"'
    rows = read_table(f"cases.{kind}", io.BytesIO(given.content))
    assert [{row[name] for name in FILLED} for row in rows] == [{""}, {""}]
    assert "12345" not in str(rows)
    assert Case.objects.filter(claimed_by=crew.expert.public_id).count() == 2

    label = str(10 * int(rows[0]["key"][1:]))
    close = str(int(label) + 1)  # within the label's limits: confirms it
    rows[0] |= {"answer": close, "reason": "Counted."}
    checked = bring(api, crew.expert, rows, kind, dry_run="true").json()
    assert (checked["dry_run"], checked["decided"]) == (True, 1)
    assert [row["state"] for row in checked["rows"]] == ["fine", "empty"]
    assert checked["rows"][0]["after"] == close, "what the label says is not told yet"
    assert not Opinion.objects.exists()

    done = bring(api, crew.expert, rows, kind).json()
    assert [row["state"] for row in done["rows"]] == ["decided", "empty"]
    assert done["rows"][0]["after"] == label
    assert Decision.objects.get().outcome == "confirm"
    assert Opinion.objects.get(blind=True).answer == close
    again = bring(api, crew.expert, rows, kind).json()
    assert (again["decided"], again["rows"][0]["state"]) == (0, "case moved")


def test_rows_by_upstream_ids(api: Api, queue: Benchmark, crew: People) -> None:
    """A file of one's own needs no packet."""
    row = {"id": "q1", "outcome": "correct", "answer": "12", "category": "wrong_answer"}
    told = bring(api, crew.expert, [row | {"reason": "Counted."}], upstream="v1/test").json()
    assert (told["rows"][0]["key"], told["rows"][0]["after"]) == ("q1", "12")


@pytest.mark.parametrize("form", [{"count": 0}, {"count": MOST + 1}, {"count": 1, "format": "pdf"}])
def test_what_cannot_be_given_out(
    form: dict[str, Any], api: Api, queue: Benchmark, crew: People
) -> None:
    refused = api("post", PACKETS, crew.expert, form)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input")
    assert not Case.objects.exclude(claimed_by="").exists()


def test_refusals_have_the_one_form(api: Api, benchmark: Benchmark, crew: People) -> None:
    empty = api("post", PACKETS, crew.expert, {"count": 1})
    assert (empty.status_code, empty.json()["code"]) == (409, "no_case")
    nothing = SimpleUploadedFile("cases.xlsx", b"no workbook")
    form = {"file": nothing}
    refused = api("post", f"{PACKETS}decide/", crew.expert, form, content_type="multipart")
    assert (refused.status_code, refused.json()["code"]) == (400, "damaged_file")
