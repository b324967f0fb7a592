"""Turns a refusal that no view caught into a page that says what to do."""

from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

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


class Refusals:
    """Renders errors of services for people; the API renders its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
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
