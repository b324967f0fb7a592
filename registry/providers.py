"""Signing in at GitHub and ORCID, where the operator configured it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.socialaccount.views import ConnectionsView
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from registry.accounts import forget_orcid
from registry.errors import NotFound

View = Callable[..., HttpResponse]


def offered(provider: str, view: View) -> View:
    """The view, or NotFound where this hub does not offer the provider."""

    @wraps(view)
    def only_if_offered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.SOCIALACCOUNT_PROVIDERS[provider]["APPS"]:
            raise NotFound("This hub does not offer that way of signing in.")
        return view(request, *args, **kwargs)

    return only_if_offered


class Connections(ConnectionsView):
    """The accounts elsewhere of whoever asks; without ORCID's no iD is shown."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Disconnect, and forget the iD that went with it."""
        response: HttpResponse = super().form_valid(form)
        forget_orcid(self.request.user)
        return response
