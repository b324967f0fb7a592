"""The five ways a service refuses, each with a stable code and a sentence that says what to do.

Only `api`, `pages` and `config` translate them into HTTP.
"""

from collections.abc import Mapping
from typing import Any


class ErrataError(Exception):
    """Base of all refusals. `message` is a full sentence for people; `details` is for programs."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details: Mapping[str, Any] = details


class NotFound(ErrataError):
    """The thing named does not exist, or the actor may not know that it does."""

    code = "not_found"


class NotAllowed(ErrataError):
    """The actor lacks the role that this action needs."""

    code = "not_allowed"


class InvalidInput(ErrataError):
    """What was sent cannot be read or breaks a rule of the benchmark."""

    code = "invalid_input"


class WrongState(ErrataError):
    """The thing is not, or no longer, in a state that permits this."""

    code = "wrong_state"


class Immutable(ErrataError):
    """A fact or a frozen release was about to be changed."""

    code = "immutable"
