"""Reports by API: filed at once, told in one form, refused with nothing changed."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from registry.models import Benchmark, Event, Instance
from registry.selectors import system_user
from registry.services.retire_instance import retire_instance
from submissions.models import Prediction, PredictionSet, Report
from tests.api.conftest import Api
from tests.small import SLUG, People, csv_text, hide, small_benchmark

IMPORT = f"benchmarks/{SLUG}/reports/import/"
PREDICTIONS = f"benchmarks/{SLUG}/predictions/"


def report(**changed: Any) -> dict[str, Any]:
    """A report that may be filed."""
    return {
        "benchmark": SLUG,
        "instance": "q2",
        "category": "wrong_answer",
        "answer": "25",
        "rationale": "Counted again.",
    } | changed


def upload(text: str, name: str = "corrected.csv") -> SimpleUploadedFile:
    """A file as a form sends it."""
    return SimpleUploadedFile(name, text.encode())


def test_a_report_answers_at_once_with_a_tracking_page(
    api: Api, benchmark: Benchmark, crew: People
) -> None:
    response = api("post", "reports/", crew.user, report(evidence="p. 3"))
    assert response.status_code == 201
    told = response.json()
    assert told["status"] == "open"
    assert told["url"] == response["Location"]
    assert told["page"] == f"{settings.ERRATA_HUB}/reports/{told['id']}/"
    assert told["author"] == {"id": crew.user.public_id, "name": "User Person"}
    assert (told["answer"], told["not_computable"], told["seen_in"]) == ("25", False, "")
    assert api("get", f"reports/{told['id']}/").json() == told
    assert api("get", f"reports/?benchmark={SLUG}&status=open").json()["results"] == [told]
    assert api("get", "reports/?status=accepted").json()["results"] == []
    assert Event.objects.filter(kind="report.filed", actor=crew.user.public_id).count() == 1


def test_the_same_report_again_gives_the_one_that_is_there(
    api: Api, benchmark: Benchmark, crew: People
) -> None:
    first = api("post", "reports/", crew.user, report())
    again = api("post", "reports/", crew.user, report(instance="v1/test:q2", answer=" 25 "))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    other = api("post", "reports/", crew.expert, report())
    assert other.status_code == 201
    assert Report.objects.count() == 2


def test_not_computable_is_an_answer(api: Api, benchmark: Benchmark, crew: People) -> None:
    told = api("post", "reports/", crew.user, report(answer="", not_computable=True)).json()
    assert (told["answer"], told["not_computable"]) == ("N/A", True)
    without = api("post", "reports/", crew.user, report(answer="", category="unclear_question"))
    assert (without.json()["answer"], without.json()["not_computable"]) == ("", False)


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        ({"benchmark": "nothing"}, 404, "no_benchmark", None),
        ({"instance": "q77"}, 404, "no_instance", None),
        ({"category": "bad"}, 400, "invalid_input", "category"),
        ({"answer": "about 25"}, 400, "unreadable_answer", "answer"),
        ({"answer": "20.5"}, 400, "no_difference", "answer"),
        ({"answer": "25", "not_computable": True}, 400, "invalid_input", "answer"),
        ({"rationale": "   "}, 400, "invalid_input", "rationale"),
        ({"rationale": "a\x00b"}, 400, "invalid_input", "rationale"),
        ({"rationale": "x" * 20_001}, 400, "invalid_input", "rationale"),
        ({"answer": ["25"]}, 400, "invalid_input", "answer"),
        ({"instance": "q\x001"}, 400, "invalid_input", "instance"),
        ({"benchmark": None}, 400, "invalid_input", "benchmark"),
    ],
)
def test_wrong_reports_are_refused(
    api: Api,
    benchmark: Benchmark,
    crew: People,
    changed: dict[str, Any],
    status: int,
    code: str,
    field: str | None,
) -> None:
    before = Event.objects.count()
    refused = api("post", "reports/", crew.user, report(**changed))
    told = refused.json()
    assert (refused.status_code, told["code"]) == (status, code)
    assert set(told) == {"code", "message", "details"}
    if field is not None:
        assert field in (told["details"].get("field"), *told["details"].get("fields", ()))
    assert Report.objects.count() == 0
    assert Event.objects.filter(kind__startswith="report").count() == 0
    assert Event.objects.count() <= before + 1  # the token


def test_retired_instances_take_no_reports(api: Api, benchmark: Benchmark, crew: People) -> None:
    instance = Instance.objects.get(key="q2")
    retire_instance(actor=system_user(), instance=instance, reason="Asked twice.")
    refused = api("post", "reports/", crew.user, report())
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")


def test_strangers_are_asked_to_sign_in(api: Api, benchmark: Benchmark) -> None:
    refused = api("post", "reports/", None, report())
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == "Bearer"
    assert refused.json()["code"] == "sign_in_required"
    assert Report.objects.count() == 0


def test_reports_on_hidden_benchmarks_are_hidden(
    api: Api, benchmark: Benchmark, crew: People
) -> None:
    told = api("post", "reports/", crew.expert, report()).json()
    hide(benchmark)
    assert api("get", "reports/", crew.user).json()["results"] == []
    assert api("get", f"reports/{told['id']}/", crew.user).json()["code"] == "no_report"
    assert api("get", f"reports/?benchmark={SLUG}", crew.user).json()["code"] == "no_benchmark"
    assert api("post", "reports/", crew.user, report(answer="26")).status_code == 404
    assert api("get", f"reports/{told['id']}/", crew.contributor).status_code == 200


def test_lists_are_narrowed_and_wrong_filters_told(
    api: Api, benchmark: Benchmark, crew: People, tmp_path: Path
) -> None:
    small_benchmark(tmp_path, slug="other-qa")
    for slug, key in ((SLUG, "q1"), (SLUG, "q3"), ("other-qa", "q1")):
        form = report(benchmark=slug, instance=key, answer="77")
        assert api("post", "reports/", crew.user, form).status_code == 201

    def found(query: str) -> list[tuple[str, str]]:
        rows = api("get", f"reports/?{query}").json()["results"]
        return [(row["benchmark"], row["instance"]) for row in rows]

    assert found("") == [("other-qa", "q1"), (SLUG, "q3"), (SLUG, "q1")]
    assert found(f"benchmark={SLUG}") == [(SLUG, "q3"), (SLUG, "q1")]
    assert found(f"benchmark={SLUG}&instance=q1") == [(SLUG, "q1")]
    for query in ("status=odd", "instance=q1"):
        assert api("get", f"reports/?{query}").status_code == 400


def test_a_file_of_reports(api: Api, benchmark: Benchmark, crew: People) -> None:
    rows = [
        {"row": f"q{n}", "answer": answer} for n, answer in ((1, "10.0"), (2, "25"), (3, "N/A"))
    ]
    form = {"file": upload(csv_text(rows)), "upstream": "v1/test"}
    told = api("post", IMPORT, crew.contributor, form, content_type="multipart")
    assert told.status_code == 200
    counts = dict.fromkeys(("already_reported", "declined_before", "already_decided"), 0)
    counts |= {"rows": 3, "filed": 2, "no_difference": 1}
    assert told.json() == counts
    form["file"] = upload(csv_text(rows))
    again = api("post", IMPORT, crew.contributor, form, content_type="multipart").json()
    assert again == counts | {"filed": 0, "already_reported": 2}
    listed = api("get", "reports/").json()["results"]
    assert {(row["instance"], row["answer"]) for row in listed} == {("q2", "25"), ("q3", "N/A")}


@pytest.mark.parametrize(
    ("text", "name", "code"),
    [
        ("id,answer\nq1,7\nq1,8\n", "two.csv", "bad_file"),
        ("id,answer\nq1,seven\nq9,8\n", "bad.csv", "bad_file"),
        ("id,nothing\nq1,7\n", "columns.csv", "column_missing"),
        ("id,answer\nq1,7\n", "file.ods", "unknown_format"),
        ("not gzip", "file.csv.gz", "damaged_file"),
        ("id,answer\n", "empty.csv", "no_rows"),
    ],
)
def test_bad_files_change_nothing(
    api: Api, benchmark: Benchmark, crew: People, text: str, name: str, code: str
) -> None:
    for address, more in ((IMPORT, {}), (PREDICTIONS, {"model": "m"})):
        if address == IMPORT and name == "two.csv":
            continue  # two proposals for one label are two reports
        form = {"file": upload(text, name), "preset": "question-answer"} | more
        refused = api("post", address, crew.contributor, form, content_type="multipart")
        if address == PREDICTIONS and name == "bad.csv":
            assert refused.json()["details"]["problems"] == [{"line": 3, "field": "key"}]
        assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert Report.objects.count() == PredictionSet.objects.count() == 0


@pytest.mark.parametrize("preset", ["../../etc/x", "/srv/x.toml", "x.toml", "unknown", "a b"])
def test_a_preset_is_a_name_never_a_path(
    api: Api, benchmark: Benchmark, crew: People, preset: str
) -> None:
    form = {"file": upload("id,answer\nq1,7\n"), "preset": preset}
    refused = api("post", IMPORT, crew.contributor, form, content_type="multipart")
    assert refused.status_code == 400
    assert refused.json()["code"] in ("invalid_input", "unknown_preset")


def test_predictions_are_stored_raw(api: Api, benchmark: Benchmark, crew: People) -> None:
    rows = [{"id": "q1", "prediction": " 10"}, {"id": "q2", "prediction": "no idea"}]

    def send(person: Any, model: str = "tamarack") -> Any:
        form = {"file": upload(csv_text(rows)), "model": model, "family": "conifers"}
        return api("post", PREDICTIONS, person, form, content_type="multipart")

    told = send(crew.contributor)
    assert told.status_code == 201
    assert (told.json()["rows"], told.json()["admitted"]) == (2, False)
    assert told.json()["family"] == "conifers"
    assert send(crew.contributor).json()["id"] == told.json()["id"]
    assert send(crew.maintainer).json()["id"] != told.json()["id"]  # which is private
    assert send(crew.maintainer, "other").json()["admitted"] is True
    assert set(Prediction.objects.values_list("raw", flat=True)) == {" 10", "no idea"}


@pytest.mark.parametrize("address", [IMPORT, PREDICTIONS])
def test_files_take_the_role(api: Api, benchmark: Benchmark, crew: People, address: str) -> None:
    def send(person: Any) -> Any:
        form = {"file": upload("id,answer\nq1,7\n"), "model": "m"}
        return api("post", address, person, form, content_type="multipart")

    assert send(None).status_code == 401
    refused = send(crew.user)
    assert (refused.status_code, refused.json()["code"]) == (403, "role_required")
    assert refused.json()["details"] == {"role": "contributor"}
    assert Report.objects.count() == PredictionSet.objects.count() == 0
    assert send(crew.contributor).status_code in (200, 201)


@pytest.mark.parametrize("address", [IMPORT, PREDICTIONS])
def test_files_have_a_size(
    api: Api, benchmark: Benchmark, crew: People, address: str, settings: Any
) -> None:
    form = {"file": upload("id,answer\nq1,7\n"), "model": "m"}
    settings.ERRATA_IMPORT_MB = 0
    refused = api("post", address, crew.contributor, form, content_type="multipart")
    assert (refused.status_code, refused.json()["code"]) == (400, "too_large")
    assert Report.objects.count() == PredictionSet.objects.count() == 0


def test_json_is_no_file(api: Api, benchmark: Benchmark, crew: People) -> None:
    assert api("post", IMPORT, crew.contributor, {"file": "x"}).status_code == 415
    missing = api("post", IMPORT, crew.contributor, {"preset": ""}, content_type="multipart")
    assert list(missing.json()["details"]["fields"]) == ["file"]
