"""How far a benchmark's experts agree in their blind answers, and on the labels that stand."""

from collections import defaultdict
from collections.abc import Iterable

from audits.agreement import Coefficient, coefficients
from audits.concluding import Answer, agree
from audits.models import Decision, Opinion
from audits.one_tap import is_right
from audits.states import First, Outcome
from registry.labels import stored_label
from registry.models import Benchmark

RIGHT, OTHER = "the label is right", "another answer"


def agreement_of(benchmark: Benchmark) -> list[Coefficient]:
    """Kappa and alpha of what blind answers say of the label; empty where no case has two.

    Practice is left out, and so is what was said after the reveal. An answer that the label accepts
    says that it is right, whatever its digits are.
    """
    opinions = Opinion.objects.filter(case__benchmark=benchmark, blind=True, practice=False)
    rows: dict[int, dict[str, str]] = defaultdict(dict)
    for opinion in opinions.select_related("case__benchmark", "revision__content").order_by("pk"):
        rows[opinion.case_id][opinion.expert] = _verdict(opinion)
    return coefficients(list(rows.values()))


def experts_behind(revisions: Iterable[int]) -> dict[int, int]:
    """How many experts gave the answer that a decision left, by the revision that holds it.

    Every decision on a revision counts, a flawed item's aside; who was outvoted does not. A
    decision without opinions stands for the one who made it.
    """
    rows = Decision.objects.filter(after__in=revisions).exclude(outcome=Outcome.FLAWED)
    behind: dict[int, set[str]] = defaultdict(set)
    for after, actor, outcome, kind, answer, limits, *said in rows.order_by().values_list(
        *("after", "actor", "outcome", "after__content__kind", "after__answer", "after__limits"),
        *("opinions__expert", "opinions__outcome", "opinions__answer", "opinions__limits"),
    ):
        expert, *opinion = said
        left = Answer(outcome, stored_label(kind, answer, limits))
        if expert is None:
            behind[after].add(actor)
        elif agree(_answer(kind, *opinion), left):
            behind[after].add(expert)
        else:
            behind[after]
    return {revision: len(experts) for revision, experts in behind.items()}


def _answer(kind: str, outcome: str, answer: str, limits: str) -> Answer:
    return Answer(outcome, stored_label(kind, answer, limits))


def _verdict(opinion: Opinion) -> str:
    if is_right(opinion, opinion.revision, opinion.case):
        return RIGHT
    return OTHER if opinion.outcome == First.ANSWER else opinion.outcome
