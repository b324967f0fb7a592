"""The files of releases and repositories over HTTP, for whom the benchmark is visible."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from registry.errors import NotFound
from registry.permissions import Reader
from registry.selectors import find_token
from versions.known_files import KnownFile, is_public, known_file
from versions.ranges import answer_for
from versions.repositories import dvc_file, git_file, never_changes
from versions.selectors import LATEST
from versions.services.provide_file import provide_file

_PIECE = 1 << 18
_TYPES = {
    ".jsonl": "application/jsonl",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}


@require_safe
def serve_git(request: HttpRequest, slug: str, path: str) -> HttpResponseBase:
    """A file of a benchmark's git repository, for `git clone` and `dvc get`."""
    return _serve_from_repository(request, slug, path, git_file)


@require_safe
def serve_dvc(request: HttpRequest, slug: str, path: str) -> HttpResponseBase:
    """A file of a benchmark's DVC remote."""
    return _serve_from_repository(request, slug, path, dvc_file)


def _serve_from_repository(
    request: HttpRequest, slug: str, path: str, find: Callable[[str, str], Path]
) -> HttpResponseBase:
    try:
        public = is_public(slug, partial(_reader, request))
        file = find(slug, path)
    except NotFound as error:
        raise Http404(error.message) from None
    response = FileResponse(file.open("rb"), content_type="application/octet-stream")
    _cache(response, public=public, for_ever=never_changes(path))
    return response


def _reader(request: HttpRequest) -> Reader:
    """Whoever is signed in, by session or (as git and DVC do) by bearer token."""
    if request.user.is_authenticated:
        return request.user
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    token = find_token(secret.strip()) if scheme.lower() == "bearer" else None
    return token and token.user


def _cache(response: HttpResponseBase, *, public: bool, for_ever: bool) -> None:
    """Say who may keep the answer, and for how long."""
    if public:
        whose = "public"
    else:
        whose = "private"
        response["Vary"] = "Authorization, Cookie"
    lasting = f"{whose}, max-age=31536000, immutable"
    response["Cache-Control"] = lasting if for_ever else "no-cache"


def serve_file(
    request: HttpRequest, reader: Reader, slug: str, version: str, path: str
) -> HttpResponseBase:
    """A file of a published release; raises NotFound for what the reader may not see.

    `latest` names no file: what stands under an address never changes.
    """
    if version == LATEST:
        raise NotFound("Files are named by version, not by latest; ask for the release first.")
    known = known_file(reader, slug, version, path)
    etag = f'"{known.sha256}"'
    answer = answer_for(request.method or "GET", request.headers, etag, known.size)
    response: HttpResponseBase
    if answer.status in (304, 416):
        response = HttpResponse(status=answer.status)
        if answer.status == 416:
            response["Content-Range"] = f"bytes */{known.size}"
    else:
        response = _with_bytes(request, known, answer.status, answer.start, answer.stop)
    if answer.status == 206:
        response["Content-Range"] = f"bytes {answer.start}-{answer.stop - 1}/{known.size}"
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    _cache(response, public=known.public, for_ever=True)
    return response


def _with_bytes(
    request: HttpRequest, known: KnownFile, status: int, start: int, stop: int
) -> HttpResponseBase:
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(status=status)
    else:
        file = provide_file(known=known)
        if status == 200:
            response = FileResponse(file.open("rb"))
        else:
            response = StreamingHttpResponse(_read(file, start, stop), status=status)
    name = quote(f"{known.slug}-{known.version}-{Path(known.path).name}")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response["Content-Length"] = str(stop - start)
    response["Content-Type"] = _TYPES.get(Path(known.path).suffix, "application/octet-stream")
    return response


def _read(path: Path, start: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (piece := file.read(min(_PIECE, stop - start))):
            start += len(piece)
            yield piece
