"""Keep texts under their digests."""

from collections.abc import Iterable

from errata.manifest import sha256_hex

from registry.dialects import insert_missing
from registry.errors import InvalidInput
from registry.models import Text


def keep_text(body: str) -> str:
    """Store one text and return its digest; an empty text has no digest and is not stored.

    InvalidInput where it holds NUL, which PostgreSQL does not take.
    """
    if not body:
        return ""
    if "\0" in body:
        raise InvalidInput("A text cannot contain a NUL character; take it out.", code="nul")
    digest = sha256_hex(body)
    keep_texts([(digest, body)])
    return digest


def keep_texts(texts: Iterable[tuple[str, str]]) -> int:
    """Store those (digest, body) pairs that are not there yet; return how many were new."""
    return insert_missing(Text, ("digest", "body"), texts, key=("digest",))
