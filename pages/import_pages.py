"""Importing a file: upload, look at what would change, confirm, follow it."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pages.forms import ImportForm, NewBenchmarkForm
from pages.wording import shown
from registry.errors import InvalidInput
from registry.models import Benchmark, ImportBatch, PlannedImport, User
from registry.permissions import require_staff
from registry.presets import parse_preset
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import names_of
from registry.services.import_benchmark import require_importer
from registry.services.plan_import import confirm_import, get_planned, plan_import

SHOWN = 20  # imports before this one
# What the classes of an import's counts are called, in the order in which they are shown.
WORDS = {
    "new": "new instances",
    "changed": "answers that change",
    "became_unanswerable": "become not computable",
    "became_answerable": "become computable",
    "within_tolerance": "new answers within the old limits",
    "reformatted": "the same answer, written differently",
    "limits_changed": "only the limits change",
    "inputs_changed": "inputs reworded",
    "decisions_kept": "changed upstream, but decided here since: these stay",
    "revived": "come back",
    "missing": "not in the file",
}


@require_http_methods(["GET", "HEAD", "POST"])
def import_file(request: HttpRequest, slug: str) -> HttpResponse:
    """Upload a file for a benchmark; POST leads to its dry run. For maintainers."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    require_importer(actor, slug)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ImportForm(benchmark, *data)
    planned = _planned(actor, slug, form) if form.is_bound and form.is_valid() else None
    if planned is not None:
        return redirect("planned_import", planned.public_id)
    batches = list(ImportBatch.objects.filter(benchmark=benchmark).order_by("-pk")[:SHOWN])
    context = {
        "benchmark": benchmark,
        "tab": "import",
        "form": form,
        "batches": batches,
        "names": names_of(batch.actor for batch in batches),
    }
    return render(request, "pages/import.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def new_benchmark(request: HttpRequest) -> HttpResponse:
    """Upload the first file of a benchmark that is to be made. For the hub's staff."""
    actor = actor_of(request)
    require_staff(actor, "create a benchmark")
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = NewBenchmarkForm(*data)
    if form.is_bound and form.is_valid():
        slug = form.cleaned_data["slug"]
        if Benchmark.objects.filter(slug=slug).exists():
            form.add_error("slug", "There is a benchmark of this name; choose another.")
        elif (planned := _planned(actor, slug, form)) is not None:
            return redirect("planned_import", planned.public_id)
    context = {"form": form}
    return render(request, "pages/new_benchmark.html", context, status=400 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def planned_import(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a file would do, and, once POST confirmed it, how far its import is."""
    planned = get_planned(public_id, reader_of(request))
    benchmark = Benchmark.objects.filter(slug=planned.slug).first()
    if request.method == "POST":
        confirm_import(actor=actor_of(request), planned=planned)
        messages.success(request, "The import is on its way.")
        return redirect("planned_import", public_id)
    context = {
        "benchmark": benchmark,
        "tab": "import",
        "planned": planned,
        "classes": _classes(planned),
        "state": planned.state,
        "expired": planned.expires_at <= timezone.now(),
        "other_preset": benchmark is not None and benchmark.preset != planned.preset,
        "preset": parse_preset(planned.preset).name,
        "changes": planned.counts["revisions"] or planned.counts["aliases"],
    }
    return render(request, "pages/planned_import.html", context)


def _planned(actor: User, slug: str, form: ImportForm) -> PlannedImport | None:
    """The dry run of the form's file; what is wrong with it goes to the form."""
    given = dict(form.cleaned_data)
    file = given.pop("file")
    given.pop("slug", None)
    if file.size > settings.ERRATA_IMPORT_MB * 1_000_000:
        form.add_error("file", f"The file is larger than {settings.ERRATA_IMPORT_MB} MB.")
        return None
    try:
        return plan_import(actor=actor, slug=slug, name=file.name, data=file.chunks(), **given)
    except InvalidInput as error:
        for line in error.message.splitlines():
            form.add_error("file", line)
        return None


def _classes(planned: PlannedImport) -> list[dict[str, Any]]:
    """The classes that have rows: what they are called, how many, and the first of them."""
    counts, examples = planned.counts, planned.examples
    return [
        {
            "name": name,
            "words": _words(planned, name),
            "count": counts[name],
            "rows": [_row(name, *row) for row in examples.get(name, [])],
        }
        for name in WORDS
        if counts[name]
    ]


def _row(name: str, key: str, line: int, before: str, after: str) -> tuple[str, int, str, str]:
    if name != "limits_changed":
        return key, line, before, after
    return key, line, shown(json.loads(before)), shown(json.loads(after))


def _words(planned: PlannedImport, name: str) -> str:
    if name != "missing":
        return WORDS[name]
    return f"{WORDS[name]}: {'retired' if planned.missing == 'retire' else 'kept'}"
