"""Importing by API: a dry run that shows what would change, then one import by a worker."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from registry.models import Benchmark, Head, ImportBatch, PlannedImport, Revision
from registry.services.run_import import run_import
from tests.api.conftest import Api
from tests.small import SLUG, People, csv_text, qa_row

IMPORTS = f"benchmarks/{SLUG}/imports/"


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Any) -> None:
    """Files that wait lie in a folder of the test."""
    settings.ERRATA_HOME = tmp_path / "home"


def upload(rows: list[dict[str, str]], name: str = "next.csv", **fields: str) -> dict[str, Any]:
    """A file as a form sends it."""
    return {"file": SimpleUploadedFile(name, csv_text(rows).encode())} | fields


def rows(**changed: str) -> list[dict[str, str]]:
    """q1 as it is changed, q2 to q7 as they are; q7 is new."""
    return [qa_row(1, **changed), *(qa_row(n) for n in range(2, 8))]


def send(api: Api, path: str, user: Any, form: dict[str, Any]) -> Any:
    return api("post", path, user, form, content_type="multipart")


def test_a_dry_run_is_looked_at_and_confirmed(api: Api, benchmark: Benchmark, crew: People) -> None:
    changed = rows(answer="12", lower="11", upper="13")
    before = Revision.objects.count()
    made = send(api, IMPORTS, crew.maintainer, upload(changed, missing="retire"))
    assert made.status_code == 201
    told = made.json()
    assert (told["state"], told["benchmark"], told["missing"]) == ("planned", SLUG, "retire")
    assert (told["counts"]["changed"], told["counts"]["new"]) == (1, 1)
    assert told["examples"]["changed"] == [{"key": "q1", "line": 2, "before": "10", "after": "12"}]
    assert Revision.objects.count() == before
    at = f"imports/{told['id']}/"
    assert made["Location"].endswith(f"/api/v1/{at}")
    assert api("get", at, crew.maintainer).json() == told

    confirmed = api("post", f"{at}confirm/", crew.maintainer)
    assert (confirmed.status_code, confirmed.json()["state"]) == (202, "underway")
    assert api("post", f"{at}confirm/", crew.maintainer).status_code == 409
    run_import(PlannedImport.objects.get().pk)
    assert api("get", at, crew.maintainer).json()["state"] == "done"
    assert Head.objects.get(instance__key="q1").revision.answer == "12"
    listed = api("get", IMPORTS, crew.maintainer).json()["results"]
    assert [each["file_name"] for each in listed] == ["next.csv", f"{SLUG}.csv"]
    assert (listed[0]["id"], listed[0]["actor"]["name"]) == (told["id"], "Maintainer Person")


def test_a_file_with_problems_is_refused_by_line(
    api: Api, benchmark: Benchmark, crew: People
) -> None:
    refused = send(api, IMPORTS, crew.maintainer, upload([qa_row(1, answer="ten")]))
    assert refused.status_code == 400
    assert "line 2, answer" in refused.json()["message"]
    assert refused.json()["details"]["problems"]
    for form in ({}, upload(rows(), missing="drop"), upload(rows(), preset="no-such-preset")):
        answer = send(api, IMPORTS, crew.maintainer, form)
        assert answer.status_code in (400, 404)
        assert answer.json()["message"]
    assert not PlannedImport.objects.exists()


def test_a_file_that_is_too_large(
    api: Api, benchmark: Benchmark, crew: People, settings: Any
) -> None:
    settings.ERRATA_IMPORT_MB = 0
    refused = send(api, IMPORTS, crew.maintainer, upload(rows()))
    assert (refused.status_code, refused.json()["code"]) == (400, "too_large")
    assert not PlannedImport.objects.exists()


def test_a_dry_run_expires(api: Api, benchmark: Benchmark, crew: People) -> None:
    told = send(api, IMPORTS, crew.maintainer, upload(rows())).json()
    PlannedImport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    late = api("post", f"imports/{told['id']}/confirm/", crew.maintainer)
    assert (late.status_code, late.json()["code"]) == (409, "expired")
    assert api("get", "imports/nothing/", crew.maintainer).json()["code"] == "no_import"


def test_staff_import_what_is_not_there_yet(api: Api, crew: People, benchmark: Benchmark) -> None:
    """The import makes the benchmark; nobody else learns whether one of that name is there."""
    form = {"title": "Sums", "licence": "CC0-1.0", "visibility": "members"}
    path = "benchmarks/sums/imports/"
    assert send(api, path, crew.maintainer, upload(rows(), **form)).status_code == 404
    refused = send(api, path, crew.staff, upload(rows(), **form))
    assert (refused.status_code, refused.json()["details"]["field"]) == (400, "preset")
    form["preset"] = "question-answer"
    told = send(api, path, crew.staff, upload(rows(), **form)).json()
    assert told["counts"]["new"] == 7
    assert not Benchmark.objects.filter(slug="sums").exists()
    assert api("post", f"imports/{told['id']}/confirm/", crew.staff).status_code == 202
    run_import(PlannedImport.objects.get().pk)
    made = Benchmark.objects.get(slug="sums")
    assert (made.title, made.visibility) == ("Sums", "members")
    assert ImportBatch.objects.filter(benchmark=made).count() == 1
    assert api("get", f"imports/{told['id']}/", crew.maintainer).status_code == 404
