"""Have a new key sign from now on, with a statement by which readers accept it."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from errata.manifest import canonical_json
from errata.signing import Handover

from registry.chain import moment
from registry.errors import WrongState
from registry.events import record
from registry.keeping import write_private
from registry.models import User
from registry.permissions import require_staff
from versions.locks import signing_key_file
from versions.models import SigningKey
from versions.services.provide_signer import finish_rotation, next_key_file, provide_signer
from versions.signatures import signed_manifests
from versions.signer import Signer


def rotate_signing_key(*, actor: User, lost: bool = False) -> SigningKey:
    """Make a new key; the old one signs that it hands over, unless it is `lost`.

    The new one signs which releases were signed until then; it vouches for no other of an old key.
    The old private key is overwritten. The new one is on disk before the database names it, and a
    call that was killed in between is finished by the next use. Releases keep their signatures.
    """
    require_staff(actor, "rotate the signing key")
    old = None if lost else provide_signer()
    with signing_key_file():
        last = SigningKey.objects.last()
        if lost:
            _require_lost(last)
        elif old is None or last is None or last.key != old.key:
            raise WrongState("The key was rotated meanwhile; look with: manage.py signing_key show")
        new, at = Signer.new(), timezone.now()
        write_private(next_key_file(), new.to_pem())
        row = _write_down(actor, old, new, at)
        finish_rotation(new.key)
    return row


def _require_lost(last: SigningKey | None) -> None:
    """Refuse to give up a key that is there: readers could not tell the hub from a forger."""
    if last is None:
        raise WrongState("This hub has not signed anything yet, so no key of it can be lost.")
    try:
        there = Signer.read(settings.ERRATA_SIGNING_KEY).key == last.key
    except WrongState:
        return
    if there:
        raise WrongState(
            f"The key is not lost: it is in {settings.ERRATA_SIGNING_KEY}. Leave out --lost, and "
            "it hands over to a new one. If somebody else may have it too, move the file away "
            "first: then nothing that it signs vouches for the new key.",
            code="key_not_lost",
        )


@transaction.atomic
def _write_down(actor: User, old: Signer | None, new: Signer, at: datetime) -> SigningKey:
    handover = ""
    if old is not None:
        # Held until the new key is there, so that no release is signed by the old one unlisted.
        SigningKey.objects.select_for_update().get(key=old.key)
        statement = Handover.signed(
            old.key, new.key, moment(at), old.sign, new.sign, releases=signed_manifests()
        )
        handover = canonical_json(statement.to_dict())
    row = SigningKey.objects.create(key=new.key, handover=handover, at=at)
    record(
        "signing_key.rotated",
        actor=actor,
        benchmark=None,
        subject=("signing_key", new.key),
        data={"old": old.key if old else None},
        at=at,
    )
    return row
