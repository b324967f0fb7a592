"""Files over HTTP: by digest, in parts, for whom the benchmark is visible."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.handlers.base import BaseHandler
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import FileResponse
from django.test import RequestFactory

from registry.errors import NotFound
from registry.models import Benchmark, Membership, User
from versions.models import Artifact, Release
from versions.ranges import Answer, answer_for
from versions.storage import folder_of
from versions.views import serve_file

pytestmark = pytest.mark.usefixtures("ship_nowhere")
PATH = "data/test.jsonl"


@pytest.fixture(autouse=True)
def _keep_connection() -> Iterator[None]:
    """Closing a response ends a request, which must not end the test's connection."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Answer(200, 0, 10)),
        ({"Range": "bytes=0-0"}, Answer(206, 0, 1)),
        ({"Range": "bytes=4-"}, Answer(206, 4, 10)),
        ({"Range": "bytes=-3"}, Answer(206, 7, 10)),
        ({"Range": "bytes=-30"}, Answer(206, 0, 10)),
        ({"Range": "bytes=4-400"}, Answer(206, 4, 10)),
        ({"Range": "bytes=10-"}, Answer(416, 0, 0)),
        ({"Range": "bytes=-0"}, Answer(416, 0, 0)),
        ({"Range": "bytes=5-4"}, Answer(200, 0, 10)),
        ({"Range": "bytes=0-1,4-5"}, Answer(200, 0, 10)),
        ({"Range": "bytes=-"}, Answer(200, 0, 10)),
        ({"Range": "lines=1-2"}, Answer(200, 0, 10)),
        ({"Range": "bytes=١-٢"}, Answer(200, 0, 10)),
        ({"Range": "bytes=4-", "If-Range": '"other"'}, Answer(200, 0, 10)),
        ({"Range": "bytes=4-", "If-Range": '"tag"'}, Answer(206, 4, 10)),
        ({"If-None-Match": '"tag"'}, Answer(304, 0, 0)),
        ({"If-None-Match": '"other", W/"tag"', "Range": "bytes=4-"}, Answer(304, 0, 0)),
        ({"If-None-Match": "*"}, Answer(304, 0, 0)),
        ({"If-None-Match": '"other"'}, Answer(200, 0, 10)),
    ],
)
def test_what_a_request_wants(headers: dict[str, str], expected: Answer) -> None:
    assert answer_for("GET", headers, '"tag"', 10) == expected


def test_an_empty_file_has_no_parts() -> None:
    assert answer_for("GET", {"Range": "bytes=0-"}, '"tag"', 0).status == 416
    assert answer_for("HEAD", {"Range": "bytes=0-"}, '"tag"', 9) == Answer(200, 0, 9)


def _get(path: str = PATH, user: Any = None, method: str = "get", version: str = "1.0.0", **h: str):  # noqa: ANN202
    request = getattr(RequestFactory(), method)("/", headers=h)
    return serve_file(request, user, "small", version, path)


def _body(response: Any) -> bytes:
    try:
        return b"".join(response.streaming_content) if response.streaming else response.content
    finally:
        response.close()


@pytest.mark.django_db
def test_files_are_served_whole_in_parts_and_for_ever(cut: Callable[..., Release]) -> None:
    release = cut()
    bytes_ = (folder_of(release) / PATH).read_bytes()
    known = Artifact.objects.get(path=PATH)
    whole = _get()
    assert (whole.status_code, _body(whole)) == (200, bytes_)
    assert whole["ETag"] == f'"{known.sha256}"'
    assert whole["Cache-Control"] == "public, max-age=31536000, immutable"
    part = _get(Range="bytes=5-14")
    assert (part.status_code, _body(part)) == (206, bytes_[5:15])
    assert part["Content-Range"] == f"bytes 5-14/{len(bytes_)}"
    assert part["Content-Length"] == "10"
    assert _get(Range=f"bytes={len(bytes_)}-")["Content-Range"] == f"bytes */{len(bytes_)}"
    unchanged = _get(**{"If-None-Match": whole["ETag"]})
    assert (unchanged.status_code, _body(unchanged)) == (304, b"")
    head = _get(method="head")
    assert (_body(head), head["Content-Length"]) == (b"", str(len(bytes_)))


@pytest.mark.django_db
def test_a_file_is_handed_to_the_server(cut: Callable[..., Release]) -> None:
    """No middleware takes it apart: the server then has the kernel send it."""

    cut()
    handler = BaseHandler()
    handler.load_middleware()
    address = f"/api/v1/benchmarks/small/releases/1.0.0/files/{PATH}"
    response = handler.get_response(RequestFactory().get(address))
    assert isinstance(response, FileResponse)
    assert response.file_to_stream is not None
    response.close()


@pytest.mark.django_db
def test_a_file_that_was_looked_up_costs_no_query(
    cut: Callable[..., Release], client: Any, django_assert_num_queries: Any
) -> None:
    """Through the API as strangers pull, middleware and throttles included."""
    release = cut()
    address = f"/api/v1/benchmarks/small/releases/1.0.0/files/{PATH}"
    b"".join(client.get(address).streaming_content)
    with django_assert_num_queries(0):
        again = b"".join(client.get(address).streaming_content)
    assert again == (folder_of(release) / PATH).read_bytes()


@pytest.mark.django_db
def test_of_members_only_files_just_the_permission_is_looked_up(
    cut: Callable[..., Release], small: Benchmark, django_assert_num_queries: Any
) -> None:
    release = cut()
    Benchmark.objects.filter(pk=small.pk).update(visibility="members")
    member, other = (User.objects.create(username=name) for name in ("member", "other"))
    Membership.objects.create(benchmark=small, user=member, role="contributor")
    first = _body(_get(user=member))
    assert first == (folder_of(release) / PATH).read_bytes()
    with django_assert_num_queries(1):
        assert _body(_get(user=member)) == first
    with django_assert_num_queries(1), pytest.raises(NotFound):
        _get(user=other)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("../1.0.0/manifest.json", "1.0.0"),
        ("data", "1.0.0"),
        ("/etc/passwd", "1.0.0"),
        (PATH, "latest"),
        (PATH, "1.0.1"),
    ],
)
def test_nothing_but_the_release_s_files(
    cut: Callable[..., Release], path: str, version: str
) -> None:
    cut()
    with pytest.raises(NotFound):
        _get(path, version=version)


@pytest.mark.django_db
def test_members_only_stays_with_members(cut: Callable[..., Release], small: Benchmark) -> None:
    cut()
    _get().close()
    Benchmark.objects.filter(pk=small.pk).update(visibility="members")
    cache.clear()  # a minute later
    member, other = (User.objects.create(username=name) for name in ("member", "other"))
    Membership.objects.create(benchmark=small, user=member, role="contributor")
    for reader in (None, other):
        with pytest.raises(NotFound):
            _get(user=reader)
    response = _get(user=member)
    assert response["Cache-Control"].startswith("private")
    response.close()
