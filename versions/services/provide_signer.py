"""Have the hub's signing key at hand; the first call makes it."""

from pathlib import Path

from django.conf import settings
from django.utils import timezone

from registry.errors import WrongState
from registry.keeping import offer
from versions.locks import signing_key_file
from versions.models import SigningKey
from versions.signer import Signer


def provide_signer() -> Signer:
    """The signer of the hub's newest key.

    A hub that never signed gets its key here. Raises WrongState where the file is gone or holds
    another key than the hub's newest.
    """
    path = settings.ERRATA_SIGNING_KEY
    with signing_key_file():
        last = SigningKey.objects.last()
        if last is None:
            offer(path, Signer.new().to_pem())
            signer = Signer.read(path)
            SigningKey.objects.create(key=signer.key, at=timezone.now())
            return signer
        finish_rotation(last.key)
        signer = Signer.read(path)
    if signer.key != last.key:
        raise WrongState(
            f"{path} holds the key {signer.key}, but since {last.at:%Y-%m-%d} the hub signs with "
            f"{last.key}. Put that one back from a backup.",
            code="other_signing_key",
        )
    return signer


def finish_rotation(key: str) -> None:
    """Put the hub's newest key in place where a rotation was stopped before its last step."""
    waiting = next_key_file()
    if waiting.exists() and Signer.read(waiting).key == key:
        waiting.replace(settings.ERRATA_SIGNING_KEY)


def next_key_file() -> Path:
    """Where a new key waits until the database knows of it."""
    path = settings.ERRATA_SIGNING_KEY
    return path.with_name(f"{path.name}.next")
