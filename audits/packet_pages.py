"""The page of case packets: take cases away as a file, bring the filled file back."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from audits.models import Case
from audits.packets import FILLED, TYPES, written_packet
from audits.services.decide_rows import DONE, FINE, decide_rows
from audits.services.give_out_packet import MOST, give_out_packet
from audits.sheets import MAX_ROWS, read_table
from audits.states import CaseStatus, Outcome
from registry.errors import InvalidInput, WrongState
from registry.models import Benchmark, Role, User
from registry.permissions import require_role
from registry.requests import actor_of, benchmark_for

_KEPT = ("case", "key", "id", "revision", *FILLED)


@require_http_methods(["GET", "HEAD", "POST"])
def packets(request: HttpRequest, slug: str) -> HttpResponse:
    """For experts. POST gives a packet out, previews a filled one, or decides what was shown."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    require_role(actor, benchmark, Role.EXPERT, "take cases away")
    if request.method != "POST":
        return _show(request, benchmark, actor)
    try:
        return _ACTIONS.get(request.POST.get("action", ""), _preview)(request, benchmark, actor)
    except (InvalidInput, WrongState) as error:
        status = 400 if isinstance(error, InvalidInput) else 409
        return _show(request, benchmark, actor, problem=error.message, status=status)


def _give_out(request: HttpRequest, benchmark: Benchmark, actor: User) -> HttpResponse:
    count, kind = request.POST.get("count", ""), request.POST.get("format", "xlsx")
    if not (count.isascii() and count.isdigit() and len(count) < 6) or kind not in TYPES:
        raise InvalidInput(f"Say how many cases, 1 to {MOST}, and CSV or XLSX.")
    cases = give_out_packet(actor=actor, benchmark=benchmark, count=int(count))
    packet, media = written_packet(benchmark, cases, kind)
    response = HttpResponse(packet, content_type=media)
    response["Content-Disposition"] = f'attachment; filename="{benchmark.slug}-cases.{kind}"'
    return response


def _preview(request: HttpRequest, benchmark: Benchmark, actor: User) -> HttpResponse:
    upload: Any = request.FILES.get("file")
    if upload is None:
        raise InvalidInput("Choose the file that you filled in.")
    rows = [
        {name: row[name] for name in _KEPT if name in row}
        for row in read_table(upload.name, upload)
    ]
    checked = decide_rows(actor=actor, benchmark=benchmark, rows=rows, dry_run=True)
    fine = sum(each.state == FINE for each in checked)
    return _show(
        request, benchmark, actor, checked=checked, fine=fine, rows=json.dumps(rows) if fine else ""
    )


def _decide(request: HttpRequest, benchmark: Benchmark, actor: User) -> HttpResponse:
    """Decide the rows that the preview showed: they come back with the form."""
    try:
        rows = json.loads(request.POST.get("rows", ""))
    except ValueError as error:
        raise InvalidInput("The form is incomplete; send the file again.") from error
    if not _are_rows(rows):
        raise InvalidInput("The form is incomplete; send the file again.")
    checked = decide_rows(actor=actor, benchmark=benchmark, rows=rows, dry_run=False)
    done = sum(each.state == DONE for each in checked)
    if done == len(checked):
        messages.success(request, f"{done} decided. Thank you.", extra_tags="good")
        return redirect("packets", benchmark.slug)
    return _show(request, benchmark, actor, checked=checked, done=done)


_ACTIONS = {"give_out": _give_out, "decide": _decide}


def _are_rows(rows: Any) -> bool:
    return (
        isinstance(rows, list)
        and 0 < len(rows) <= MAX_ROWS
        and all(
            isinstance(row, dict) and all(isinstance(value, str) for value in row.values())
            for row in rows
        )
    )


def _show(
    request: HttpRequest, benchmark: Benchmark, actor: User, *, status: int = 200, **more: Any
) -> HttpResponse:
    mine = Case.objects.filter(
        benchmark=benchmark, status=CaseStatus.CLAIMED, claimed_by=actor.public_id
    )
    context = {
        "benchmark": benchmark,
        "tab": "cases",
        "most": MOST,
        "mine": mine.exclude(instance=None).count(),
        "outcomes": Outcome.choices,
        "categories": benchmark.categories.filter(retired=False),
    }
    return render(request, "audits/packets.html", context | more, status=status)
