"""What experts are experts of: they state it, somebody else verifies it."""

from django.db import transaction
from django.utils import timezone

from registry.errors import InvalidInput, NotAllowed, NotFound
from registry.events import record
from registry.lengths import require_fits
from registry.models import Specialty, User
from registry.permissions import may_verify, require_signed_in

MOST = 10


@transaction.atomic
def state_specialty(*, actor: User, name: str) -> Specialty:
    """Add a specialty of the actor's own; nobody has verified it yet."""
    require_signed_in(actor, "state a specialty")
    name = " ".join(name.split())
    require_fits(Specialty, name=name)
    if not name:
        raise InvalidInput("Name the specialty, such as “cardiology”.", field="name")
    User.objects.select_for_update().get(pk=actor.pk)
    if actor.specialties.count() >= MOST:
        raise InvalidInput(f"{MOST} specialties are the most; take one away first.", field="name")
    made, new = Specialty.objects.get_or_create(user=actor, name=name)
    if new:
        _record("specialty.stated", actor, made)
    return made


@transaction.atomic
def drop_specialty(*, actor: User, specialty: int) -> None:
    """Take one of the actor's own specialties away."""
    found = Specialty.objects.filter(pk=specialty, user=actor).first()
    if found is None:
        raise NotFound("You have no such specialty (any more).", code="no_specialty")
    _record("specialty.dropped", actor, found)
    found.delete()


@transaction.atomic
def verify_specialty(*, actor: User, specialty: int, verified: bool = True) -> Specialty:
    """Say that a person is what they state, or take that back; see `may_verify`."""
    locked = Specialty.objects.select_for_update(of=("self",)).select_related("user")
    found = locked.filter(pk=specialty).first()
    if found is None:
        raise NotFound("There is no such specialty (any more).", code="no_specialty")
    if not may_verify(actor, found.user):
        raise NotAllowed(
            "You may not verify this: that takes the staff or a maintainer of a benchmark in which "
            "the person is an expert, and never oneself.",
            code="verifier_required",
        )
    if bool(found.verified_by) != verified:
        found.verified_by = actor.public_id if verified else ""
        found.verified_at = timezone.now() if verified else None
        found.save(update_fields=["verified_by", "verified_at"])
        _record("specialty.verified" if verified else "specialty.doubted", actor, found)
    return found


def _record(kind: str, actor: User, specialty: Specialty) -> None:
    record(
        kind,
        actor=actor,
        benchmark=None,
        subject=("user", specialty.user.public_id),
        data={"specialty": specialty.name},
    )
