"""Invitations: a link gives whoever signs in with it a role, once and not for ever."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from errata.manifest import sha256_hex

from registry.errors import InvalidInput, NotAllowed, NotFound
from registry.events import record
from registry.models import Benchmark, Invitation, Membership, Role, User
from registry.permissions import require_role, require_signed_in
from registry.selectors import find_invitation
from registry.services.send_mails import write_mail

HOLDS = timedelta(days=14)


@transaction.atomic
def invite_member(
    *, actor: User, benchmark: Benchmark, role: str, email: str = ""
) -> tuple[Invitation, str]:
    """Make an invitation; its link, the second one returned, is not shown again.

    With an e-mail address it is sent there too, and only an account with that address may accept.
    """
    require_role(actor, benchmark, Role.MAINTAINER, "invite members")
    if role not in Role.values:
        raise InvalidInput(f"'{role}' is no role; give one of {', '.join(Role.values)}.")
    secret = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        benchmark=benchmark,
        role=role,
        email=email,
        digest=sha256_hex(secret),
        actor=actor.public_id,
        expires_at=timezone.now() + HOLDS,
    )
    link = str(settings.ERRATA_HUB + reverse("invitation", args=[secret]))
    if email:
        subject = f"You are invited to {benchmark.title}"
        body = (
            f"{actor.get_full_name() or actor.username} invites you to the benchmark "
            f"{benchmark.title} as {role}.\n\nAccept here; the link works once, for "
            f"{HOLDS.days} days:\n{link}\n"
        )
        write_mail(actor, f"invitation:{made.public_id}", subject, body, address=email)
    _record("member.invited", actor, made)
    return made, link


@transaction.atomic
def accept_invitation(*, actor: User, secret: str) -> Benchmark:
    """Give the actor the role that the link promises; the link is used up."""
    require_signed_in(actor, "accept an invitation")
    found = find_invitation(secret)
    if found is None:
        raise NotFound(
            "This invitation was used, withdrawn, or is older than "
            f"{HOLDS.days} days. Ask whoever sent it for a new one.",
            code="no_invitation",
        )
    found = Invitation.objects.select_for_update().select_related("benchmark").get(pk=found.pk)
    if found.used_at is not None:
        raise NotFound("This invitation was used a moment ago.", code="no_invitation")
    if found.email and found.email.lower() != actor.email.lower():
        raise NotAllowed(
            "This invitation is for another e-mail address. Sign in with that account, or ask for "
            "an invitation without an address.",
            code="other_address",
        )
    found.used_by, found.used_at = actor.public_id, timezone.now()
    found.save(update_fields=["used_by", "used_at"])
    Membership.objects.get_or_create(benchmark=found.benchmark, user=actor, role=found.role)
    _record("member.accepted", actor, found)
    return found.benchmark


@transaction.atomic
def withdraw_invitation(*, actor: User, benchmark: Benchmark, invitation: str) -> None:
    """Make a link that nobody used worthless."""
    require_role(actor, benchmark, Role.MAINTAINER, "withdraw an invitation")
    waiting = Invitation.objects.filter(benchmark=benchmark, used_at=None)
    found = waiting.select_for_update().filter(public_id=invitation).first()
    if found is None:
        raise NotFound("There is no such invitation that waits.", code="no_invitation")
    _record("member.uninvited", actor, found)
    found.delete()


def _record(kind: str, actor: User, invitation: Invitation) -> None:
    record(
        kind,
        actor=actor,
        benchmark=invitation.benchmark,
        subject=("invitation", invitation.public_id),
        data={"role": invitation.role},
    )
