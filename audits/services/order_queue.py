"""Put the cases that wait in the order in which experts should see them."""

from collections.abc import Mapping
from typing import NamedTuple

from django.db import transaction

from audits.models import Belief as Learned
from audits.models import Case
from audits.ordering import order
from audits.selectors import current_belief, current_policy
from audits.services.triage_instances import open_reports
from audits.states import CaseStatus
from audits.voices import evidence_of
from registry.dialects import update_rows
from registry.models import Benchmark, Head

CHUNK = 500  # cases that are locked at a time
_WAITING = (CaseStatus.OPEN, CaseStatus.CLAIMED)


class _Placed(NamedTuple):
    """Where a case is to stand, and why."""

    priority: float
    reason: str


def order_queue(benchmark: Benchmark) -> int:
    """Give every waiting case its priority and the reason for it; return how many changed.

    Cases of the control sample keep the place they borrowed, so that they look like any other.
    Places are worked out without a lock and written CHUNK by CHUNK. Where somebody learned
    meanwhile, the rest is left to them: they order the queue by more.
    """
    learned = Learned.objects.filter(benchmark=benchmark)
    before = list(learned.values_list("learned_at", flat=True))
    moved = _moved(benchmark)
    ids, changed = sorted(moved), 0
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            if list(learned.select_for_update().values_list("learned_at", flat=True)) != before:
                return changed
            changed += _write({pk: moved[pk] for pk in ids[start : start + CHUNK]})
    return changed


def _write(moved: Mapping[int, _Placed]) -> int:
    rows = Case.objects.select_for_update().filter(pk__in=list(moved), status__in=_WAITING)
    cases = list(rows.order_by("pk"))
    for case in cases:
        case.priority, case.priority_reason = moved[case.pk]
    update_rows(cases, ["priority", "priority_reason"])
    return len(cases)


def _moved(benchmark: Benchmark) -> dict[int, _Placed]:
    """The new places of the waiting cases that stand elsewhere, by id."""
    policy = current_policy(benchmark)
    belief = current_belief(benchmark, policy)
    waiting = Case.objects.filter(
        benchmark=benchmark, status__in=_WAITING, control=False, instance__isnull=False
    )
    cases = list(waiting.order_by("pk"))
    heads = Head.objects.filter(pk__in=[case.instance_id for case in cases])
    revisions = dict(heads.values_list("pk", "revision"))
    evidence = evidence_of(benchmark, sorted(revisions.values()), policy)
    known = [evidence[revisions[case.instance_id]] for case in cases]
    places = {place.key: place for place in order(known, belief, seed=policy.seed)}
    asked = open_reports([case.instance_id for case in cases])
    moved = {}
    for case, label in zip(cases, known, strict=True):
        placed = _Placed(places[label.key].priority, places[label.key].reason)
        if case.instance_id in asked:  # Somebody waits for the answer: before all others.
            placed = _Placed(placed.priority + policy.band_weight, f"reported; {placed.reason}")
        if placed != (case.priority, case.priority_reason):
            moved[case.pk] = placed
    return moved
