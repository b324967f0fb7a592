"""Keys to sign with, always the same ones."""

from collections.abc import Callable, Collection, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from errata.manifest import sha256_hex
from errata.signing import Handover, Signature

AT = "2026-01-02T03:04:05.000000Z"


def sign_with(number: int) -> Callable[[bytes], bytes]:
    """The signer of test key `number`."""
    return _private(number).sign


def key(number: int) -> str:
    """Its public key."""
    return _private(number).public_key().public_bytes_raw().hex()


def handover(
    old: int, new: int, releases: Mapping[int, Collection[bytes]] | None = None, **signers: int
) -> Handover:
    """`old` hands over to `new`; other signers than these make it a forgery.

    `releases` are the manifests that each key had signed.
    """
    by_old, by_new = signers.get("by_old", old), signers.get("by_new", new)
    listed = releases and {
        key(signer): [sha256_hex(each) for each in signed] for signer, signed in releases.items()
    }
    return Handover.signed(
        key(old), key(new), AT, sign_with(by_old), sign_with(by_new), releases=listed
    )


def signature(manifest: bytes, number: int = 1, *handovers: Handover) -> bytes:
    """What `manifest.sig` holds where key `number` signed."""
    made = Signature(key(number), sign_with(number)(manifest).hex(), handovers)
    return made.to_json().encode()


def _private(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
