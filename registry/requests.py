"""Who asks, and for which benchmark: the first lines of every page's view."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from registry.errors import NotAllowed
from registry.models import Benchmark, User
from registry.permissions import Reader
from registry.selectors import get_benchmark


def reader_of(request: HttpRequest) -> Reader:
    """The signed-in user, or None for a stranger."""
    return request.user if isinstance(request.user, User) else None


def actor_of(request: HttpRequest) -> User:
    """The signed-in user; a stranger is refused (and then asked to sign in)."""
    reader = reader_of(request)
    if reader is None:
        raise NotAllowed("Sign in to do this.", code="sign_in_required")
    return reader


def benchmark_for(request: HttpRequest, slug: str) -> Benchmark:
    """The benchmark of the address, or NotFound where the reader may not see it."""
    return get_benchmark(slug, reader_of(request))


def site(request: HttpRequest) -> dict[str, Any]:
    """What every page may say of the hub: whether it sends mail and is open to newcomers."""
    return {
        "sends_mail": settings.ERRATA_MAIL,
        "signup_open": settings.ERRATA_SIGNUP == "open",
    }
