"""Tell experts by mail, once a day at most, how much waits for them."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audits.models import Case
from audits.queueing import minutes_for, waiting_for
from audits.states import CaseStatus
from registry.models import Benchmark, Mail, Membership, Role, User
from registry.services.send_mails import write_mail


def mail_queues() -> int:
    """Write today's mail to each expert for whom cases wait; return how many were written.

    A day in which it runs twice has one mail, by its key.
    """
    waiting = Case.objects.filter(status__in=(CaseStatus.OPEN, CaseStatus.CLAIMED))
    members = Membership.objects.filter(
        role=Role.EXPERT, benchmark__in=waiting.values("benchmark"), user__is_active=True
    )
    written = 0
    for member in members.exclude(user__email="").select_related("user", "benchmark"):
        written += _mail(member.user, member.benchmark)
    return written


@transaction.atomic
def _mail(expert: User, benchmark: Benchmark) -> int:
    count = waiting_for(expert, benchmark).count()
    if not count:
        return 0
    minutes = minutes_for(benchmark, count)
    key = f"queue {benchmark.slug} {timezone.now():%Y-%m-%d}"[-120:]
    if Mail.objects.filter(user=expert, key=key).exists():
        return 0
    cases = f"{count} case{'s' if count > 1 else ''}"
    about = f"about {minutes} minute{'s' if minutes > 1 else ''}"
    write_mail(
        expert,
        key,
        f"{benchmark.title}: {cases}, {about}"[:200],
        f"{cases} of {benchmark.title} wait for you: {about}.\n\n"
        f"They are at {address_of(benchmark)}\n",
    )
    return 1


def address_of(benchmark: Benchmark) -> str:
    """Where the queue of a benchmark is."""
    return f"{settings.ERRATA_HUB}/b/{benchmark.slug}/cases/"
