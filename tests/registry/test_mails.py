"""The outbox: written with what it tells of, sent once, tried again."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone

from registry.models import Mail, User
from registry.selectors import system_user
from registry.services.create_user import create_user
from registry.services.send_mails import send_mails, waiting_mails, write_mail


@pytest.fixture
def ada(db: None) -> User:
    """Somebody with an address."""
    return create_user(actor=system_user(), username="ada", email="ada@example.org")


@pytest.fixture
def sending(settings: Any) -> None:
    """A hub that can send mail."""
    settings.ERRATA_MAIL = True


def test_a_mail_is_written_once_and_sent_once(ada: User, sending: None) -> None:
    """However often the task that tells it runs, and the task that sends it."""
    for _ in range(2):
        write_mail(ada, "report:1:decided", "It is\ndecided", "See http://hub/reports/1/")
    assert send_mails() == 1
    assert send_mails() == 0
    (sent,) = django_mail.outbox
    assert sent.to == ["ada@example.org"]
    assert sent.subject == "[Errata] It is decided"
    assert "http://hub/reports/1/" in sent.body
    write_mail(ada, "report:1:decided", "Again", "no")
    assert send_mails() == 0
    assert Mail.objects.get().body == ""


def test_without_mail_settings_mails_wait(ada: User) -> None:
    """Nothing is sent, nothing is lost."""
    write_mail(ada, "k", "Subject", "body")
    assert send_mails() == 0
    assert [each.body for each in waiting_mails()] == ["body"]
    assert not django_mail.outbox


def test_a_failed_mail_is_tried_again_later(
    ada: User, sending: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a growing pause; others are not held up by it; after three days it is no news."""

    def fail(message: EmailMessage) -> int:
        raise SMTPServerDisconnected("gone")

    mail = write_mail(ada, "k", "Subject", "body")
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", fail)
        pauses = []
        for _ in range(3):
            Mail.objects.update(due_at=timezone.now())
            assert send_mails() == 0
            mail.refresh_from_db()
            pauses.append(round((mail.due_at - timezone.now()) / timedelta(minutes=1)))
    assert pauses == [2, 4, 8]
    assert mail.tries == 3
    assert send_mails() == 0  # not due yet
    Mail.objects.update(due_at=timezone.now())
    assert send_mails() == 1
    write_mail(ada, "old", "Subject", "body")
    Mail.objects.filter(key="old").update(created_at=timezone.now() - timedelta(days=4))
    assert send_mails() == 0


def test_a_mail_goes_with_its_transaction(ada: User) -> None:
    """What was rolled back is not told."""
    with transaction.atomic():
        write_mail(ada, "k", "Subject", "body")
        transaction.set_rollback(True)
    assert not Mail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_mails_are_sent_outside_transactions(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow mail server holds no lock; while it is slow no other process sends the same mail."""
    settings.ERRATA_MAIL = True
    seen = []

    def slow(message: EmailMessage) -> int:
        seen.append(connection.in_atomic_block)
        if len(seen) == 1:
            assert send_mails() == 0  # as another worker would
        return 1

    ada = create_user(actor=system_user(), username="ada", email="ada@example.org")
    write_mail(ada, "k", "Subject", "body")
    monkeypatch.setattr(EmailMessage, "send", slow)
    assert send_mails() == 1
    assert seen == [False]


def test_nobody_without_an_address_or_with_a_closed_account(ada: User, sending: None) -> None:
    """They are passed over."""
    bob = create_user(actor=system_user(), username="bob")
    write_mail(bob, "k", "Subject", "body")
    write_mail(ada, "k", "Subject", "body")
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert send_mails() == 0
