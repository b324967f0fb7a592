"""Public ids: ULIDs, so that they sort by time and tell nothing about the database."""

from ulid import ULID

LENGTH = 26


def new_id() -> str:
    """A new public id of 26 characters."""
    return str(ULID())
