"""Learn from a benchmark's decisions, and bring standings, cases and the queue in line."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from django.db import transaction
from django.utils import timezone

from audits.belief import Belief, learn
from audits.decided import decided_of, undecided_of
from audits.effort import review_effort
from audits.evidence import Decided, Evidence, Policy
from audits.models import Belief as Learned
from audits.policies import load_policy
from audits.proposals import propose_rulings
from audits.reliability import measure, to_json
from audits.selectors import Basis, basis_of, current_policy
from audits.services.fill_queue import fill_queue
from audits.services.open_group_case import open_group_case
from audits.services.order_queue import order_queue
from audits.services.triage_instances import triage_instances
from registry.models import Benchmark, Head

LOCKED = 250  # labels judged, and so locked, at a time: who decides on one hardly waits
UNFINISHED = "unfinished"  # stands for the policy's version until all labels are judged anew


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
        heads = Head.objects.filter(benchmark=benchmark).order_by("pk")
        ids = list(heads.values_list("pk", flat=True))
        for start in range(0, len(ids), LOCKED):
            triage_instances(benchmark=benchmark, instance_ids=ids[start : start + LOCKED])
    _propose(benchmark)
    fill_queue(benchmark)
    order_queue(benchmark)
    # Who knew more meanwhile has said so already.
    Learned.objects.filter(
        benchmark=benchmark, decisions__lte=basis.decisions, runs__lte=basis.runs
    ).update(decisions=basis.decisions, runs=basis.runs, policy=basis.policy)
    return True


def _known(benchmark: Benchmark) -> Basis | None:
    learned = Learned.objects.filter(benchmark=benchmark).first()
    return Basis(learned.decisions, learned.runs, learned.policy) if learned else None


def _propose(benchmark: Benchmark) -> None:
    """Open one case for each group whose errors look alike, instead of one for each label."""
    for proposal in Learned.objects.get(benchmark=benchmark).proposals:
        open_group_case(
            benchmark=benchmark,
            group=proposal["group"],
            reasons=[proposal["sentence"]],
            score=round(proposal["wrong"] / proposal["decided"], 4),
        )


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
    row.proposals = [asdict(each) for each in propose_rulings(decided, labels, policy)]
    row.learned_at = timezone.now()
    row.save(update_fields=["policy", "state", "reliability", "effort", "proposals", "learned_at"])
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
