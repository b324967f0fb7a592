"""Why labels changed: the decisions, reports, people and imports behind the entries of a diff.

Loaded per batch of entries; names are those of now, which is why only snapshots keep them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from errata.grading import Limits

from audits.models import Decision
from registry.models import Benchmark, Category, ImportBatch, Origin, Revision
from registry.selectors import REMOVED, names_of, texts
from submissions.models import Report
from submissions.states import ReportStatus
from versions.diffing import DiffEntry, Side
from versions.selectors import in_batches


class _End(NamedTuple):
    """The revision that an entry came to: the new label's, or the one that retired the instance."""

    number: int
    reason: str
    cause: tuple[str, str]


NONE_GIVEN = "none given"  # in counts, for a category, group or reason that is empty


@dataclass(frozen=True, slots=True)
class _Behind:
    """Everything behind one batch of entries, by what leads to it."""

    retired: dict[int, list[_End]]
    decisions: dict[int, list[Decision]]
    reports: dict[str, list[Report]]
    imports: dict[str, ImportBatch]
    texts: dict[str, str]
    names: dict[str, str]


def explained(benchmark: Benchmark, entries: Iterable[DiffEntry]) -> Iterator[dict[str, Any]]:
    """The changelog's entry for each revised or removed instance."""
    categories = {c.pk: c.name for c in Category.objects.filter(benchmark=benchmark)}
    return explained_by(categories, entries)


def explained_by(
    categories: dict[int, str], entries: Iterable[DiffEntry]
) -> Iterator[dict[str, Any]]:
    """The same for entries of several benchmarks; `categories` names theirs."""
    told = (entry for entry in entries if entry.before and entry.kind in ("revised", "removed"))
    for batch in in_batches(told):
        behind = _load(batch)
        for entry in batch:
            yield _explain(entry, behind, categories)


def _load(batch: list[DiffEntry]) -> _Behind:
    decisions = defaultdict(list)
    found = Decision.objects.filter(instance__in=[entry.instance for entry in batch])
    for decision in found.select_related("after", "ruling", "case").order_by("pk"):
        decisions[decision.instance_id].append(decision)
    ids = {decision.public_id for several in decisions.values() for decision in several}
    ids |= {d.ruling.public_id for several in decisions.values() for d in several if d.ruling}
    reports = defaultdict(list)
    accepted = Report.objects.filter(decision__in=ids, status=ReportStatus.ACCEPTED)
    for report in accepted.order_by("pk"):
        reports[report.decision].append(report)
    retired = _retired(entry.instance for entry in batch if entry.after is None)
    ends = [each for several in retired.values() for each in several]
    ends += [_came_to(entry.after) for entry in batch if entry.after]
    causes = {end.cause[1] for end in ends if end.cause[0] == "import"}
    imports = {b.public_id: b for b in ImportBatch.objects.filter(public_id__in=causes)}
    said = [each for entry in batch for each in entry.rewordings]
    reasons = {end.reason for end in ends} | {each.reason for each in said}
    reasons |= {decision.reason for several in decisions.values() for decision in several}
    people = {report.author for several in reports.values() for report in several}
    people |= {each.actor for each in said}
    return _Behind(retired, decisions, reports, imports, texts(reasons), names_of(people))


def _retired(instances: Iterable[int]) -> dict[int, list[_End]]:
    """Each time that an instance was retired, oldest first."""
    found = Revision.objects.filter(instance__in=list(instances), origin=Origin.RETIRED)
    rows = found.order_by("number").values_list(
        "instance", "number", "reason", "cause_kind", "cause_id"
    )
    retired = defaultdict(list)
    for instance, number, reason, *cause in rows:
        retired[instance].append(_End(number, reason, tuple(cause)))
    return retired


def _came_to(side: Side) -> _End:
    return _End(side.revision, side.reason, side.cause)


def _end(entry: DiffEntry, behind: _Behind) -> _End | None:
    """Of a removed row the first time that it was retired, whatever came later."""
    if entry.after is not None:
        return _came_to(entry.after)
    start = entry.before.revision if entry.before else 0
    return next((end for end in behind.retired[entry.instance] if end.number > start), None)


def _explain(entry: DiffEntry, behind: _Behind, categories: dict[int, str]) -> dict[str, Any]:
    before, after = entry.before, entry.after
    assert before is not None  # noqa: S101  # Added instances are not explained.
    end = _end(entry, behind)
    between = [
        decision
        for decision in behind.decisions.get(entry.instance, [])
        if decision.after.number > before.revision
        and (end is None or decision.after.number <= end.number)
    ]
    reports = [report for decision in between for report in _reports(decision, behind)]
    last = between[-1] if between else None
    category = (last and last.category_id) or (reports[-1].category_id if reports else None)
    return {
        "key": entry.key,
        "group": (after or before).group,
        "change": entry.change and entry.change.value,
        "label_changed": entry.label_changed,
        "before": before.answer,
        "after": after.answer if after else "",
        "limits_changed": entry.limits_changed,
        "limits": [Limits.from_json(s.limits).to_dict() for s in (before, after) if s],
        "inputs_changed": entry.inputs_changed,
        "rewordings": [
            {
                "by": behind.names.get(each.actor, REMOVED),
                "reason": behind.texts.get(each.reason, ""),
            }
            for each in entry.rewordings
        ],
        "kind_changed": entry.kind_changed,
        "category": categories.get(category, "") if category else "",
        "reports": [
            {"id": r.public_id, "author": r.author, "by": behind.names.get(r.author, REMOVED)}
            for r in reports
        ],
        "decision": last.public_id if last else "",
        "ruling": _ruling(entry, last),
        "case": last.case.public_id if last and last.case else "",
        "origin": after.origin if after else "retired",
        "reason": behind.texts.get(_reason(end, last), ""),
        "source": _source(entry, end, behind),
    }


def _reports(decision: Decision, behind: _Behind) -> list[Report]:
    """The reports that the decision answered: on the label, and on its whole group."""
    of_group = behind.reports.get(decision.ruling.public_id, []) if decision.ruling else []
    return [*behind.reports.get(decision.public_id, []), *of_group]


def _ruling(entry: DiffEntry, decision: Decision | None) -> str:
    """The public id of the ruling that made this label; empty where none did."""
    if decision is None or decision.ruling is None or entry.after is None:
        return ""
    made = tuple(entry.after.cause) == ("decision", decision.public_id)
    return decision.ruling.public_id if made else ""


def _reason(end: _End | None, decision: Decision | None) -> str:
    """The digest of the reason: the revision's own, else the decision's."""
    if end is not None and end.reason:
        return end.reason
    return decision.reason if decision else ""


def _source(entry: DiffEntry, end: _End | None, behind: _Behind) -> str:
    """Which import a label comes from, or which one did not have the row any more."""
    batch = behind.imports.get(end.cause[1]) if end else None
    if batch is None:
        return ""
    return f"{'From' if entry.after else 'Not in'} {batch.source or batch.file_name}"
