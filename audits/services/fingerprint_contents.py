"""Make the fingerprints of a benchmark's inputs that are missing, before a run looks for twins."""

from django.db import transaction

from audits.fingerprint import VERSION, fingerprint
from audits.models import Fingerprint
from registry.dialects import insert_missing
from registry.models import Benchmark, Head
from registry.selectors import documents

CHUNK = 1_000
_FIELDS = ("content", "value", "order", "version")


def fingerprint_contents(*, benchmark: Benchmark, anew: bool = False) -> int:
    """Fingerprint the contents of all live instances that lack one, or all `anew`; return how many.

    In chunks, each in a short transaction, so that it may be broken off and called again, also by
    two workers at once. Inputs that were removed, or that have nothing left without formatting, are
    like themselves alone.
    """
    heads = Head.objects.filter(benchmark=benchmark, retired=False).order_by("pk")
    if not anew:
        heads = heads.exclude(revision__content__fingerprint__version=VERSION)
    made, last = 0, 0
    while rows := list(
        heads.filter(pk__gt=last).values_list(
            "pk", "revision__content_id", "revision__content__kind"
        )[:CHUNK]
    ):
        last = rows[-1][0]
        made += _write({content: kind for _, content, kind in rows}, anew)
    return made


def _write(kinds: dict[str, str], anew: bool) -> int:
    found = documents(kinds)
    rows = []
    for content, kind in kinds.items():
        told = fingerprint(kind, found.get(content, {}).get("inputs") or {})
        rows.append((content, told.value or content, told.order, VERSION))
    with transaction.atomic():
        outdated = Fingerprint.objects.filter(content__in=list(kinds))
        (outdated if anew else outdated.exclude(version=VERSION)).delete()
        return insert_missing(Fingerprint, _FIELDS, rows, key=("content",))
