"""Take an API token back."""

from django.db import transaction

from registry.errors import NotFound
from registry.events import record
from registry.models import ApiToken, User


@transaction.atomic
def revoke_token(*, actor: User, token: int) -> None:
    """Delete one of the actor's own tokens; requests that bear it are refused from now on."""
    found = ApiToken.objects.filter(pk=token, user=actor).first()
    if found is None:
        raise NotFound("You have no such token (any more).", code="no_token")
    found.delete()
    record(
        "token.revoked",
        actor=actor,
        benchmark=None,
        subject=("user", actor.public_id),
        data={"name": found.name},
    )
