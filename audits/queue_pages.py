"""The queue of cases, and the way from one case to the next."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audits.learned import effort_of
from audits.models import Case
from audits.permissions import require_expert
from audits.practice import practice_of
from audits.queueing import groups_of, minutes_for, next_case, rank_of, waiting_for
from audits.reading import QUEUES, groups_that_wait, queue_of
from audits.selectors import current_policy
from audits.services.claim_case import claim_case
from registry.errors import WrongState
from registry.models import Benchmark, Role, User
from registry.paging import page_of
from registry.permissions import Reader, roles_of
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import names_of


@require_safe
def cases(request: HttpRequest, slug: str) -> HttpResponse:
    """The cases of a benchmark in the order in which experts should see them."""
    benchmark = benchmark_for(request, slug)
    queue = request.GET.get("status", "")
    queue = queue if queue in QUEUES else "waiting"
    policy = current_policy(benchmark)
    specialty, group = request.GET.get("specialty", ""), request.GET.get("group", "")
    groups = groups_of(policy, specialty, group)
    rows = queue_of(benchmark, queue, groups)
    page = page_of(rows, order=["-priority", "id"], query=request.GET)
    reader = reader_of(request)
    rank = rank_of(benchmark)
    for case in page.rows:
        case.place = rank.sentence(case) if case.instance_id else ""
    context = {
        "benchmark": benchmark,
        "tab": "cases",
        "page": page,
        "queue": queue,
        "queues": list(QUEUES),
        "names": names_of(case.claimed_by for case in page.rows if case.claimed_by),
        "effort": effort_of(benchmark),
        "tells_why": queue != "waiting" or _tells_why(reader, benchmark),
        "group": group,
        "groups": groups_that_wait(benchmark),
        "specialty": specialty,
        "specialties": sorted(policy.specialty),
        "own": _specialties(reader),
        "desk": _desk(reader, benchmark, groups),
    }
    return render(request, "audits/cases.html", context)


def _tells_why(reader: Reader, benchmark: Benchmark) -> bool:
    """Why cases wait is for maintainers: it would sway experts and tell the control sample."""
    roles = roles_of(reader, benchmark)
    return Role.MAINTAINER in roles and Role.EXPERT not in roles


def _specialties(reader: Reader) -> list[str]:
    return [] if reader is None else list(reader.specialties.values_list("name", flat=True))


def _desk(reader: Reader, benchmark: Benchmark, groups: set[str] | None) -> dict[str, Any] | None:
    """What waits for the expert who reads: practice first, then cases; None for others."""
    if reader is None or Role.EXPERT not in roles_of(reader, benchmark):
        return None
    count = waiting_for(reader, benchmark, groups).count()
    return {
        "practice": practice_of(reader, benchmark),
        "count": count,
        "minutes": minutes_for(benchmark, count),
    }


@require_POST
def take_next(request: HttpRequest, slug: str) -> HttpResponse:
    """Claim the next case for this expert; the practice cases come first."""
    benchmark, actor = benchmark_for(request, slug), actor_of(request)
    require_expert(actor, benchmark)
    if (practice := practice_of(actor, benchmark)).left:
        return redirect("practice", practice.left[0])
    given, policy = request.POST, current_policy(benchmark)
    groups = groups_of(policy, given.get("specialty", ""), given.get("group", ""))
    return to_next(request, actor, benchmark, groups)


def to_next(
    request: HttpRequest,
    actor: User,
    benchmark: Benchmark,
    groups: set[str] | None = None,
    *,
    after: Case | None = None,
) -> HttpResponse:
    """Claim the next case and go there. What somebody else takes in between is stepped over."""
    for _ in range(5):
        found = next_case(actor, benchmark, groups=groups, after=after)
        if found is None:
            break
        try:
            claim_case(actor=actor, case=found)
            return redirect("case", found.public_id)
        except WrongState:
            after = found
    messages.info(request, "No other case waits for you here.")
    return redirect("cases", benchmark.slug)
