"""Share an endpoint's connections and rate between all workers of the hub, by leases."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from audits.gate import Part
from audits.models import Endpoint, Share
from audits.panel import EndpointSettings
from registry.dialects import insert_missing

LEASE = timedelta(seconds=15)  # of a share; whoever asks renews it twice a second
_SECONDS_PER_MINUTE = 60


@transaction.atomic
def take_share(*, endpoint: EndpointSettings, token: str, in_use: int) -> Part:
    """Take or renew the fair part that belongs to `token`; the endpoint's row is the lock.

    Parts are as equal as whole connections allow. A newcomer gets only what is free: the others
    see it when they renew and give up what is over their part as their calls end, so that the
    limit holds at every moment. The part of a dead worker is free when its lease is over. `in_use`
    is how many connections this worker may use until it has heard of its new part.
    """
    row, now = _lock(endpoint.name)
    shares = Share.objects.filter(endpoint=row)
    shares.filter(lease_until__lt=now).exclude(token=token).delete()
    others = dict(shares.exclude(token=token).values_list("token", "connections"))
    free = max(endpoint.connections - sum(others.values()), 0)
    mine = min(_fair(endpoint.connections, [*others, token], token), free)
    Share.objects.update_or_create(
        token=token,
        endpoint=row,
        defaults={"connections": max(mine, in_use), "lease_until": now + LEASE},
    )
    rate = endpoint.requests_per_minute / _SECONDS_PER_MINUTE
    pause = (row.paused_until - now).total_seconds() if row.paused_until else 0.0
    return Part(mine, rate * mine / endpoint.connections, max(pause, 0.0))


def leave_shares(*, tokens: Iterable[str]) -> None:
    """Give back the parts that belong to these tokens."""
    Share.objects.filter(token__in=list(tokens)).delete()


def pause_endpoint(*, name: str, seconds: float) -> None:
    """Let nobody ask this endpoint for so long; a longer pause that is there already stays."""
    until = Now() + timedelta(seconds=seconds)
    shorter = Q(paused_until=None) | Q(paused_until__lt=until)
    Endpoint.objects.filter(shorter, pk=name).update(paused_until=until)


def _lock(name: str) -> tuple[Endpoint, datetime]:
    """The endpoint's row, locked, and the database's time."""
    rows = Endpoint.objects.select_for_update().annotate(now=Now())
    row = rows.filter(pk=name).first()
    if row is None:
        insert_missing(Endpoint, ("name",), [(name,)], key=("name",))
        row = rows.get(pk=name)
    return row, row.now


def _fair(total: int, tokens: Sequence[str], token: str) -> int:
    """How many of all connections belong to this token if everybody gets the same."""
    whole, rest = divmod(total, len(tokens))
    return whole + (sorted(tokens).index(token) < rest)
