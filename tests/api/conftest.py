"""A small benchmark, its people, and a client that speaks for one of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from registry.models import Benchmark, User
from tests.small import People, bearer, people, small_benchmark

Api = Callable[..., Any]


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Six rows."""
    return small_benchmark(tmp_path)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    """One person a role."""
    return people(benchmark)


@pytest.fixture
def api() -> Api:
    """`api("get", "benchmarks/", user)`: a request by a user (None: a stranger)."""
    tokens: dict[int, dict[str, str]] = {}

    def call(
        method: str, path: str, user: User | None = None, data: Any = None, **extra: Any
    ) -> Any:
        if user is not None and user.pk not in tokens:
            tokens[user.pk] = bearer(user)
        headers = (tokens[user.pk] if user else {}) | extra.pop("headers", {})
        if data is not None and method != "get":
            extra.setdefault("content_type", "application/json")
        if extra.get("content_type") == "multipart":
            del extra["content_type"]
        url = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        response = getattr(Client(), method)(url, data, headers=headers, **extra)
        response.body = b"".join(response) if response.streaming else response.content
        return response

    return call
