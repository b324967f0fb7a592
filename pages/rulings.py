"""The public page of a ruling: what was ruled for a group, why, by whom, and what it settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audits.members import RECALCULATE
from audits.models import Decision, Look, Ruling, Verdict, Vote
from audits.reading import get_ruling
from audits.states import Outcome
from registry.paging import page_of
from registry.requests import benchmark_for
from registry.selectors import events_of, expertise_of, names_of, texts
from submissions.models import Report
from versions.models import Change, ChangeKind
from versions.states import ReleaseStatus

ROWS = 200
REPORTS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A label that the ruling settled, and what recalculate had arrived at, if it objected.

    `overruled`: what an expert had decided on it before.
    """

    decision: Decision
    recomputed: str
    sentence: str
    overruled: Decision | None


@require_safe
def ruling(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """What was ruled and why, each label before and after, and the releases it came out in."""
    benchmark = benchmark_for(request, slug)
    found = get_ruling(benchmark, public_id)
    decided = found.decisions.select_related(
        "instance__head", "before__content", "after__content", "guide"
    )
    page = page_of(decided, order=["instance__position"], query=request.GET, size=ROWS)
    lines = _lines(found, page.rows)
    reports = reports_answered(found)
    shown = list(reports.select_related("instance").order_by("pk")[:REPORTS])
    context = {
        "benchmark": benchmark,
        "tab": "cases",
        "ruling": found,
        "why": texts([found.reason]).get(found.reason, ""),
        "guide": next((row.guide for row in page.rows), None),
        "counts": counts_of(found),
        "left_out": left_out(found),
        "page": page,
        "lines": lines,
        "recomputed": any(line.recomputed or line.sentence for line in lines),
        "reports": shown,
        "more_reports": reports.count() - len(shown),
        "releases": came_out(found),
        "names": names_of([found.actor, *(report.author for report in shown)]),
        "expertise": expertise_of([found.actor]),
    }
    return render(request, "pages/ruling.html", context)


def counts_of(found: Ruling) -> list[tuple[str, int]]:
    """How many labels ended how, in words, most first."""
    rows = found.decisions.order_by().values_list("outcome").annotate(Count("pk"))
    counted = [(Outcome(outcome).label, count) for outcome, count in rows]
    return sorted(counted, key=lambda each: (-each[1], each[0]))


def left_out(found: Ruling) -> Sequence[str]:
    """The keys of the labels that were proposed to the expert and taken out, as recorded."""
    made = events_of("case", found.case.public_id).filter(kind="ruling.made")
    told = [event.data for event in made if event.data["ruling"] == found.public_id]
    # Rulings made before this was recorded tell none.
    return told[0].get("left_out", ()) if told else ()


def reports_answered(found: Ruling) -> QuerySet[Report]:
    """The reports that ended with the ruling: on the group, and on its single labels."""
    decisions = found.decisions.values("public_id")
    return Report.objects.filter(Q(decision=found.public_id) | Q(decision__in=decisions))


def came_out(found: Ruling) -> list[tuple[str, int]]:
    """The published versions that brought labels as the ruling left them, and how many each."""
    changed = found.decisions.exclude(outcome=Outcome.CONFIRM).values("after")
    brought = Change.objects.filter(after__in=changed, release__status=ReleaseStatus.PUBLISHED)
    brought = brought.exclude(kind=ChangeKind.TIER).order_by("sequence")
    counted = brought.values_list("sequence", "release__version").annotate(Count("pk"))
    return [(version, count) for _, version, count in counted]


def _lines(found: Ruling, decisions: Sequence[Decision]) -> list[Line]:
    votes = _recomputations(found, decisions)
    said = texts(vote.rationale for vote in votes.values())
    earlier = _overruled(found, decisions)
    lines = []
    for decision in decisions:
        vote, overruled = votes.get(decision.before_id), earlier.get(decision.before_id)
        told = (vote.answer, said.get(vote.rationale, "")) if vote else ("", "")
        lines.append(Line(decision, *told, overruled))
    return lines


def _overruled(found: Ruling, decisions: Sequence[Decision]) -> Mapping[int, Decision]:
    """The last decision before the ruling that a label stood by, by revision."""
    stood_by = Decision.objects.filter(
        after__in=[decision.before_id for decision in decisions], at__lt=found.at
    ).exclude(outcome=Outcome.FLAWED)
    return {decision.after_id: decision for decision in stood_by.order_by("pk")}


def _recomputations(found: Ruling, decisions: Sequence[Decision]) -> Mapping[int, Vote]:
    """The last objection of recalculate that the expert could see, by revision."""
    looks = Look.objects.filter(
        revision__in=[decision.before_id for decision in decisions],
        vote__verifier=RECALCULATE,
        vote__at__lte=found.at,
    )
    last = {look.revision_id: look.vote for look in looks.select_related("vote").order_by("pk")}
    return {pk: vote for pk, vote in last.items() if vote.verdict == Verdict.OBJECT}
