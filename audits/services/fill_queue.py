"""Open cases for the most doubtful labels, as many as the policy lets wait at a time."""

from collections.abc import Iterator
from itertools import islice

from django.db import transaction

from audits.evidence import Evidence, Policy
from audits.models import Belief as Learned
from audits.models import Case, Standing
from audits.selectors import current_policy
from audits.services.triage_instances import triage_instances
from audits.states import Bucket, CaseStatus
from audits.triage import is_sampled
from registry.models import Benchmark

WAITING = (CaseStatus.OPEN, CaseStatus.CLAIMED)


@transaction.atomic
def fill_queue(benchmark: Benchmark) -> int:
    """Open cases up to the policy's `open_cases`; return how many were opened.

    Contested labels come before sampled possible ones, the most doubtful first. What somebody asked
    for, the control sample and cases of groups take no room. Without a cap nothing is held back, so
    nothing is left to do.
    """
    policy = current_policy(benchmark)
    if not policy.open_cases:
        return 0
    list(Learned.objects.select_for_update().filter(benchmark=benchmark))  # one who fills at a time
    waiting = Case.objects.filter(benchmark=benchmark, status__in=WAITING, control=False)
    room = policy.open_cases - waiting.filter(score__lt=1, instance__isnull=False).count()
    if room <= 0:
        return 0
    chosen = list(islice(_held_back(benchmark, policy), room))
    return triage_instances(benchmark=benchmark, instance_ids=chosen, filling=True).opened


def _held_back(benchmark: Benchmark, policy: Policy) -> Iterator[int]:
    """The labels that would have a case if there was room, in the order in which they get it."""
    standings = Standing.objects.filter(
        benchmark=benchmark, case=None, instance__head__retired=False
    ).order_by("-score", "instance__position")
    yield from standings.filter(bucket=Bucket.CONTESTED).values_list("pk", flat=True)
    possible = standings.filter(bucket=Bucket.POSSIBLE).values_list("pk", "instance__key")
    for pk, key in possible.iterator():
        if is_sampled(Evidence(benchmark=benchmark.slug, key=key), policy):
            yield pk
