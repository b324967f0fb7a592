"""Every error of the API in one form: `{"code", "message", "details"}`."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from registry.errors import (
    ErrataError,
    Immutable,
    InvalidInput,
    NotAllowed,
    NotFound,
    WrongState,
)

STATUS: dict[type[ErrataError], int] = {
    NotFound: status.HTTP_404_NOT_FOUND,
    NotAllowed: status.HTTP_403_FORBIDDEN,
    InvalidInput: status.HTTP_400_BAD_REQUEST,
    WrongState: status.HTTP_409_CONFLICT,
    Immutable: status.HTTP_409_CONFLICT,
}
SIGN_IN = "Sign in, or send a token as 'Authorization: Bearer TOKEN'."


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Render a refusal of a service or of the framework; anything else stays a server error."""
    if isinstance(error, ErrataError):
        return _refusal(error, context["request"])
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    return Response(
        _form(*_words(error)), status=error.status_code, headers=_headers(error, context)
    )


def _refusal(error: ErrataError, request: Any) -> Response:
    code = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    headers = {}
    if isinstance(error, NotAllowed) and not request.user.is_authenticated:
        code, headers = status.HTTP_401_UNAUTHORIZED, {"WWW-Authenticate": "Bearer"}
    return Response(
        _form(error.code, error.message, dict(error.details)), status=code, headers=headers
    )


def _words(error: exceptions.APIException) -> tuple[str, str, dict[str, Any]]:
    if isinstance(error, exceptions.ValidationError):
        return "invalid_input", *_validation(error.detail)
    if isinstance(error, exceptions.NotAuthenticated):
        return "sign_in_required", SIGN_IN, {}
    detail: Any = error.detail
    return str(getattr(detail, "code", error.default_code)), str(detail), {}


def _validation(detail: Any) -> tuple[str, dict[str, Any]]:
    """A sentence that names the first fault, and all faults by field."""
    fields = detail if isinstance(detail, dict) else {"request": detail}
    name, fault = next(iter(fields.items()))
    while isinstance(fault, list | dict):
        fault = next(iter(fault.values() if isinstance(fault, dict) else fault), "is not valid")
    return f"{name}: {fault}", {"fields": fields}


def _form(code: str, message: str, details: dict[str, Any]) -> dict[str, Any]:
    return {"code": code, "message": message, "details": details}


def _headers(error: exceptions.APIException, context: dict[str, Any]) -> dict[str, str]:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))
    return headers
