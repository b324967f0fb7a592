"""Filing a report, following it, listing all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from registry.errors import InvalidInput, NotFound
from registry.models import Benchmark, Event, Head
from registry.paging import page_of
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import get_instance, inputs_of, names_of
from submissions.forms import FindForm, ReportForm
from submissions.selectors import get_report, reports_of
from submissions.services.file_report import file_report
from submissions.states import ReportStatus


@require_http_methods(["GET", "HEAD", "POST"])
def report_form(request: HttpRequest, slug: str) -> HttpResponse:
    """The form for one instance; POST files the report and leads to its page."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    name = request.GET.get("instance", "").strip()
    if not name:
        return _find(request, benchmark, FindForm())
    try:
        instance = get_instance(benchmark, name)
    except NotFound as error:
        form = FindForm({"instance": name})
        form.add_error("instance", error.message)
        return _find(request, benchmark, form)
    heads = Head.objects.select_related("revision__content", "instance")
    head = heads.get(pk=instance.pk)
    form = ReportForm(
        benchmark,
        head.revision.content.kind,
        _versions(benchmark),
        request.POST if request.method == "POST" else None,
    )
    if form.is_valid():
        given = form.cleaned_data
        try:
            report = file_report(
                actor=actor,
                benchmark=benchmark,
                instance=instance,
                category=given["category"],
                rationale=given["rationale"],
                answer=given["answer"],
                evidence=given["evidence"],
                seen_in=given["seen_in"],
            )
            return redirect("report", report.public_id)
        except InvalidInput as error:
            field = error.details.get("field")
            form.add_error(field if field in form.fields else None, error.message)
    context = {
        "benchmark": benchmark,
        "tab": "reports",
        "head": head,
        "inputs": inputs_of(head.revision),
        "form": form,
    }
    status = 400 if form.errors else 200
    return render(request, "submissions/report_form.html", context, status=status)


@require_safe
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page on which a report is followed to its outcome."""
    found = get_report(public_id, reader_of(request))
    heads = Head.objects.select_related("revision__content")
    head = heads.filter(pk=found.instance_id).first()
    ended = Event.objects.filter(subject_kind="report", subject_id=public_id).order_by("-at", "-pk")
    decider = ended.exclude(kind="report.filed").first()
    actors = [found.author, *([decider.actor] if decider else [])]
    context = {
        "benchmark": found.benchmark,
        "tab": "reports",
        "report": found,
        "revision": head and head.revision,
        "decider": decider,
        "names": names_of(actors),
    }
    return render(request, "submissions/report.html", context)


@require_safe
def reports(request: HttpRequest, slug: str) -> HttpResponse:
    """All reports on a benchmark, newest first."""
    benchmark = benchmark_for(request, slug)
    status = request.GET.get("status", "")
    status = status if status in ReportStatus.values else ""
    page = page_of(reports_of(benchmark, status), order=["-id"], query=request.GET)
    context = {
        "benchmark": benchmark,
        "tab": "reports",
        "page": page,
        "status": status,
        "statuses": ReportStatus.values,
        "names": names_of(each.author for each in page.rows),
    }
    return render(request, "submissions/reports.html", context)


def _find(request: HttpRequest, benchmark: Benchmark, form: FindForm) -> HttpResponse:
    context = {"benchmark": benchmark, "tab": "reports", "form": form}
    status = 404 if form.errors else 200
    return render(request, "submissions/find.html", context, status=status)


def _versions(benchmark: Benchmark) -> list[str]:
    """The published versions by their events: releases lie above this app."""
    published = Event.objects.filter(benchmark=benchmark, kind="release.published")
    return [data["version"] for data in published.order_by("-at").values_list("data", flat=True)]
