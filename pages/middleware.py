"""What all pages share: a log of requests, refusals in words, what a browser may load for them."""

from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django_structlog.middlewares import RequestMiddleware

from registry.errors import (
    ErrataError,
    Immutable,
    InvalidInput,
    NotAllowed,
    NotFound,
    WrongState,
)

STATUS: dict[type[ErrataError], tuple[int, str]] = {
    NotFound: (404, "Not found"),
    NotAllowed: (403, "Not allowed"),
    InvalidInput: (400, "That cannot be read"),
    WrongState: (409, "Things have changed"),
    Immutable: (409, "This never changes"),
}


class RequestLog(RequestMiddleware):
    """Logs every request; a file stays with the server, which has the kernel send it.

    Wrapped for the log it went out in pieces of 4 KB, and a pull took nearly twice as long
    (`make bench`).
    """

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """Log the end of a request, and its failure."""
        file = getattr(response, "file_to_stream", None)
        super().handle_response(request, response)
        if isinstance(response, FileResponse):
            response.file_to_stream = file


class Refusals:
    """Renders errors of services for people; the API renders its own.

    An address that holds NUL is one of them: PostgreSQL could not be asked for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            refused = NotFound("No address holds the character NUL; take %00 out of it.")
            return self.process_exception(request, refused) or self.get_response(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A stranger who is not allowed is asked to sign in; everybody else gets a page."""
        if not isinstance(error, ErrataError) or request.path.startswith("/api/"):
            return None
        if isinstance(error, NotAllowed) and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        status, title = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
        context = {"title": title, "message": error.message, "status": status}
        return render(request, "refusal.html", context, status=status)


# Only what this hub serves itself, and no script or style that stands in a page. Not said is where
# forms may lead: browsers would hold back the way to GitHub and ORCID that begins with a form.
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# The page that tries the API out is a library's, with script and style of its own inside.
_DOCS = "/api/v1/docs/"
_INLINE = "'self' 'unsafe-inline'"
_DOCS_POLICY = f"{CONTENT_POLICY}; script-src {_INLINE}; style-src {_INLINE}"


class ContentPolicy:
    """Tells browsers to load and run nothing but the hub's own files."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = _DOCS_POLICY if request.path == _DOCS else CONTENT_POLICY
        response.headers["Content-Security-Policy"] = policy
        return response
