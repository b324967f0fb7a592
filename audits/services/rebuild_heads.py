"""Make Head, Standing, Fingerprint and Searchable of a benchmark anew from the facts."""

from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery

from audits.permissions import require_auditor
from audits.services.fingerprint_contents import fingerprint_contents
from audits.services.triage_instances import triage_instances
from registry.events import record
from registry.importers.base import Progress, no_progress
from registry.locks import lock_benchmark
from registry.models import Benchmark, Head, Instance, Origin, Revision, User
from registry.services.fill_search import fill_search

CHUNK = 1_000
SHOWN = 20


@transaction.atomic
def rebuild_heads(
    *, actor: User, benchmark: Benchmark, progress: Progress = no_progress
) -> dict[str, Any]:
    """Point every head at the last revision, retired if that one retired it, and triage again.

    Returns how many `instances` there are, how many `heads` and `standings` were wrong or missing
    and are mended, and the `keys` of the first wrong heads.
    """
    require_auditor(actor, benchmark)
    lock_benchmark(benchmark.pk)
    ids = list(
        Instance.objects.filter(benchmark=benchmark).order_by("pk").values_list("pk", flat=True)
    )
    wrong: list[str] = []
    standings = 0
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        wrong += _mend(benchmark, part)
        standings += triage_instances(benchmark=benchmark, instance_ids=part, actor=actor).standings
        progress("rebuilding", start + len(part), len(ids))
    fingerprint_contents(benchmark=benchmark, anew=True)
    fill_search(benchmark=benchmark, anew=True)
    result = {"instances": len(ids), "heads": len(wrong), "standings": standings}
    if wrong or standings:
        record(
            "heads.rebuilt",
            actor=actor,
            benchmark=benchmark,
            subject=("benchmark", benchmark.slug),
            data=result,
        )
    return {**result, "keys": wrong[:SHOWN]}


def _mend(benchmark: Benchmark, ids: list[int]) -> list[str]:
    """Mend the heads of these instances; return the keys of those that were wrong."""
    there = {
        head.pk: head for head in Head.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    }
    newest = Revision.objects.filter(instance=OuterRef("pk")).order_by("-number")
    facts = Instance.objects.filter(pk__in=ids).annotate(
        newest=Subquery(newest.values("pk")[:1]), origin=Subquery(newest.values("origin")[:1])
    )
    rows, keys = [], []
    for instance, key, revision, origin in facts.values_list("pk", "key", "newest", "origin"):
        head = there.get(instance)
        retired = origin == Origin.RETIRED
        if revision is None or (head and (head.revision_id, head.retired) == (revision, retired)):
            continue
        rows.append(
            Head(
                instance_id=instance,
                benchmark=benchmark,
                revision_id=revision,
                retired=retired,
            )
        )
        keys.append(key)
    Head.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["instance"],
        update_fields=["benchmark", "revision", "retired"],
    )
    return sorted(keys)
