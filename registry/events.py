"""Recording what happened, and telling the tasks that wait for it.

`settings.EVENT_TASKS` maps an event kind to names of Celery tasks that take the benchmark's id.
A lost message loses nothing: the sweeps find the same work in the database.
"""

import logging
from collections.abc import Mapping
from typing import Any

from celery import signature
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from registry.models import Benchmark, Event, User
from registry.services.keep_text import keep_text

log = logging.getLogger(__name__)


def record(
    kind: str,
    *,
    actor: User,
    benchmark: Benchmark | None,
    subject: tuple[str, str],
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    at: Any = None,
) -> Event:
    """Write the event in the caller's transaction and dispatch its tasks once that commits."""
    event = Event.objects.create(
        benchmark=benchmark,
        kind=kind,
        actor=actor.public_id,
        subject_kind=subject[0],
        subject_id=subject[1],
        reason=keep_text(reason),
        data=dict(data or {}),
        at=at or timezone.now(),
    )
    for task in settings.EVENT_TASKS.get(kind, ()):
        dispatch(task, benchmark.pk if benchmark else None)
    return event


def dispatch(task: str, *args: Any) -> None:
    """Send a task by name once the transaction commits; a broker that is down is only logged."""
    transaction.on_commit(lambda: _send(task, args))


def _send(task: str, args: tuple[Any, ...]) -> None:
    try:
        signature(task, args=args).apply_async(retry=False)
    except (OperationalError, OSError) as error:
        log.warning("broker unreachable, the sweep will find the work: %s (%s)", task, error)
