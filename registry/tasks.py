"""Background work of the registry. It may run twice or never: the sweep finds what is left."""

from celery import shared_task

from registry.services.send_mails import send_mails as send


@shared_task
def send_mails() -> None:
    """Send the mails that are due."""
    send()
