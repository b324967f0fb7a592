"""The files of releases over HTTP: cached for ever, resumable, by visibility of the benchmark."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from registry.errors import NotFound
from registry.models import Visibility
from registry.permissions import Reader
from registry.selectors import get_benchmark
from versions.models import Release
from versions.ranges import answer_for
from versions.selectors import LATEST, artifact, get_release
from versions.services.provide_file import provide_file

_PIECE = 1 << 18
_TYPES = {
    ".jsonl": "application/jsonl",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}


@require_safe
def release_file(request: HttpRequest, slug: str, version: str, path: str) -> HttpResponseBase:
    """A file of a published release, for whoever is signed in to the site or a stranger."""
    reader = request.user if request.user.is_authenticated else None
    try:
        return serve_file(request, reader, slug, version, path)
    except NotFound as error:
        raise Http404(error.message) from None


def serve_file(
    request: HttpRequest, reader: Reader, slug: str, version: str, path: str
) -> HttpResponseBase:
    """The same for a reader that the caller knows; raises NotFound for what it may not see.

    `latest` names no file: what stands under an address never changes.
    """
    benchmark = get_benchmark(slug, reader)
    if version == LATEST:
        raise NotFound("Files are named by version, not by latest; ask for the release first.")
    release = get_release(benchmark, version)
    known = artifact(release, path)
    etag = f'"{known.sha256}"'
    answer = answer_for(request.method or "GET", request.headers, etag, known.size)
    response: HttpResponseBase
    if answer.status in (304, 416):
        response = HttpResponse(status=answer.status)
        if answer.status == 416:
            response["Content-Range"] = f"bytes */{known.size}"
    else:
        response = _with_bytes(request, release, path, answer.status, answer.start, answer.stop)
    if answer.status == 206:
        response["Content-Range"] = f"bytes {answer.start}-{answer.stop - 1}/{known.size}"
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    public = benchmark.visibility == Visibility.PUBLIC
    response["Cache-Control"] = f"{'public' if public else 'private'}, max-age=31536000, immutable"
    if not public:
        response["Vary"] = "Authorization, Cookie"
    return response


def _with_bytes(
    request: HttpRequest, release: Release, path: str, status: int, start: int, stop: int
) -> HttpResponseBase:
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse(status=status)
    else:
        file = provide_file(release=release, path=path)
        if status == 200:
            response = FileResponse(file.open("rb"))
        else:
            response = StreamingHttpResponse(_read(file, start, stop), status=status)
    name = quote(f"{release.benchmark.slug}-{release.version}-{Path(path).name}")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response["Content-Length"] = str(stop - start)
    response["Content-Type"] = _TYPES.get(Path(path).suffix, "application/octet-stream")
    return response


def _read(path: Path, start: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while start < stop and (piece := file.read(min(_PIECE, stop - start))):
            start += len(piece)
            yield piece
