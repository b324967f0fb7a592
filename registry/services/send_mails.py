"""The outbox: mails are rows, written in the transaction they tell of and sent after it."""

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, QuerySet
from django.utils import timezone

from registry.dialects import claim
from registry.lengths import require_fits
from registry.models import Mail, User

log = logging.getLogger(__name__)

# A mail that is being sent is nobody else's for so long; afterwards its sender is thought dead.
LEASE = timedelta(minutes=5)
# What could not be sent by then is no news any more.
STALE = timedelta(days=3)


def write_mail(user: User, key: str, subject: str, body: str, *, address: str = "") -> Mail:
    """Put a mail to `user` into the outbox, in the caller's transaction.

    `key` says what it tells ("report:01H…:decided"); the same user gets one mail per key, however
    often this is called. `address` replaces the user's own, to prove that it is theirs. Without
    any address it stays in the outbox, where the staff may read its links.
    """
    require_fits(Mail, key=key)
    subject = " ".join(subject.split())[: Mail._meta.get_field("subject").max_length]
    return Mail.objects.get_or_create(
        user=user,
        key=key,
        defaults={"subject": subject, "body": body, "address": address or user.email},
    )[0]


def waiting_mails() -> QuerySet[Mail]:
    """The mails that nobody got yet and that are still news, newest first."""
    fresh = Mail.objects.filter(sent_at=None, created_at__gt=timezone.now() - STALE)
    return fresh.select_related("user").order_by("-created_at", "-pk")


def send_mails() -> int:
    """Send what is due, each mail by one process and outside transactions; the number sent.

    A mail that fails is tried again after 2, 4, 8, … minutes, until it is stale.
    """
    sent = 0
    while settings.ERRATA_MAIL and (mail := _take()) is not None:
        sent += _send(mail)
    return sent


def _take() -> Mail | None:
    now = timezone.now()
    due = Mail.objects.filter(
        sent_at=None, due_at__lte=now, created_at__gt=now - STALE, user__is_active=True
    ).exclude(address="")
    lease = {"due_at": now + LEASE, "tries": F("tries") + 1}
    mail: Mail | None = claim(due.order_by("due_at", "pk"), lease)
    return mail


def _send(mail: Mail) -> bool:
    message = EmailMessage(
        subject=f"[Errata] {mail.subject}",
        body=f"{mail.body.rstrip()}\n\n-- \nErrata, {settings.ERRATA_HUB}/\n",
        to=[mail.address],
        headers={"Message-ID": f"<errata-{mail.pk}@{settings.ERRATA_HUB.rpartition('/')[2]}>"},
    )
    mine = Mail.objects.filter(pk=mail.pk, sent_at=None, tries=mail.tries)
    try:
        message.send()
    except (SMTPException, OSError) as error:
        # No address in the logs: they name persons by public id alone.
        log.warning("mail %s was not sent, try %s: %s", mail.pk, mail.tries, type(error).__name__)
        mine.update(due_at=timezone.now() + timedelta(minutes=2**mail.tries))
        return False
    # Nobody needs the text again, and it may hold a link that lets its reader in.
    mine.update(sent_at=timezone.now(), body="")
    return True
