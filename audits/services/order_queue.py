"""Put the cases that wait in the order in which experts should see them."""

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


@transaction.atomic
def order_queue(benchmark: Benchmark) -> int:
    """Give every waiting case its priority and the reason for it; return how many changed.

    Cases of the control sample keep the place they borrowed, so that they look like any other.
    """
    list(Learned.objects.select_for_update().filter(benchmark=benchmark))
    policy = current_policy(benchmark)
    belief = current_belief(benchmark, policy)
    cases = list(
        Case.objects.select_for_update()
        .filter(
            benchmark=benchmark,
            status__in=(CaseStatus.OPEN, CaseStatus.CLAIMED),
            control=False,
            instance__isnull=False,
        )
        .order_by("pk")
    )
    heads = Head.objects.filter(pk__in=[case.instance_id for case in cases])
    revisions = dict(heads.values_list("pk", "revision"))
    evidence = evidence_of(benchmark, sorted(revisions.values()), policy)
    known = [evidence[revisions[case.instance_id]] for case in cases]
    places = {place.key: place for place in order(known, belief, seed=policy.seed)}
    asked = open_reports([case.instance_id for case in cases])
    changed = []
    for case, label in zip(cases, known, strict=True):
        priority, reason = places[label.key].priority, places[label.key].reason
        if case.instance_id in asked:  # Somebody waits for the answer: before all others.
            priority, reason = priority + policy.band_weight, f"reported; {reason}"
        if (case.priority, case.priority_reason) != (priority, reason):
            case.priority, case.priority_reason = priority, reason
            changed.append(case)
    Case.objects.bulk_update(changed, ["priority", "priority_reason"], batch_size=CHUNK)
    return len(changed)
