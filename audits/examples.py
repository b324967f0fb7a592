"""Decided and released labels of a group, as teaching for verifiers that may see labels.

The first ones of a group teach, not the newest: each new example is a new input, and every model
would have to look at the whole group again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Exists, F, OuterRef, Window
from django.db.models.functions import RowNumber

from audits.models import Decision
from audits.states import Outcome
from registry.models import Benchmark
from registry.selectors import documents, texts

MAX_EXCERPT = 1_500  # characters of each input that an example shows

Example = Mapping[str, Any]


def examples_by_group(
    benchmark: Benchmark, groups: Iterable[str], count: int
) -> dict[str, list[tuple[int, Example]]]:
    """For each group its first `count` examples and one more, with the instances they are of.

    Only labels that are still as the decision left them; three queries, whatever the number.
    """
    named = [group for group in groups if group]
    if not count or not named:
        return {}
    again = Decision.objects.filter(
        after=OuterRef("after"), pk__gt=OuterRef("pk"), lesson__isnull=False
    )
    rank = Window(RowNumber(), partition_by=F("after__group"), order_by=F("pk").asc())
    lessons = (
        Decision.objects.filter(
            ~Exists(again),
            lesson__isnull=False,
            after__group__in=named,
            after__head__retired=False,
            after__head__benchmark=benchmark,
        )
        .annotate(rank=rank)
        .filter(rank__lte=count + 1)
        .select_related("before", "after", "category")
        .order_by("pk")
    )
    rows = list(lessons)
    inputs = documents(row.after.content_id for row in rows)
    reasons = texts(row.reason for row in rows)
    found: dict[str, list[tuple[int, Example]]] = defaultdict(list)
    for row in rows:
        shown = inputs.get(row.after.content_id, {}).get("inputs", {})
        example = _example(row, shown, reasons.get(row.reason, ""))
        found[row.after.group].append((row.instance_id, example))
    return found


def others(
    examples: Sequence[tuple[int, Example]], instance: int, count: int
) -> tuple[Example, ...]:
    """The first `count` examples that are not of this instance."""
    return tuple(example for of, example in examples if of != instance)[:count]


def _example(decision: Decision, inputs: Mapping[str, Any], reason: str) -> Example:
    return {
        "inputs": {name: _excerpt(value) for name, value in inputs.items()},
        "answer before": decision.before.answer,
        "experts decided": Outcome(decision.outcome).label,
        "answer now": decision.after.answer,
        "category": decision.category.code if decision.category else "",
        "reason": reason,
    }


def _excerpt(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_EXCERPT:
        return value[: MAX_EXCERPT - 1] + "…"
    return value
