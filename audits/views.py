"""Audit runs, their schedule, and the report cards of verifiers."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from audits.catalog import the_panel
from audits.control import sentence
from audits.due import due_of
from audits.estimating import WHILE_ONE_WAITS, Estimate, estimate
from audits.forms import AuditForm, ResumeForm, ScheduleForm, blame
from audits.learned import calibration_of
from audits.models import AuditRun
from audits.money import print_amount
from audits.permissions import require_auditor
from audits.progress import with_progress
from audits.reading import get_run, runs_of
from audits.report_card import report_card
from audits.services.set_schedule import set_schedule
from audits.services.start_audit import start_audit
from audits.services.stop_run import resume_run, stop_run
from audits.summary import residual_error, summary_of
from registry.errors import InvalidInput
from registry.models import Benchmark, Role, User
from registry.paging import page_of
from registry.permissions import roles_of
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import names_of

FAILURES = 50


@require_http_methods(["GET", "HEAD", "POST"])
def audits(request: HttpRequest, slug: str) -> HttpResponse:
    """The audit runs of a benchmark; POST starts one, or estimates what it would cost."""
    benchmark = benchmark_for(request, slug)
    form = AuditForm(benchmark, request.POST if request.method == "POST" else None)
    found = None
    if request.method == "POST":
        actor = actor_of(request)
        require_auditor(actor, benchmark)
        if form.is_valid():
            given = form.cleaned_data
            if request.POST.get("action") != "estimate":
                run = start_audit(actor=actor, benchmark=benchmark, **given)
                return redirect("audit", run.public_id)
            found = _estimated(form, benchmark, given)
    page = page_of(runs_of(benchmark), order=["-id"], query=request.GET)
    context = {
        "benchmark": benchmark,
        "tab": "audits",
        "form": form,
        "estimate": found,
        "page": page,
        "names": names_of(run.actor for run in page.rows),
        "due": due_of(benchmark),
        "residual": sentence(residual_error(benchmark)),
        "may_start": Role.MAINTAINER in roles_of(reader_of(request), benchmark),
    }
    return render(request, "audits/audits.html", context, status=400 if form.errors else 200)


def _estimated(form: AuditForm, benchmark: Benchmark, given: dict[str, Any]) -> Estimate | None:
    try:
        return estimate(
            benchmark,
            given["verifiers"],
            fresh=given["fresh"],
            budget=given["budget"],
            at_most=WHILE_ONE_WAITS,
        )
    except InvalidInput as error:
        blame(form, error)
        return None


@require_safe
def report_cards(request: HttpRequest, slug: str) -> HttpResponse:
    """How each verifier did against what experts decided, and what it cost."""
    benchmark = benchmark_for(request, slug)
    context = {
        "benchmark": benchmark,
        "tab": "audits",
        "cards": report_card(benchmark),
        "calibration": calibration_of(benchmark),
        "currency": the_panel().currency,
    }
    return render(request, "audits/verifiers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """When the benchmark is audited; POST changes that. For maintainers."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    require_auditor(actor, benchmark)
    due = due_of(benchmark)
    given = due.schedule
    initial = {
        "every_days": given.every_days,
        "next_at": given.next_at.date(),
        "budget": print_amount(given.budget).replace(",", ""),
        "building_cost": ""
        if given.building_cost is None
        else print_amount(given.building_cost).replace(",", ""),
    }
    form = ScheduleForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        set_schedule(actor=actor, benchmark=benchmark, **form.cleaned_data)
        messages.success(request, "Saved.", extra_tags="good")
        return redirect("schedule", slug)
    context = {"benchmark": benchmark, "tab": "schedule", "form": form, "due": due}
    return render(request, "audits/schedule.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def audit(request: HttpRequest, public_id: str) -> HttpResponse:
    """One run: how far it is, what it cost and found. POST stops it or lets it go on."""
    run = get_run(public_id, reader_of(request))
    form = ResumeForm(request.POST if request.POST.get("action") == "resume" else None)
    if request.method == "POST" and _stop_or_resume(actor_of(request), run, request, form):
        return redirect("audit", public_id)
    failures = run.attempts.select_related("instance").order_by("-pk")
    context = {
        "benchmark": run.benchmark,
        "tab": "audits",
        "run": with_progress(type(run).objects.filter(pk=run.pk)).get(),
        "summary": summary_of(run),
        "currency": the_panel().currency,
        "failures": failures[:FAILURES],
        "failure_count": failures.count(),
        "names": names_of([run.actor]),
        "form": form,
        "may_stop": Role.MAINTAINER in roles_of(reader_of(request), run.benchmark),
    }
    return render(request, "audits/audit.html", context, status=400 if form.errors else 200)


def _stop_or_resume(actor: User, run: AuditRun, request: HttpRequest, form: ResumeForm) -> bool:
    """Do what was asked for; whether it was done."""
    if request.POST.get("action") != "resume":
        stop_run(actor=actor, run=run)
        return True
    require_auditor(actor, run.benchmark)
    if not form.is_valid():
        return False
    try:
        resume_run(actor=actor, run=run, budget=form.cleaned_data["budget"])
    except InvalidInput as error:
        blame(form, error)
        return False
    return True
