"""Reporting a file: the template, what each row would come to, submitting, how far it is."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audits.incoming import report_form
from audits.services.keep_upload import MEGABYTES, keep_upload
from audits.services.submit_upload import require_own, submit_upload
from audits.services.work_on_upload import MOST
from pages.forms import UploadForm
from pages.reporting import unit_of
from pages.selectors import kinds_of
from pages.wording import KINDS
from registry.errors import InvalidInput, NotFound, WrongState
from registry.ids import is_id
from registry.models import Benchmark, Head, Revision
from registry.nearest import nearest_keys
from registry.paging import page_of
from registry.permissions import require_reader
from registry.presets import Preset
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import preset_of
from submissions.models import Report, Upload, UploadRow
from submissions.states import TO_FILE, RowState

EARLIER = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """A row with what its page says beside it: the label now, where it leads, a likely key."""

    row: UploadRow
    revision: Revision | None
    link: str
    nearest: str
    why: str  # its answer was declined


@require_http_methods(["GET", "HEAD", "POST"])
def upload_reports(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a file of reports; POST leads to what its rows would come to."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(benchmark, *data)
    if form.is_bound and form.is_valid():
        given, file = form.cleaned_data, form.cleaned_data["file"]
        try:
            upload = keep_upload(
                actor=actor,
                benchmark=benchmark,
                name=file.name,
                data=file.chunks(),
                reason=given["reason"],
                upstream=given["upstream"],
            )
            return redirect("upload", upload.public_id)
        except (InvalidInput, WrongState) as error:
            of_reason = error.details.get("field") == "rationale"
            form.add_error("reason" if of_reason else "file", error.message)
    mine = Upload.objects.filter(benchmark=benchmark, author=actor.public_id)
    context = {
        "benchmark": benchmark,
        "tab": "reports",
        "form": form,
        "columns": template_columns(preset_of(benchmark)),
        "example": _example(preset_of(benchmark)),
        "categories": benchmark.categories.filter(retired=False),
        "kinds": _kinds(benchmark),
        "uploads": mine.order_by("-pk")[:EARLIER],
        "most": MOST,
        "megabytes": MEGABYTES,
    }
    return render(request, "pages/upload_reports.html", context, status=400 if form.errors else 200)


@require_safe
def template(request: HttpRequest, slug: str) -> HttpResponse:
    """An empty CSV with the columns that a file of reports has."""
    benchmark = benchmark_for(request, slug)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{benchmark.slug}-reports.csv"'
    csv.writer(response).writerow(name for name, _ in template_columns(preset_of(benchmark)))
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the rows of a file would come to, and, once POST submitted it, how far it is."""
    uploads = Upload.objects.filter(public_id=public_id).select_related("benchmark")
    found = uploads.first() if is_id(public_id) else None
    if found is None:
        raise NotFound("There is no such file; it may have expired. Send it again.")
    require_reader(reader_of(request), found.benchmark)
    actor = actor_of(request)
    require_own(actor, found)
    if request.method == "POST":
        submit_upload(actor=actor, upload=found)
        return redirect("upload", public_id)
    state = request.GET.get("state", "")
    state = state if state in RowState.values else ""
    context = {
        "benchmark": found.benchmark,
        "tab": "reports",
        "upload": found,
        "stage": stage_of(found),
        "state": state,
        "counts": [(each, found.counts[each]) for each in RowState if found.counts.get(each)],
        "rows": sum(found.counts.values()),
        "to_file": sum(found.counts.get(each, 0) for each in TO_FILE),
        "filed": found.counts.get(RowState.FILED, 0),
    }
    if context["stage"] in ("checked", "done", "refused"):
        rows = found.rows.filter(state=state) if state else found.rows.all()
        page = page_of(rows.select_related("instance"), order=["number"], query=request.GET)
        context |= {"page": page, "shown": _shown(found.benchmark, page.rows)}
    return render(request, "pages/upload.html", context)


def stage_of(upload: Upload) -> str:
    """How far an upload is: checking, checked, filing, done or refused."""
    if upload.finished_at:
        return "refused" if upload.refused else "done"
    if upload.submitted_at:
        return "filing"
    return "checked" if upload.checked_at else "checking"


def template_columns(preset: Preset) -> list[tuple[str, str]]:
    """The columns of a file of reports, each with what to fill in."""
    form = report_form(preset)
    named = form.key or form.columns.get("id", ())[:1]
    said = {
        "answer": "The answer that is right, or N/A where there is none.",
        "category": "The kind of error, by its code; empty: other.",
        "rationale": "Why the label is wrong. Empty: what you write once for all rows.",
        "evidence": "A citation, a link, a guideline; may be empty.",
    }
    names = {"answer": form.columns.get("answer", ("answer",))} | dict(form.meta)
    return [(name, "As in the benchmark: names the instance.") for name in named] + [
        (names[role][0], said[role]) for role in said
    ]


def _example(preset: Preset) -> str:
    return json.dumps({name: "…" for name, _ in template_columns(preset)}, ensure_ascii=False)


def _kinds(benchmark: Benchmark) -> list[tuple[str, str, str]]:
    """In which form answers are asked for: group, kind in words, unit."""
    return [(group, KINDS[kind], unit_of(group)) for group, kind in kinds_of(benchmark)]


def _shown(benchmark: Benchmark, rows: Sequence[UploadRow]) -> list[Shown]:
    """Rows of one page with their labels and links, in a fixed number of queries."""
    heads = Head.objects.filter(pk__in=[row.instance_id for row in rows if row.instance_id])
    heads = heads.select_related("revision__content").in_bulk()
    near = nearest_keys(benchmark, [row.key for row in rows if row.state == RowState.UNKNOWN])
    declined = [row.about for row in rows if row.state == RowState.DECLINED]
    # Read where it stands: a text that was removed there is gone here too.
    outcomes = Report.objects.filter(public_id__in=declined).values_list("public_id", "outcome")
    why = dict(outcomes)
    return [
        Shown(
            row=row,
            revision=heads[row.instance_id].revision if row.instance_id else None,
            link=_link(benchmark, row),
            nearest=near.get(row.key, "") if row.state == RowState.UNKNOWN else "",
            why=why.get(row.about, ""),
        )
        for row in rows
    ]


def _link(benchmark: Benchmark, row: UploadRow) -> str:
    """Where the report or decision that a row names can be read."""
    if not row.about:
        return ""
    if row.state == RowState.DECIDED:
        page = reverse("instance", args=[benchmark.slug, row.instance.key])
        return f"{page}#decision-{row.about}"
    return reverse("report", args=[row.about])
