"""The form that everything shares: errors, tokens, sessions, the OpenAPI document."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from rest_framework.request import Request

from api.errors import handle
from registry.errors import ErrataError, Immutable, InvalidInput, NotAllowed, NotFound, WrongState
from registry.models import ApiToken, Benchmark, User
from tests.api.conftest import Api
from tests.small import SLUG, People, bearer

FORM = {"code", "message", "details"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound, 404),
        (NotAllowed, 403),
        (InvalidInput, 400),
        (WrongState, 409),
        (Immutable, 409),
    ],
)
def test_every_refusal_has_its_status(rf: Any, error: type[ErrataError], status: int) -> None:
    class Narrower(error):  # type: ignore[misc, valid-type]
        code = "narrower"

    request = Request(rf.get("/"))
    request.user = User(username="somebody")
    response = handle(Narrower("Do this instead.", field="x"), {"request": request})
    assert response is not None
    assert response.status_code == status
    told = {"code": "narrower", "message": "Do this instead.", "details": {"field": "x"}}
    assert response.data == told
    assert handle(ZeroDivisionError(), {"request": request}) is None


def test_a_refused_stranger_is_told_to_sign_in(rf: Any) -> None:
    response = handle(NotAllowed("No."), {"request": Request(rf.get("/"))})
    assert response is not None
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"


def test_the_frameworks_errors_have_the_same_form(api: Api, benchmark: Benchmark) -> None:
    for response, status, code in (
        (api("get", "nothing/"), 404, "not_found"),
        (api("get", "benchmarks/nothing/"), 404, "no_benchmark"),
        (api("delete", "benchmarks/", None), 401, "sign_in_required"),
        (api("post", "nothing/", None, {}), 401, "sign_in_required"),
    ):
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert set(response.json()) == FORM
        assert response["Content-Type"] == "application/json"


def test_bodies_that_cannot_be_read(api: Api, benchmark: Benchmark, crew: People) -> None:
    assert api("delete", "benchmarks/", crew.user).json()["code"] == "method_not_allowed"
    for body, kind, status, code in (
        ("{", "application/json", 400, "parse_error"),
        ("[1]", "application/json", 400, "invalid_input"),
        ("x", "text/plain", 415, "unsupported_media_type"),
        ('{"benchmark": NaN}', "application/json", 400, "parse_error"),
    ):
        response = api("post", "reports/", crew.user, body, content_type=kind)
        assert (response.status_code, response.json()["code"]) == (status, code)
        assert set(response.json()) == FORM


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer unknown", "Bearer a b", "bearer \xff", "Bearer " + "x" * 5000]
)
def test_unknown_tokens_are_refused_everywhere(api: Api, benchmark: Benchmark, header: str) -> None:
    response = api("get", "benchmarks/", headers={"Authorization": header})
    assert (response.status_code, response.json()["code"]) == (401, "authentication_failed")
    assert response["WWW-Authenticate"] == "Bearer"


def test_tokens_are_stored_hashed_and_end_with_the_account(api: Api, crew: People) -> None:
    headers = bearer(crew.user)
    secret = headers["Authorization"].removeprefix("Bearer ")
    stored = ApiToken.objects.get(user=crew.user)
    assert len(stored.digest) == 64
    assert secret not in stored.digest
    assert api("get", "benchmarks/", headers=headers).status_code == 200
    assert (
        api("get", "benchmarks/", headers={"Authorization": f"Bearer {stored.digest}"}).status_code
        == 401
    )
    User.objects.filter(pk=crew.user.pk).update(is_active=False)
    assert api("get", "benchmarks/", headers=headers).status_code == 401


def test_a_session_may_write_with_a_csrf_token_only(benchmark: Benchmark, crew: People) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(crew.user)
    address = "/api/v1/reports/"
    form = {
        "benchmark": SLUG,
        "instance": "q1",
        "category": "other",
        "answer": "7",
        "rationale": "So.",
    }
    refused = client.post(address, form, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    client.cookies["csrftoken"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    assert client.post(address, form, "application/json", headers=headers).status_code == 201


def test_the_openapi_document_is_valid(db: None) -> None:
    text = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=text)
    document = text.getvalue()
    assert "/api/v1/reports/:" in document
    assert "#/components/schemas/Error" in document


def test_schema_and_docs_are_served(api: Api, db: None) -> None:
    assert api("get", "schema/").status_code == 200
    page = api("get", "docs/")
    assert page.status_code == 200
    assert b"cdn." not in page.content
