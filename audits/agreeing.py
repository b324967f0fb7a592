"""How far a benchmark's experts agree in their blind answers."""

from collections import defaultdict

from audits.agreement import Coefficient, coefficients
from audits.models import Opinion
from audits.one_tap import is_right
from audits.states import First
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


def _verdict(opinion: Opinion) -> str:
    if is_right(opinion, opinion.revision, opinion.case):
        return RIGHT
    return OTHER if opinion.outcome == First.ANSWER else opinion.outcome
