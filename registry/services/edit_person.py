"""What persons say of themselves, and how they go."""

from django.db import transaction

from registry.errors import NotAllowed, WrongState
from registry.events import record
from registry.models import User
from registry.permissions import require_staff
from registry.selectors import SYSTEM


@transaction.atomic
def edit_person(*, actor: User, full_name: str, credited: bool) -> None:
    """Change the actor's own name, and whether it is shown."""
    user = User.objects.select_for_update().get(pk=actor.pk)
    user.first_name, _, user.last_name = full_name.strip().partition(" ")
    user.credited = credited
    user.save(update_fields=["first_name", "last_name", "credited"])
    _record("user.edited", actor, user)


@transaction.atomic
def delete_person(*, actor: User, user: User) -> None:
    """Remove a person: name, address, sign-in, roles, tokens and mails.

    What they reported, decided and said stays as it is, under a public id that has no name.
    """
    if actor.pk != user.pk:
        require_staff(actor, "remove other people")
    if user.username == SYSTEM:
        raise NotAllowed("Nobody may remove the hub's own user.")
    others = User.objects.filter(is_staff=True, is_active=True).exclude(pk=user.pk)
    if user.is_staff and not others.exclude(username=SYSTEM).exists():
        raise WrongState("You are the last administrator. Make another one first.")
    _record("user.removed", actor, user)
    user.delete()


def _record(kind: str, actor: User, user: User) -> None:
    record(kind, actor=actor, benchmark=None, subject=("user", user.public_id))
