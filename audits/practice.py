"""The cases that a new expert answers first: decided ones, to see how they compare."""

from dataclasses import dataclass

from django.db.models import QuerySet

from audits.control import draw
from audits.models import Case, Decision, Opinion
from audits.selectors import current_policy
from audits.states import CaseStatus, Outcome
from registry.models import Benchmark, User


@dataclass(frozen=True, slots=True)
class Practice:
    """How far a new expert is: the cases that are left, and how many there are in all."""

    left: tuple[str, ...] = ()
    of: int = 0

    @property
    def number(self) -> int:
        """Which of them comes next, counted from 1."""
        return self.of - len(self.left) + 1


def practice_of(expert: User, benchmark: Benchmark) -> Practice:
    """The public ids of the cases that are left; none for who has answered a real one.

    They are spread over the groups, and others for each expert. Where fewer labels were decided by
    others than the policy asks for, there is no practice.
    """
    opinions = Opinion.objects.filter(expert=expert.public_id, case__benchmark=benchmark)
    if opinions.filter(practice=False).exists():
        return Practice()
    policy = current_policy(benchmark)
    wanted = policy.practice_cases
    decided = dict(
        _decided(benchmark, expert).values_list("case__public_id", "before__group")[:2_000]
    )
    if not wanted or len(decided) < wanted:
        return Practice()
    given = set(opinions.filter(practice=True).values_list("case__public_id", flat=True))
    labels = [(group, case) for case, group in decided.items() if case not in given]
    missing = max(wanted - len(given), 0)
    seed = f"{policy.seed} {expert.public_id}"
    return Practice(tuple(draw(labels, missing, seed=seed, round_number=len(given))), wanted)


def compared(case: Case, expert: User) -> tuple[Opinion, Decision] | None:
    """What the expert said in practice on a case, beside what was decided."""
    opinion = Opinion.objects.filter(case=case, practice=True, expert=expert.public_id).first()
    decision = case.decisions.select_related("before__content", "after__content").last()
    return (opinion, decision) if opinion and decision else None


def _decided(benchmark: Benchmark, expert: User) -> QuerySet[Decision]:
    """The decisions on single labels that others made, the newest first."""
    decisions = Decision.objects.filter(
        case__benchmark=benchmark, case__status=CaseStatus.DECIDED, ruling=None
    )
    decisions = decisions.exclude(outcome=Outcome.FLAWED).exclude(actor=expert.public_id)
    mine = Opinion.objects.filter(expert=expert.public_id, practice=False).values("case")
    return decisions.exclude(case__in=mine).order_by("-pk")
