"""Put the cases that wait in the order in which experts should see them."""

from typing import NamedTuple

from django.db import transaction

from audits.models import Belief as Learned
from audits.models import Case
from audits.ordering import order
from audits.selectors import current_belief, current_policy
from audits.services.triage_instances import open_reports
from audits.states import CaseStatus
from audits.voices import evidence_of
from registry.models import Benchmark, Head

CHUNK = 1_000
_WAITING = (CaseStatus.OPEN, CaseStatus.CLAIMED)


class _Placed(NamedTuple):
    """Where a case is to stand, and why."""

    priority: float
    reason: str


def order_queue(benchmark: Benchmark) -> int:
    """Give every waiting case its priority and the reason for it; return how many changed.

    Cases of the control sample keep the place they borrowed, so that they look like any other.
    Places are worked out without a lock, and worked out again where somebody learned meanwhile.
    """
    while (changed := _order(benchmark)) is None:
        pass
    return changed


def _order(benchmark: Benchmark) -> int | None:
    before = _learned_at(benchmark)
    moved = _moved(benchmark)
    with transaction.atomic():
        list(Learned.objects.select_for_update().filter(benchmark=benchmark))
        if _learned_at(benchmark) != before:
            return None
        cases = Case.objects.select_for_update().filter(pk__in=list(moved), status__in=_WAITING)
        changed = list(cases.order_by("pk"))
        for case in changed:
            case.priority, case.priority_reason = moved[case.pk]
        Case.objects.bulk_update(changed, ["priority", "priority_reason"], batch_size=CHUNK)
    return len(changed)


def _learned_at(benchmark: Benchmark) -> object:
    return Learned.objects.filter(benchmark=benchmark).values_list("learned_at", flat=True).first()


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
