"""Bearer tokens: `Authorization: Bearer <token>`, stored hashed."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from registry.models import ApiToken, Scope, User
from registry.selectors import find_token

NOTED_EVERY = timedelta(hours=1)
_RANK = {scope: rank for rank, scope in enumerate((Scope.READ, Scope.CONTRIBUTE, Scope.EVERYTHING))}


class BearerTokenAuthentication(BaseAuthentication):
    """Signs a request in by its bearer token; without one it stays anonymous.

    A token may write only what a view's `scope` lets it; a view that names none takes everything.
    """

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The user behind the token; an unknown token or a closed account is refused."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed("Write the header as 'Authorization: Bearer TOKEN'.")
        token = find_token(words[1])
        if token is None:
            raise AuthenticationFailed(
                "This token is not known. Make one with: manage.py create_token USER"
            )
        _require_holds(token, timezone.now())
        _require_scope(token, request)
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        """Makes a missing sign-in a 401."""
        return "Bearer"


def _require_holds(token: ApiToken, now: datetime) -> None:
    """Refuse an expired token; note that it is in use, once an hour and not on each request."""
    if token.expires_at is not None and token.expires_at <= now:
        raise AuthenticationFailed(
            f"This token expired on {token.expires_at:%Y-%m-%d}. Make a new one on the page "
            "API tokens of your account.",
            code="token_expired",
        )
    if token.used_at is None or token.used_at < now - NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)


def _require_scope(token: ApiToken, request: Request) -> None:
    needed = getattr((request.parser_context or {}).get("view"), "scope", Scope.EVERYTHING)
    if request.method in SAFE_METHODS or _RANK[Scope(token.scope)] >= _RANK[needed]:
        return
    raise PermissionDenied(
        f"This token may only {Scope(token.scope).label}. Make one with a wider scope.",
        code="scope_required",
    )


class BearerTokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names it."""

    target_class = BearerTokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token in the Authorization header."""
        return {"type": "http", "scheme": "bearer"}
