"""Scores of models: the grid of models and versions, one set of predictions, and what moved."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import Truncator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pages.charts import Intervals, intervals
from registry.errors import InvalidInput
from registry.models import Role
from registry.permissions import roles_of
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import names_of
from submissions.selectors import get_predictions
from submissions.services.admit_predictions import admit_predictions
from submissions.services.delete_predictions import delete_predictions
from submissions.services.publish_predictions import publish_predictions
from versions.scores import SHOWN, Grid, grid_of, history_of, movement_of
from versions.selectors import get_release

_LONGEST = 36  # characters above an interval on a phone, beside its share


@require_safe
def scores(request: HttpRequest, slug: str) -> HttpResponse:
    """How the models do on each version, with a plot, ranks and pairs."""
    benchmark = benchmark_for(request, slug)
    reader = reader_of(request)
    grid = grid_of(benchmark, reader)
    context = {
        "benchmark": benchmark,
        "tab": "scores",
        "grid": grid,
        "chart": _chart(grid),
        "signed_in": reader is not None,
        "may_upload": Role.CONTRIBUTOR in roles_of(reader, benchmark),
    }
    return render(request, "pages/scores.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def predictions(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """One set on every version; POST publishes, deletes, admits or dismisses it."""
    benchmark, reader = benchmark_for(request, slug), reader_of(request)
    found = get_predictions(public_id, benchmark, reader)
    if request.method == "POST":
        actor, act = actor_of(request), request.POST.get("act")
        if act == "delete":
            delete_predictions(actor=actor, found=found)
            messages.success(request, "The predictions and their scores are deleted.")
            return redirect("scores", slug)
        if act == "publish":
            publish_predictions(actor=actor, found=found)
            messages.success(request, "Everybody can see these predictions now.")
        elif act in ("admit", "dismiss"):
            admit_predictions(actor=actor, found=found, admitted=act == "admit")
            messages.success(request, "The next audit knows.")
        else:
            raise InvalidInput("Say what to do: publish, delete, admit or dismiss.", field="act")
        return redirect("predictions", slug, public_id)
    history = history_of(found)
    scored = sum(score is not None for _, _, score in history)
    context = {
        "benchmark": benchmark,
        "tab": "scores",
        "found": found,
        "owner": names_of([found.owner])[found.owner],
        "signed_in": reader is not None,
        "is_owner": reader is not None and found.owner == reader.public_id,
        "may_admit": Role.MAINTAINER in roles_of(reader, benchmark),
        "history": history,
        "scored": scored,
        "waiting": len(history) - scored,
        "rows": found.predictions.count(),
    }
    return render(request, "pages/predictions.html", context)


@require_safe
def moved(request: HttpRequest, slug: str, public_id: str, old: str, new: str) -> HttpResponse:
    """What moved for one set between two versions, with both labels."""
    benchmark = benchmark_for(request, slug)
    found = get_predictions(public_id, benchmark, reader_of(request))
    before, after = get_release(benchmark, old), get_release(benchmark, new)
    start = _start(request.GET.get("start", ""))
    movement = movement_of(found, before, after, start=start)
    context = {
        "benchmark": benchmark,
        "tab": "scores",
        "found": found,
        "before": before,
        "after": after,
        "movement": movement,
        "earlier": max(start - SHOWN, 0) if start else None,
        "later": start + SHOWN if movement and start + SHOWN < movement.total else None,
    }
    return render(request, "pages/moved.html", context)


def _start(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _chart(grid: Grid) -> Intervals | None:
    """Each model on each version, in the order of the table."""
    rows = []
    for line in grid.lines:
        for cell in line.cells:
            score, version = cell.score, cell.release.version
            if score is None or score.accuracy is None or score.interval is None:
                continue
            name = Truncator(line.found.model).chars(max(_LONGEST - len(version), 10))
            rows.append((f"{name} {version}", score.accuracy, *score.interval))
    return intervals(rows) if rows else None
