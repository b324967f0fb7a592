"""Labels that experts decided on, with what was known before, and those that are left."""

from collections.abc import Iterator

from errata.grading import LabelChange, compare

from audits.evidence import Decided, Evidence, Policy
from audits.models import Decision
from audits.states import Outcome
from audits.voices import evidence_of
from registry.labels import label_of
from registry.models import Benchmark, Head
from registry.selectors import texts

CHUNK = 1_000
_KEPT = (LabelChange.IDENTICAL, LabelChange.REFORMATTED, LabelChange.WITHIN_TOLERANCE)


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
                wrong=was_wrong(last[before]),
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


def was_wrong(decision: Decision) -> bool:
    """Whether a decision changed the label for another value (its two contents must be loaded)."""
    if decision.outcome == Outcome.FLAWED:
        return True
    change = compare(label_of(decision.before), label_of(decision.after)).change
    return change not in _KEPT


def _parts(ids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
