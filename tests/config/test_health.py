"""/healthz says whether the hub can answer, to anybody, and nothing else."""

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.test import Client


@pytest.mark.django_db
def test_answers_when_the_database_does(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_says_when_the_database_does_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("password authentication failed for user secret")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert b"secret" not in response.content


@pytest.mark.django_db
def test_https_hubs_answer_their_own_probe(client: Client, settings: LazySettings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/admin/").status_code == 301
