"""Hear what happens to a benchmark, an instance or a report, or no longer."""

from django.db import transaction

from registry.errors import InvalidInput
from registry.lengths import require_fits
from registry.models import Benchmark, User, Watch
from registry.permissions import require_reader, require_signed_in

KINDS = ("benchmark", "instance", "report")


@transaction.atomic
def watch(*, actor: User, benchmark: Benchmark, kind: str, subject: str) -> Watch:
    """Watch a subject of the benchmark; doing so twice changes nothing.

    `subject` is the slug, `slug/key`, or a report's public id; the caller has looked it up.
    """
    require_reader(actor, benchmark)
    require_signed_in(actor, "watch this")
    if kind not in KINDS:
        raise InvalidInput(f"Watch one of {', '.join(KINDS)}.", field="kind")
    require_fits(Watch, subject=subject)
    return Watch.objects.get_or_create(user=actor, kind=kind, subject=subject)[0]


@transaction.atomic
def unwatch(*, actor: User, kind: str, subject: str) -> None:
    """Stop watching; nothing happens where nobody watched."""
    require_signed_in(actor, "stop watching")
    Watch.objects.filter(user=actor, kind=kind, subject=subject).delete()
