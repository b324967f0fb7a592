"""Learn from a benchmark's decisions, and bring standings, cases and the queue in line."""

from collections.abc import Iterable, Iterator, Sequence

from django.db import transaction
from django.utils import timezone
from errata.grading import LabelChange, compare

from audits.belief import Belief, learn
from audits.effort import review_effort
from audits.evidence import Decided, Evidence, Policy
from audits.models import Belief as Learned
from audits.models import Decision
from audits.policies import load_policy
from audits.reliability import measure, to_json
from audits.selectors import Basis, basis_of, current_policy
from audits.services.order_queue import order_queue
from audits.services.triage_instances import triage_instances
from audits.states import Outcome
from audits.voices import evidence_of
from registry.labels import label_of
from registry.models import Benchmark, Head
from registry.selectors import texts

CHUNK = 1_000
UNFINISHED = "unfinished"  # stands for the policy's version until all labels are judged anew
_KEPT = (LabelChange.IDENTICAL, LabelChange.REFORMATTED, LabelChange.WITHIN_TOLERANCE)


def learn_benchmark(*, benchmark_id: int) -> bool:
    """Learn from all decisions, unless nothing is new; return whether anything was.

    What is learned is written first, then every label is triaged by it, then the queue is ordered,
    and only then is it noted from what it was made: whoever dies on the way leaves work that the
    sweep finds, and doing it again gives the same. Must not run in a decision's transaction.
    """
    benchmark = Benchmark.objects.get(pk=benchmark_id)
    basis = basis_of(benchmark)
    if _known(benchmark) == basis:
        return False
    if _learn(benchmark, basis):
        ids = Head.objects.filter(benchmark=benchmark).order_by("pk").values_list("pk", flat=True)
        triage_instances(benchmark=benchmark, instance_ids=list(ids))
    order_queue(benchmark)
    # Who knew more meanwhile has said so already.
    Learned.objects.filter(
        benchmark=benchmark, decisions__lte=basis.decisions, runs__lte=basis.runs
    ).update(decisions=basis.decisions, runs=basis.runs, policy=basis.policy)
    return True


def decided_of(benchmark: Benchmark, policy: Policy) -> list[Decided]:
    """Every decided label with the evidence as it was before: its last decision on that revision.

    A flawed item's label counts as wrong: the expert could not let it stand.
    """
    rows = Decision.objects.filter(instance__benchmark=benchmark).order_by("pk")
    last = {
        row.before_id: row
        for row in rows.select_related("case", "category", "before__content", "after__content")
    }
    reasons = texts(row.reason for row in last.values())
    found = []
    for part in _parts(list(last)):
        known = evidence_of(benchmark, part, policy)
        found += [
            Decided(
                evidence=known[before],
                wrong=_was_wrong(last[before]),
                truth=last[before].after.answer,
                category=last[before].category.code if last[before].category else "",
                reason=reasons.get(last[before].reason, ""),
                control=last[before].case.control,
            )
            for before in part
        ]
    return found


def undecided_of(benchmark: Benchmark, policy: Policy) -> Iterator[Evidence]:
    """What is known of each live label that no expert decided on, in the order of ids."""
    heads = Head.objects.filter(benchmark=benchmark, retired=False).order_by("pk")
    decided = Decision.objects.filter(instance__benchmark=benchmark).exclude(outcome=Outcome.FLAWED)
    left = heads.exclude(revision__in=decided.values("after"))
    for part in _parts(list(left.values_list("revision", flat=True))):
        known = evidence_of(benchmark, part, policy)
        yield from (known[revision] for revision in part)


def _known(benchmark: Benchmark) -> Basis | None:
    learned = Learned.objects.filter(benchmark=benchmark).first()
    return Basis(learned.decisions, learned.runs, learned.policy) if learned else None


@transaction.atomic
def _learn(benchmark: Benchmark, basis: Basis) -> bool:
    """Write what the decisions teach; return whether labels have to be judged anew."""
    Learned.objects.get_or_create(benchmark=benchmark)
    row = Learned.objects.select_for_update().get(benchmark=benchmark)
    policy = current_policy(benchmark)
    decided = decided_of(benchmark, policy)
    labels = list(undecided_of(benchmark, policy))
    belief = learn(decided, policy)
    state, reliability = belief.to_json(), to_json(measure(decided, policy, labels))
    before = (row.policy or load_policy().version, row.state or Belief(policy).to_json())
    if before != (basis.policy, state) or row.reliability != reliability:
        row.policy = UNFINISHED
    row.state, row.reliability = state, reliability
    row.effort = [each.to_json() for each in _effort(belief, policy, decided, labels)]
    row.learned_at = timezone.now()
    row.save(update_fields=["policy", "state", "reliability", "effort", "learned_at"])
    return row.policy == UNFINISHED


def _effort(
    belief: Belief, policy: Policy, decided: Sequence[Decided], labels: Sequence[Evidence]
) -> Iterable[object]:
    left = zip(labels, belief.doubts(labels), strict=True)
    doubts = [(one.group, doubt.probability) for one, doubt in left]
    done = {one.evidence.key: one.evidence.group for one in decided}
    waiting = {one.key for one in labels}
    doubts += [(group, 0.0) for key, group in done.items() if key not in waiting]
    return review_effort(doubts, policy)


def _was_wrong(decision: Decision) -> bool:
    if decision.outcome == Outcome.FLAWED:
        return True
    change = compare(label_of(decision.before), label_of(decision.after)).change
    return change not in _KEPT


def _parts(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
