"""What maintainers hold back from releases: which holds are in force, and what each one keeps."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet

from registry.models import Benchmark, Head
from registry.selectors import REMOVED, names_of, texts
from versions.models import Hold


def holds_in_force(benchmark: Benchmark) -> QuerySet[Hold]:
    """The holds that nobody lifted, oldest first."""
    held = Hold.objects.filter(benchmark=benchmark, lift=None)
    return held.select_related("decision__instance").order_by("pk")


def describe_holds(holds: QuerySet[Hold]) -> list[dict[str, Any]]:
    """Each hold as pages, API and releases tell it: what is held, how many labels, by whom, why."""
    listed = list(holds)
    if not listed:
        return []
    reasons, names = texts(hold.reason for hold in listed), names_of(hold.actor for hold in listed)
    sizes = _sizes(listed[0].benchmark_id, (hold.group for hold in listed if hold.group))
    return [
        {
            "id": hold.public_id,
            "decision": hold.decision.public_id if hold.decision else "",
            "key": hold.decision.instance.key if hold.decision else "",
            "group": hold.group,
            "labels": 1 if hold.decision else sizes.get(hold.group, 0),
            "reason": reasons.get(hold.reason, ""),
            "by": names.get(hold.actor, REMOVED),
            "at": hold.at.isoformat(),
        }
        for hold in listed
    ]


def _sizes(benchmark: int, groups: Iterable[str]) -> dict[str, int]:
    """How many labels of now each group holds."""
    heads = Head.objects.filter(benchmark=benchmark, revision__group__in=set(groups))
    return dict(heads.order_by().values_list("revision__group").annotate(Count("pk")))
