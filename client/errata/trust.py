"""Whether a signed release comes from whom it should: the key that signed it is the pinned one.

A key is pinned by `--key`, by `errata.lock` in this folder, or in the user's known keys, where it
is noted when a benchmark is first seen. Another key is accepted only where the pinned one leads to
it.
"""

import warnings
from dataclasses import dataclass
from enum import StrEnum

from errata.errors import ErrataError
from errata.known_keys import Pin, file_of_known_keys, known_pins, remember_pin
from errata.lockfile import LOCK, read_lock
from errata.manifest import SIGNATURE, sha256_hex
from errata.signing import (
    Handover,
    InvalidSignature,
    Signature,
    Vouching,
    hands_over,
    is_key,
    is_late,
    vouching,
)


class Trust(StrEnum):
    """Why a key is trusted."""

    GIVEN = "given"  # by --key
    LOCKED = "locked"  # by errata.lock
    KNOWN = "known"
    FIRST_USE = "first_use"
    HANDED_OVER = "handed_over"  # the pinned key handed over to this one
    EARLIER_KEY = "earlier_key"  # the pinned key lists what this one signed before the handover
    EARLIER_KEY_UNLISTED = "earlier_key_unlisted"  # it took over without listing anything


class Untrusted(ErrataError):
    """A release that nobody trusted vouches for; codes: unsigned, bad_signature, other_key,
    after_handover."""


@dataclass(frozen=True, slots=True)
class Source:
    """Of which benchmark and version a folder or hub says it is, and which key the user gave."""

    benchmark: str
    version: str
    hub: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Vouched:
    """The key that signed a release, and why it is trusted."""

    key: str
    trust: Trust


def vouch(source: Source, manifest: bytes, signature: bytes | None) -> Vouched:
    """Check the signature of a manifest's bytes and who made it; raises Untrusted.

    A key that was first seen here, or that the pinned one handed over to, is noted.
    """
    how, pins = pins_for(source)
    found = _signature(manifest, signature)
    trust, pin = _judge(how, pins, found, _seen(source), sha256_hex(manifest))
    if trust is None:
        raise Untrusted("other_key", _other_key(source, how, pins, found.key))
    if trust is Trust.FIRST_USE or (how is Trust.GIVEN and not _is_known(source)):
        _note(source, source.hub or "", found)
    elif pin is not None and how is Trust.KNOWN and trust is Trust.HANDED_OVER:
        _note(source, pin.hub, found)
    return Vouched(found.key, trust)


def pins_for(source: Source) -> tuple[Trust, list[Pin]]:
    """The keys that may sign, and where they are pinned: given, else locked, else known."""
    name, hub = source.benchmark, source.hub
    if source.key is not None:
        return Trust.GIVEN, [Pin(name, hub or "", source.key)]
    locked = [entry for entry in read_lock() if entry.benchmark == name]
    locked = [entry for entry in locked if entry.version == source.version] or locked
    if locked:
        return Trust.LOCKED, [Pin(name, entry.hub, entry.key) for entry in locked]
    known = known_pins(name, hub)
    return (Trust.KNOWN, known) if known else (Trust.FIRST_USE, [])


def require_key(text: str | None) -> None:
    """Refuse a text that names no key; None is no key given."""
    if text is not None and not is_key(text):
        message = f"{text!r} is no key; a key has 64 hexadecimal digits, in lower case."
        raise ErrataError("bad_key", message, asked_wrongly=True)


def _signature(manifest: bytes, signature: bytes | None) -> Signature:
    if signature is None:
        message = (
            "The release is not signed: its files fit together, but nothing says who made them. "
            "If it was built before its hub signed releases, use a later version."
        )
        raise Untrusted("unsigned", message)
    again = "Do not use this copy; pull the release again from its hub."
    try:
        found = Signature.from_json(signature)
    except InvalidSignature as error:
        raise Untrusted("bad_signature", f"{SIGNATURE} is no signature. {error} {again}") from None
    if not found.covers(manifest):
        message = f"The signature does not belong to this manifest or was changed. {again}"
        raise Untrusted("bad_signature", message)
    return found


def _judge(
    how: Trust, pins: list[Pin], found: Signature, seen: list[Handover], manifest: str
) -> tuple[Trust | None, Pin | None]:
    """Why the key is trusted, and the pin that leads to it; None where no pin does.

    What an earlier key may have signed is told by handovers seen before, never by the release.
    """
    if how is not Trust.GIVEN and is_late(found.key, manifest, seen):
        raise Untrusted("after_handover", _after_handover(found.key))
    if not pins or any(pin.key == found.key for pin in pins):
        return how, None
    for pin in pins:
        if hands_over(pin.key, found.key, (*seen, *found.handovers)):
            return Trust.HANDED_OVER, pin
        told = vouching(pin.key, found.key, manifest, seen)
        if told is Vouching.LATE:
            raise Untrusted("after_handover", _after_handover(found.key))
        if told is not Vouching.NONE:
            listed = told is Vouching.LISTED
            return (Trust.EARLIER_KEY if listed else Trust.EARLIER_KEY_UNLISTED), pin
    return None, None


def _seen(source: Source) -> list[Handover]:
    """The handovers that came with the keys that are known of a benchmark."""
    pins = known_pins(source.benchmark, source.hub)
    return [handover for pin in pins for handover in pin.handovers]


def _is_known(source: Source) -> bool:
    return bool(known_pins(source.benchmark, source.hub))


def _note(source: Source, hub: str, found: Signature) -> None:
    """Pin the key; where the user's settings cannot be written, say so and go on."""
    try:
        remember_pin(Pin(source.benchmark, hub, found.key, found.handovers))
    except OSError as error:
        message = f"The key {found.key} could not be kept ({error}); pin it with --key or {LOCK}."
        warnings.warn(message, stacklevel=3)


def _other_key(source: Source, how: Trust, pins: list[Pin], key: str) -> str:
    where = {Trust.GIVEN: "--key", Trust.LOCKED: LOCK}.get(how, str(file_of_known_keys()))
    return (
        f"The release is signed with the key {key}, but {where} pins {pins[0].key} for "
        f"{source.benchmark}, and no statement of that key leads to the other. Do not use this "
        "copy before its maintainers told you, on a way that you trust, that the key is theirs; "
        f"then name it with --key{'' if how is Trust.GIVEN else f', or correct {where}'}."
    )


def _after_handover(key: str) -> str:
    return (
        f"The release is signed with the key {key}, which has handed over to another one, and is "
        "none of those that were signed until then: somebody else may have the old key. Do not use "
        "this copy; tell the hub's maintainers."
    )
