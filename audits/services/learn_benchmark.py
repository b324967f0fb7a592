"""Learn from a benchmark's decisions, and bring standings, cases and the queue in line."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

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
    while (learned := _learn(benchmark, basis)) is None:
        basis = basis_of(benchmark)
    if learned.policy == UNFINISHED:
        heads = Head.objects.filter(benchmark=benchmark).order_by("pk")
        ids = list(heads.values_list("pk", flat=True))
        for start in range(0, len(ids), LOCKED):
            triage_instances(benchmark=benchmark, instance_ids=ids[start : start + LOCKED])
    _propose(benchmark)
    fill_queue(benchmark)
    order_queue(benchmark)
    # Who learned meanwhile judges all labels by that, and notes it.
    mine = Learned.objects.filter(benchmark=benchmark, learned_at=learned.learned_at)
    mine.update(decisions=basis.decisions, runs=basis.runs, policy=basis.policy)
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


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What was worked out from decisions, ready to be written."""

    state: dict[str, Any]
    reliability: list[dict[str, Any]]
    effort: list[object]
    proposals: list[dict[str, Any]]


def _learn(benchmark: Benchmark, basis: Basis) -> Learned | None:
    """Write what the decisions teach; UNFINISHED where labels have to be judged anew.

    It is worked out without a lock or a transaction, since that takes long where there are many
    labels. Returns None where somebody else wrote meanwhile, perhaps from more: nothing is written
    then.
    """
    before = Learned.objects.get_or_create(benchmark=benchmark)[0].learned_at
    policy = current_policy(benchmark)
    lesson = _work_out(benchmark, policy)
    with transaction.atomic():
        row = Learned.objects.select_for_update().get(benchmark=benchmark)
        if row.learned_at != before:
            return None
        known = (row.policy or load_policy().version, row.state or Belief(policy).to_json())
        if known != (basis.policy, lesson.state) or row.reliability != lesson.reliability:
            row.policy = UNFINISHED
        for name, value in asdict(lesson).items():
            setattr(row, name, value)
        row.learned_at = timezone.now()
        row.save(update_fields=[*asdict(lesson), "policy", "learned_at"])
        return row


def _work_out(benchmark: Benchmark, policy: Policy) -> _Lesson:
    decided = decided_of(benchmark, policy)
    labels = list(undecided_of(benchmark, policy))
    belief = learn(decided, policy)
    return _Lesson(
        belief.to_json(),
        to_json(measure(decided, policy, labels)),
        [each.to_json() for each in _effort(belief, policy, decided, labels)],
        [asdict(each) for each in propose_rulings(decided, labels, policy)],
    )


def _effort(
    belief: Belief, policy: Policy, decided: Sequence[Decided], labels: Sequence[Evidence]
) -> Iterable[object]:
    left = zip(labels, belief.doubts(labels), strict=True)
    doubts = [(one.group, doubt.probability) for one, doubt in left]
    done = {one.evidence.key: one.evidence.group for one in decided}
    waiting = {one.key for one in labels}
    doubts += [(group, 0.0) for key, group in done.items() if key not in waiting]
    return review_effort(doubts, policy)
