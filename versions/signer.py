"""The private key that signs releases, as it lies in its file."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from registry.errors import WrongState


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key; it never shows itself when printed."""

    _private: Ed25519PrivateKey

    @classmethod
    def new(cls) -> "Signer":
        """A fresh key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, path: Path) -> "Signer":
        """The key in a file; WrongState where there is none that can be used."""
        try:
            found = load_pem_private_key(path.read_bytes(), password=None)
        except FileNotFoundError:
            raise _unusable(path, "is missing") from None
        except (OSError, ValueError, TypeError) as error:
            raise _unusable(path, f"cannot be read ({error})") from None
        if not isinstance(found, Ed25519PrivateKey):
            raise _unusable(path, "holds a key of another kind than Ed25519")
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return cls(found)

    @property
    def key(self) -> str:
        """The public key as 64 hexadecimal digits, which is also its fingerprint."""
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes; the same bytes always have the same one."""
        return self._private.sign(data)

    def to_pem(self) -> str:
        """The text of the key's file."""
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._private.private_bytes(*form).decode("ascii")


def _unusable(path: Path, why: str) -> WrongState:
    return WrongState(
        f"The signing key {path} {why}. Put it back from a backup; only if there is none, have the "
        "hub go on with a new key that its readers must accept by hand: "
        "manage.py signing_key rotate --lost",
        code="no_signing_key",
    )
