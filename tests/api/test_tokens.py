"""Tokens: what their scope lets them write, when they expire, what is noted of their use."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.urls import urlpatterns
from registry.models import ApiToken, Benchmark, Scope
from registry.services.create_user import create_token
from submissions.models import Report
from tests.small import SLUG, People

CONTRIBUTIONS = {
    *("reports", "import-reports", "comments", "watch", "unwatch"),
    *("predictions", "publish-predictions", "delete-predictions"),
}


def _ask(secret: str, method: str = "get", path: str = "benchmarks/", data: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    send = getattr(Client(), method)
    more = {"content_type": "application/json"} if method == "post" else {}
    return send(f"/api/v1/{path}", data, headers=headers, **more)


def _token(user: Any, **options: Any) -> str:
    return create_token(actor=user, user=user, name="t", **options)


def test_reading_tokens_write_nothing(benchmark: Benchmark, crew: People) -> None:
    report = {"benchmark": SLUG, "instance": "q1", "category": "other", "rationale": "So."}
    refused = _ask(_token(crew.user, scope=Scope.READ), "post", "reports/", report)
    assert refused.status_code == 403
    assert refused.json()["code"] == "scope_required"
    assert "wider scope" in refused.json()["message"]
    assert not Report.objects.exists()
    made = _ask(_token(crew.user, scope=Scope.CONTRIBUTE), "post", "reports/", report)
    assert made.status_code == 201


def test_a_contributors_token_does_no_maintainers_work(benchmark: Benchmark, crew: People) -> None:
    narrow, wide = (_token(crew.staff, scope=s) for s in (Scope.CONTRIBUTE, Scope.EVERYTHING))
    path = f"benchmarks/{SLUG}/releases/"
    assert _ask(narrow, "post", path, {}).json()["code"] == "scope_required"
    assert _ask(wide, "post", path, {}).status_code != 403


def test_every_other_write_takes_everything() -> None:
    """Whoever adds an address and says nothing gets the narrowest door."""
    views = {str(p.name): p.callback.view_class for p in urlpatterns if p.name}  # type: ignore[union-attr]
    writing = {name: view for name, view in views.items() if hasattr(view, "post")}
    narrow = {n for n, v in writing.items() if v.scope is not Scope.EVERYTHING}
    assert narrow == CONTRIBUTIONS


def test_an_expired_token_says_so(benchmark: Benchmark, crew: People) -> None:
    secret = _token(crew.user, days=30)
    assert _ask(secret).status_code == 200
    left = ApiToken.objects.get().expires_at - timezone.now()
    assert timedelta(days=29) < left <= timedelta(days=30)
    ApiToken.objects.update(expires_at=timezone.now())
    refused = _ask(secret)
    assert refused.status_code == 401
    assert refused.json()["code"] == "token_expired"
    assert "Make a new one" in refused.json()["message"]


def test_the_last_use_is_noted_once_an_hour(benchmark: Benchmark, crew: People) -> None:
    secret = _token(crew.user)

    def writes() -> int:
        with CaptureQueriesContext(connection) as queries:
            _ask(secret)
        return sum(q["sql"].startswith("UPDATE") for q in queries)

    assert [writes() for _ in range(3)] == [1, 0, 0]
    ApiToken.objects.update(used_at=timezone.now() - timedelta(hours=2))
    assert writes() == 1


@pytest.mark.parametrize("options", [{"scope": "all"}, {"days": -1}])
def test_a_token_needs_a_scope_and_days(crew: People, options: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="scopes read, contribute, everything"):
        _token(crew.user, **options)
    assert not ApiToken.objects.exists()
