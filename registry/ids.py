"""Public ids: ULIDs, so that they sort by time and tell nothing about the database."""

from datetime import datetime

from ulid import ULID

LENGTH = 26


def is_id(text: str) -> bool:
    """Whether a text can be a public id; what cannot (a NUL in an address) is not looked up."""
    return len(text) == LENGTH and text.isascii() and text.isalnum()


def new_id(at: datetime | None = None) -> str:
    """A new public id of 26 characters; it sorts by `at`, or by now."""
    return str(ULID() if at is None else ULID.from_datetime(at))
