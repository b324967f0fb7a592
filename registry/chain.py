"""The digest that chains an instance's revisions: what it covers and in which form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from errata.manifest import canonical_json, sha256_hex

FORMAT = 1


def moment(at: datetime) -> str:
    """A moment as digested: UTC, always six decimals."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Everything that the digest of one revision covers; never a database id."""

    benchmark: str
    key: str
    number: int
    kind: str
    content: str
    answer: str
    limits: str
    derivation: str
    meta: str
    group: str
    reason: str
    origin: str
    cause: str
    actor: str
    at: str
    previous: str

    def digest(self) -> str:
        """SHA-256 of the canonical JSON (RFC 8785) of all fields and the format version."""
        document = {name: getattr(self, name) for name in self.__slots__}
        return sha256_hex(canonical_json({"format": FORMAT, **document}))


def text_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """The digest and the canonical text of a document; two empty strings for an empty one."""
    if not document:
        return "", ""
    text = canonical_json(document)
    return sha256_hex(text), text
