"""Signatures of releases, and how one key of a hub hands over to the next.

A hub signs the bytes of each manifest with Ed25519; since the manifest holds the digest of every
other file, one signature vouches for all of a release. A key is named by itself: its 32 bytes as 64
hexadecimal digits, short enough to be its own fingerprint. A handover is signed by both keys: the
old one says whom to trust from now on, the new one which releases signed until then are the hub's.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from errata.manifest import canonical_json

FORMAT = 1
_KEY = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_HANDOVER = "errata key handover"  # so that no manifest can be taken for one


class InvalidSignature(ValueError):
    """A signature file that cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Handover:
    """The statement that `new` signs for a hub from `at` on in place of `old`.

    `releases` are the SHA-256 of the manifests that the hub had signed until then, by the key that
    signed them: all that the new key vouches for. None in statements from before hubs listed them.
    """

    old: str
    new: str
    at: str
    old_signature: str
    new_signature: str
    releases: Mapping[str, Collection[str]] | None = None

    @classmethod
    def signed(
        cls,
        old: str,
        new: str,
        at: str,
        *signers: Callable[[bytes], bytes],
        releases: Mapping[str, Collection[str]] | None = None,
    ) -> Self:
        """The statement with the signatures of the old key's and the new key's signer."""
        unsigned = cls(old, new, at, "", "", releases)
        by_old, by_new = (
            sign(unsigned._text(key)).hex() for sign, key in zip(signers, (old, new), strict=True)
        )
        return cls(old, new, at, by_old, by_new, releases)

    @classmethod
    def from_dict(cls, document: object) -> Self:
        """Read a statement; raises InvalidSignature for other shapes."""
        found = _fields(document, old=_KEY, new=_KEY, old_signature=_SIGNATURE)
        found |= _fields(document, new_signature=_SIGNATURE, at=re.compile(r"[0-9TZ:.+-]{1,40}"))
        return cls(**found, releases=_releases(document))

    def to_dict(self) -> dict[str, Any]:
        """The statement as JSON holds it."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def holds_for(self, key: str) -> bool:
        """Whether one of its two keys really signed it."""
        signature = {self.old: self.old_signature, self.new: self.new_signature}[key]
        return is_signed(key, signature, self._text(key))

    def lists(self, key: str, manifest: str) -> bool:
        """Whether a key had signed the manifest with this SHA-256 until then."""
        return manifest in (self.releases or {}).get(key, ())

    def _text(self, key: str) -> bytes:
        """What a key signs: the old one need not know what the new one vouches for."""
        told: dict[str, Any] = {"old": self.old, "new": self.new, "at": self.at}
        if key == self.new and self.releases is not None:
            told["releases"] = self.releases
        return canonical_json(told | {"statement": _HANDOVER}).encode()


@dataclass(frozen=True, slots=True)
class Signature:
    """What `manifest.sig` holds: who signed, and how the hub's earlier keys led to that key."""

    key: str
    signature: str
    handovers: tuple[Handover, ...] = ()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read the file; raises InvalidSignature where it is not one."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidSignature("It is not JSON.") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise InvalidSignature(f"It is not of format {FORMAT}; use a newer errata to read it.")
        told = document.get("handovers")
        if not isinstance(told, list):
            raise InvalidSignature("Its handovers are missing.")
        handovers = tuple(Handover.from_dict(each) for each in told)
        return cls(
            **_fields(document, key=_KEY, signature=_SIGNATURE),
            handovers=handovers,
        )

    def to_json(self) -> str:
        """The text of the file."""
        document = {
            "format": FORMAT,
            "algorithm": "Ed25519",
            "key": self.key,
            "signature": self.signature,
            "handovers": [handover.to_dict() for handover in self.handovers],
        }
        return json.dumps(document, indent=2, sort_keys=True) + "\n"

    def covers(self, manifest: bytes) -> bool:
        """Whether the key signed exactly these bytes."""
        return is_signed(self.key, self.signature, manifest)


def is_key(text: str) -> bool:
    """Whether a text names a key."""
    return _KEY.fullmatch(text) is not None


def is_signed(key: str, signature: str, data: bytes) -> bool:
    """Whether a key made this signature of these bytes."""
    # Imported here: only who checks a signature waits for it.
    from cryptography.exceptions import InvalidSignature as WrongSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
            bytes.fromhex(signature), data
        )
    except (WrongSignature, ValueError):
        return False
    return True


def hands_over(start: str, goal: str, handovers: Iterable[Handover]) -> bool:
    """Whether keys handed over from `start` to `goal`, each time signed by the one before."""
    return _leads(start, goal, [(each.old, each.new, each) for each in handovers])


class Vouching(StrEnum):
    """Whether one key vouches for a release that another one signed."""

    LISTED = "listed"  # it was signed before the handover
    UNKNOWN = "unknown"  # the other key is an earlier one, but nothing says what it signed when
    LATE = "late"  # an earlier key signed it, but not before the handover
    NONE = "none"


def vouching(key: str, earlier: str, manifest: str, handovers: Iterable[Handover]) -> Vouching:
    """How `key` vouches for the manifest with this SHA-256, which the key `earlier` signed.

    What its own handover lists decides: a stolen old key speaks for the hub no more. Only handovers
    from before hubs listed releases are followed from key to key.
    """
    told = list(handovers)
    own = [each for each in told if each.new == key and each.releases is not None]
    own = [each for each in own if each.holds_for(key)]
    if any(each.lists(earlier, manifest) for each in own):
        return Vouching.LISTED
    if any(earlier == each.old or earlier in (each.releases or ()) for each in own):
        return Vouching.LATE
    steps = [(each.new, each.old, each) for each in told if each.releases is None]
    return Vouching.UNKNOWN if not own and _leads(key, earlier, steps) else Vouching.NONE


def is_late(key: str, manifest: str, handovers: Iterable[Handover]) -> bool:
    """Whether a key signed the manifest with this SHA-256 after it had handed over."""
    return any(
        vouching(each.new, key, manifest, [each]) is Vouching.LATE
        for each in handovers
        if each.old == key and each.holds_for(key)
    )


def _leads(start: str, goal: str, steps: list[tuple[str, str, Handover]]) -> bool:
    reached, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for one, other, handover in steps:
            if one == here and other not in reached and handover.holds_for(one):
                reached.add(other)
                waiting.append(other)
    return goal in reached


def _releases(document: Any) -> dict[str, tuple[str, ...]] | None:
    told = document.get("releases")
    if told is None:
        return None
    if not isinstance(told, dict) or not all(isinstance(each, list) for each in told.values()):
        raise InvalidSignature("Its releases are malformed.")
    named = [*told, *(digest for each in told.values() for digest in each)]
    if not all(isinstance(each, str) and is_key(each) for each in named):  # a digest looks alike
        raise InvalidSignature("Its releases are malformed.")
    return {key: tuple(digests) for key, digests in told.items()}


def _fields(document: object, **wanted: re.Pattern[str]) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise InvalidSignature("It holds something that is no object.")
    for name, form in wanted.items():
        if not isinstance(document.get(name), str) or not form.fullmatch(document[name]):
            raise InvalidSignature(f"Its {name} is missing or malformed.")
    return {name: document[name] for name in wanted}
