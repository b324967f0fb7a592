"""Bearer tokens: `Authorization: Bearer <token>`, stored hashed."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from registry.models import ApiToken, User
from registry.selectors import find_token


class BearerTokenAuthentication(BaseAuthentication):
    """Signs a request in by its bearer token; without one it stays anonymous."""

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
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        """Makes a missing sign-in a 401."""
        return "Bearer"


class BearerTokenScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names it."""

    target_class = BearerTokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token in the Authorization header."""
        return {"type": "http", "scheme": "bearer"}
