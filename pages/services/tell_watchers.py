"""Write the mails that events call for: to authors of reports and to whoever watches."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pages.news import KINDS, News, may_hear, news_of
from registry.models import Event, Told, User, Watch
from registry.services.send_mails import STALE, write_mail

AT_A_TIME = 200


def tell_watchers() -> int:
    """Write the mails of all events that nobody was told of yet; return how many events.

    An event's mails and the note that they are written are one transaction, so each is written
    once however often this runs. What is older than any mail may be is no news any more.
    """
    told = 0
    while events := _untold():
        for event in events:
            _tell(event)
        told += len(events)
    return told


def _untold() -> list[Event]:
    since = timezone.now() - STALE + timedelta(hours=1)
    events = Event.objects.filter(~Exists(Told.objects.filter(event=OuterRef("pk"))))
    events = events.filter(kind__in=KINDS, at__gt=since).select_related("benchmark")
    return list(events.order_by("pk")[:AT_A_TIME])


@transaction.atomic
def _tell(event: Event) -> None:
    if not Told.objects.get_or_create(event=event)[1]:
        return  # another worker was quicker
    for news in news_of(event):
        for user in _concerned(event, news):
            if may_hear(user, event):
                key = f"{event.public_id}:{news.key}"
                write_mail(user, key, news.title, f"{news.text()}\n\n{_WHY}")


_WHY = "You get this because you filed the report or watch it; the page lets you stop watching."


def _concerned(event: Event, news: News) -> Iterable[User]:
    """The author, and whoever watches but did not do it."""
    watched = Q(pk__in=[])
    for kind, subject in news.subjects:
        watched |= Q(kind=kind, subject=subject)
    watchers = Watch.objects.filter(watched).exclude(user__public_id=event.actor)
    concerned = Q(pk__in=watchers.values("user"))
    if news.author:
        concerned |= Q(public_id=news.author)
    return User.objects.filter(concerned, is_active=True).order_by("pk")
