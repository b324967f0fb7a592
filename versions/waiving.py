"""Which contested labels a waiver lets out: those that its filter names, for one reason."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audits.models import Look, Verdict
from registry.errors import InvalidInput
from registry.models import Revision
from submissions.models import Report
from submissions.states import ReportStatus
from versions.selectors import in_batches

FIELDS = ("group", "split", "category")


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why contested labels may go out, and which: all, or those that fit every field of `where`.

    A field takes any of several values. `category` is that of an open report on the label or its
    group, or of a verifier's objection to it.
    """

    reason: str = ""
    where: Mapping[str, Sequence[str]] = field(default_factory=dict)


def read_waiver(reason: str, where: Mapping[str, Iterable[str]]) -> Waiver:
    """The waiver as given; raises InvalidInput for unknown fields and a filter without a reason."""
    if unknown := sorted(where.keys() - set(FIELDS)):
        raise InvalidInput(
            f"Contested labels are waived by {', '.join(FIELDS)}, not by {', '.join(unknown)}.",
            code="bad_waiver",
        )
    chosen = {name: sorted(set(where[name])) for name in FIELDS if where.get(name)}
    reason = " ".join(reason.split())
    if chosen and not reason:
        raise InvalidInput(
            "Say why the contested labels that you name may go out.", code="bad_waiver"
        )
    return Waiver(reason, chosen)


def read_where(pairs: Iterable[str]) -> dict[str, list[str]]:
    """A filter as the command line writes it: `group=NAME`, several times."""
    where = defaultdict[str, list[str]](list)
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not value:
            raise InvalidInput(
                f"'{pair}' is no filter; write group=…, split=… or category=….", code="bad_waiver"
            )
        where[name].append(value)
    return where


def not_waived(contested: Sequence[tuple[int, int]], waiver: Waiver) -> int:
    """How many of the contested labels (instance, revision) the waiver leaves."""
    if not waiver.reason:
        return len(contested)
    if not waiver.where:
        return 0
    traits = _traits(contested, with_categories="category" in waiver.where)
    return sum(not _fits(each, waiver.where) for each in traits)


def facets(contested: Sequence[tuple[int, int]]) -> dict[str, dict[str, int]]:
    """How many of the contested labels each group, split and category holds, by name."""
    counts = {name: Counter[str]() for name in FIELDS}
    for traits in _traits(contested, with_categories=True):
        for name in FIELDS:
            counts[name].update(traits[name])
    return {name: dict(sorted(counts[name].items())) for name in FIELDS}


def _fits(traits: Mapping[str, set[str]], where: Mapping[str, Sequence[str]]) -> bool:
    return all(not traits[name].isdisjoint(values) for name, values in where.items())


def _traits(
    contested: Sequence[tuple[int, int]], *, with_categories: bool
) -> Iterable[dict[str, set[str]]]:
    for batch in in_batches(contested):
        revisions = [revision for _, revision in batch]
        rows = Revision.objects.filter(pk__in=revisions).values_list(
            "pk", "instance", "group", "instance__split", "instance__benchmark"
        )
        found = list(rows)
        categories = _categories(found) if with_categories else {}
        for pk, _, group, split, _ in found:
            yield {"group": {group}, "split": {split}, "category": categories.get(pk, set())}


def _categories(rows: Sequence[tuple[Any, ...]]) -> dict[int, set[str]]:
    """The categories of what is said against each revision."""
    found = defaultdict[int, set[str]](set)
    objections = Look.objects.filter(
        revision__in=[row[0] for row in rows], vote__verdict=Verdict.OBJECT
    ).exclude(vote__category="")
    for pk, category in objections.values_list("revision", "vote__category").distinct():
        found[pk].add(category)
    reports = Report.objects.filter(
        benchmark__in={row[4] for row in rows}, status=ReportStatus.OPEN
    ).values_list("instance", "group", "category__code")
    by_instance, by_group = defaultdict[int, set[str]](set), defaultdict[str, set[str]](set)
    for instance, group, code in reports:
        (by_group[group] if instance is None else by_instance[instance]).add(code)
    for pk, instance, group, _, _ in rows:
        found[pk] |= by_instance.get(instance, set()) | by_group.get(group, set())
    return found
