"""The expert's queue and cases, and audit runs."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from audits.catalog import the_panel
from audits.control import sentence
from audits.due import due_of
from audits.estimating import WHILE_ONE_WAITS, Estimate, estimate
from audits.forms import AuditForm, DecisionForm, ResumeForm, ScheduleForm, SettleForm
from audits.group_pages import group_case
from audits.learned import calibration_of, effort_of
from audits.models import AuditRun, Case, Flaw
from audits.money import print_amount
from audits.permissions import require_auditor
from audits.progress import with_progress
from audits.reading import QUEUES, dossier_of, get_case, get_run, queue_of, runs_of
from audits.report_card import report_card, slips_of
from audits.services.claim_case import claim_case, is_free, release_case
from audits.services.decide_case import decide_case
from audits.services.name_lapse import name_lapse
from audits.services.preview_decision import Preview, is_waiting, preview_decision
from audits.services.set_schedule import set_schedule
from audits.services.settle_flawed import settle_flawed
from audits.services.start_audit import start_audit
from audits.services.stop_run import resume_run, stop_run
from audits.states import CaseStatus, Outcome
from audits.summary import residual_error, summary_of
from registry.errors import InvalidInput, WrongState
from registry.models import Benchmark, Role, User
from registry.paging import page_of
from registry.permissions import roles_of
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import inputs_of, names_of

FAILURES = 50


@require_safe
def cases(request: HttpRequest, slug: str) -> HttpResponse:
    """The cases of a benchmark in the order in which experts should see them."""
    benchmark = benchmark_for(request, slug)
    queue = request.GET.get("status", "")
    queue = queue if queue in QUEUES else "waiting"
    page = page_of(queue_of(benchmark, queue), order=["-priority", "id"], query=request.GET)
    context = {
        "benchmark": benchmark,
        "tab": "cases",
        "page": page,
        "queue": queue,
        "queues": list(QUEUES),
        "names": names_of(case.claimed_by for case in page.rows if case.claimed_by),
        "effort": effort_of(benchmark),
        "tells_why": queue != "waiting" or _tells_why(request, benchmark),
    }
    return render(request, "audits/cases.html", context)


def _tells_why(request: HttpRequest, benchmark: Benchmark) -> bool:
    """Why cases wait is for maintainers: it would sway experts and tell the control sample."""
    roles = roles_of(reader_of(request), benchmark)
    return Role.MAINTAINER in roles and Role.EXPERT not in roles


@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """A case. POST claims it, gives it back, previews or saves a decision, or settles it."""
    found = get_case(public_id, reader_of(request))
    if found.instance_id is None:
        return group_case(request, found)
    if request.method != "POST":
        return _show(request, found)
    actor, action = actor_of(request), request.POST.get("action", "")
    if action == "claim":
        claim_case(actor=actor, case=found)
        return redirect("case", public_id)
    if action == "release":
        release_case(actor=actor, case=found)
        messages.success(request, "The case is back in the queue.")
        return redirect("cases", found.benchmark.slug)
    if "lapse" in request.POST:
        return _lapse(request, actor, found)
    if action in ("reword", "retire"):
        return _settle(request, actor, found, action)
    return _decide(request, actor, found, save=action == "decide")


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
        _blame(form, error)
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
        _blame(form, error)
        return False
    return True


def _decide(request: HttpRequest, actor: User, found: Case, *, save: bool) -> HttpResponse:
    """Save a decision that was shown before as it is, else show what it would write."""
    data = request.POST.copy()
    if "offer" in data:
        data["answer"] = data["offer"]
    form = DecisionForm(found.benchmark, data)
    if not form.is_valid():
        return _show(request, found, form=form, status=400)
    given = form.cleaned_data
    try:
        if save and data.get("shown") == form.fingerprint():
            decide_case(actor=actor, case=found, **given)
            messages.success(request, "Decided. Thank you.", extra_tags="good")
            return redirect("case", found.public_id)
        preview = preview_decision(case=found, **form.label_texts())
    except (InvalidInput, WrongState) as error:
        _blame(form, error)
        status = 400 if isinstance(error, InvalidInput) else 409
        return _show(request, found, form=form, status=status)
    return _show(request, found, form=form, preview=preview)


def _lapse(request: HttpRequest, actor: User, found: Case) -> HttpResponse:
    decision = found.decisions.order_by("-pk").first()
    if decision is None:
        raise WrongState("Nobody has decided this case yet; decide it first.")
    name_lapse(
        actor=actor,
        decision=decision,
        verifier=request.POST.get("verifier", ""),
        flaw=request.POST["lapse"],
    )
    messages.success(request, "Noted in its report card. Thank you.", extra_tags="good")
    return redirect("case", found.public_id)


def _settle(request: HttpRequest, actor: User, found: Case, action: str) -> HttpResponse:
    head = found.instance.head
    form = SettleForm(inputs_of(head.revision) or {}, request.POST)
    if form.is_valid():
        inputs = form.reworded() if action == "reword" else None
        try:
            settle_flawed(
                actor=actor, case=found, reason=form.cleaned_data["reason"], inputs=inputs
            )
        except InvalidInput as error:
            _blame(form, error)
        else:
            messages.success(request, "Settled.", extra_tags="good")
            return redirect("case", found.public_id)
    return _show(request, found, settle=form, status=400)


def _blame(form: Any, error: InvalidInput | WrongState) -> None:
    """Put a refusal beside the field it is about."""
    field = error.details.get("field")
    form.add_error(field if field in form.fields else None, error.message)


def _show(
    request: HttpRequest,
    found: Case,
    *,
    form: DecisionForm | None = None,
    preview: Preview | None = None,
    settle: SettleForm | None = None,
    status: int = 200,
) -> HttpResponse:
    reader = reader_of(request)
    found = get_case(found.public_id, reader)
    dossier = dossier_of(found)
    roles = roles_of(reader, found.benchmark)
    held = found.status == CaseStatus.CLAIMED and not is_free(found)
    mine = reader is not None and held and found.claimed_by == reader.public_id
    flawed = found.status == CaseStatus.FLAWED and Role.MAINTAINER in roles
    context = {
        "benchmark": found.benchmark,
        "tab": "cases",
        "case": found,
        "dossier": dossier,
        "mine": mine,
        "held": held,
        "may_claim": Role.EXPERT in roles and (mine or is_free(found)),
        "moved": mine and found.claimed_revision_id != dossier.revision.pk,
        "form": (form or DecisionForm(found.benchmark)) if mine else None,
        "outcomes": Outcome.choices,
        "waiting": is_waiting(found),
        "preview": preview if mine else None,
        "lapses": slips_of(found, reader),
        "flaws": Flaw.choices,
        "settle": (settle or SettleForm(dossier.inputs or {})) if flawed else None,
    }
    return render(request, "audits/case.html", context, status=status)
