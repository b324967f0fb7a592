"""Sending a model's answers, the list of one's own, and what they would score if labels changed."""

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pages.forms import PredictionsForm
from registry.errors import InvalidInput, WrongState
from registry.models import User
from registry.paging import page_of
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import preset_of
from registry.uploads import stored
from submissions.models import PredictionSet
from submissions.selectors import get_predictions
from submissions.services.store_predictions import require_uploader
from versions.provisional import supposed
from versions.scores import RELEASES
from versions.selectors import published_releases
from versions.services.take_predictions import take_predictions


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def upload_predictions(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a file with one model's answers; POST leads to the page of the set. For contributors."""
    benchmark, actor = benchmark_for(request, slug), actor_of(request)
    require_uploader(actor, benchmark)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = PredictionsForm(benchmark, *data)
    found = _taken(actor, form) if form.is_bound and form.is_valid() else None
    if found is not None:
        return redirect("predictions", slug, found.public_id)
    mine = PredictionSet.objects.filter(benchmark=benchmark, owner=actor.public_id)
    counted = mine.annotate(rows=Count("predictions"))
    context = {
        "benchmark": benchmark,
        "tab": "scores",
        "form": form,
        "page": page_of(counted, order=["-pk"], query=request.GET),
        "columns": preset_of(benchmark).predictions,
    }
    status = 400 if form.errors else 200
    return render(request, "pages/upload_predictions.html", context, status=status)


@never_cache
@require_safe
def provisional(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """What a set would score if one's reports were accepted, or on the draft; for the signed in."""
    benchmark, reader = benchmark_for(request, slug), reader_of(request)
    found = get_predictions(public_id, benchmark, reader)
    assume, version = request.GET.get("assume", "reports"), request.GET.get("release", "")
    if assume == "draft":  # the form names a release all the same
        version = ""
    told, why = None, ""
    try:
        told = supposed(found, reader, assume, version)
    except WrongState as error:
        why = error.message
    context = {
        "benchmark": benchmark,
        "tab": "scores",
        "found": found,
        "assume": assume,
        "told": told,
        "why": why,
        "releases": published_releases(benchmark).defer("snapshot")[:RELEASES],
    }
    return render(request, "pages/provisional.html", context, status=409 if why else 200)


def _taken(actor: User, form: PredictionsForm) -> PredictionSet | None:
    """The set that the form's file makes; what is wrong with it goes to the form."""
    given = dict(form.cleaned_data)
    try:
        with stored(given.pop("file")) as path:
            return take_predictions(actor=actor, benchmark=form.benchmark, path=path, **given)
    except InvalidInput as error:
        name = str(error.details.get("field", ""))
        for line in error.message.splitlines():
            form.add_error(name if name in form.fields else "file", line)
        return None
