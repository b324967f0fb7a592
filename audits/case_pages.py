"""The expert's desk: the queue, and a case from the blind answer to the decision."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from audits.blind import first_of, is_revealed, is_waiting
from audits.calculators import find as find_calculator
from audits.first_pass import computed_in, drafted, first_form, given, seconds_of
from audits.forms import DecisionForm, FirstForm, LeaveForm, SettleForm, blame
from audits.group_pages import group_case
from audits.models import Case, Flaw
from audits.one_tap import proposal_of
from audits.queue_pages import to_next
from audits.queueing import next_case
from audits.reading import Dossier, dossier_of, get_case
from audits.report_card import slips_of
from audits.services.claim_case import claim_case, is_free, release_case
from audits.services.give_opinion import conclude_case
from audits.services.keep_draft import FIELDS, keep_draft
from audits.services.leave_case import leave_case
from audits.services.name_lapse import name_lapse
from audits.services.preview_decision import Preview, preview_decision
from audits.services.settle_flawed import settle_flawed
from audits.states import CaseStatus, First, Outcome
from registry.errors import InvalidInput, WrongState
from registry.models import Revision, Role, User
from registry.permissions import roles_of
from registry.requests import actor_of, reader_of
from registry.selectors import inputs_of


@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """A case. POST does what its `action` says: see `_ACTIONS`, and the decision's own."""
    found = get_case(public_id, reader_of(request))
    if found.instance_id is None:
        return group_case(request, found)
    if request.method != "POST":
        return _show(request, found)
    actor, action = actor_of(request), request.POST.get("action", "")
    if "lapse" in request.POST:
        return _lapse(request, actor, found)
    if action in _ACTIONS:
        return _ACTIONS[action](request, actor, found)
    return _decide(request, actor, found, action)


@require_POST
def draft(request: HttpRequest, public_id: str) -> HttpResponse:
    """Keep what is typed and renew the claim; answers in JSON to the page's script."""
    found, actor = get_case(public_id, reader_of(request)), actor_of(request)
    fields = _typed(request) if "typed" in request.POST else None
    kept = keep_draft(actor=actor, case=found, fields=fields, seconds=seconds_of(request))
    return JsonResponse({"held": kept.held, "until": kept.until, "because": kept.because})


def _claim(request: HttpRequest, actor: User, found: Case) -> HttpResponse:
    claim_case(actor=actor, case=found)
    return redirect("case", found.public_id)


def _release(request: HttpRequest, actor: User, found: Case) -> HttpResponse:
    release_case(actor=actor, case=found)
    messages.success(request, "The case is back in the queue.")
    return redirect("cases", found.benchmark.slug)


def _save(request: HttpRequest, actor: User, found: Case) -> HttpResponse:
    kept = keep_draft(actor=actor, case=found, fields=_typed(request))
    if kept.because:
        messages.warning(request, kept.because)
    messages.success(request, "What you typed is kept.")
    return redirect("practice" if not is_waiting(found) else "case", found.public_id)


def _leave(request: HttpRequest, actor: User, found: Case) -> HttpResponse:
    interest = request.POST["action"] == "interest"
    form = LeaveForm(request.POST)
    try:
        reason = request.POST.get("leave_reason", "")
        leave_case(actor=actor, case=found, reason=reason, interest=interest)
    except InvalidInput as error:
        form.is_valid()
        blame(form, error)
        return _show(request, found, leave=form, status=400)
    left = "It is left to others for good." if interest else "It is left to others."
    messages.success(request, f"{left} This one is next.")
    return to_next(request, actor, found.benchmark, after=found)


def _first(request: HttpRequest, actor: User, found: Case) -> HttpResponse:
    """Take the blind answer; whoever has not claimed the case yet does so with it."""
    form = FirstForm(found.benchmark, found.instance.head.revision.content.kind, request.POST)
    if is_free(found):
        claim_case(actor=actor, case=found)
    if given(actor, found, form, seconds_of(request)):
        return redirect("case", found.public_id)
    return _show(request, found, first=form, status=400)


def _settle(request: HttpRequest, actor: User, found: Case) -> HttpResponse:
    head = found.instance.head
    form = SettleForm(inputs_of(head.revision) or {}, request.POST)
    if form.is_valid():
        inputs = form.reworded() if request.POST["action"] == "reword" else None
        try:
            settle_flawed(
                actor=actor, case=found, reason=form.cleaned_data["reason"], inputs=inputs
            )
        except InvalidInput as error:
            blame(form, error)
        else:
            messages.success(request, "Settled.", extra_tags="good")
            return redirect("case", found.public_id)
    return _show(request, found, settle=form, status=400)


_ACTIONS = {
    "claim": _claim,
    "release": _release,
    "save": _save,
    "skip": _leave,
    "interest": _leave,
    "first": _first,
    "reword": _settle,
    "retire": _settle,
}


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


def _decide(request: HttpRequest, actor: User, found: Case, action: str) -> HttpResponse:
    """Save a decision that was shown before as it is, else show what it would write."""
    if not is_revealed(found, actor):
        conclude_case(actor=actor, case=found, outcome="", rationale="")  # says what comes first
    data = request.POST.copy()
    if "offer" in data:
        data["answer"] = data["offer"]
    kind = found.instance.head.revision.content.kind
    form = DecisionForm(found.benchmark, data, kind=kind)
    if not form.is_valid():
        return _show(request, found, form=form, status=400)
    given = form.cleaned_data
    try:
        if action.startswith("decide") and data.get("shown") == form.fingerprint():
            decision = conclude_case(actor=actor, case=found, seconds=seconds_of(request), **given)
            thanks = (
                "Decided. Thank you." if decision else "Your answer is in. Another expert is next."
            )
            messages.success(request, thanks, extra_tags="good")
            if action == "decide_next":
                return to_next(request, actor, found.benchmark, after=found)
            return redirect("case", found.public_id)
        preview = preview_decision(case=found, **form.label_texts())
    except (InvalidInput, WrongState) as error:
        blame(form, error)
        status = 400 if isinstance(error, InvalidInput) else 409
        return _show(request, found, form=form, status=status)
    return _show(request, found, form=form, preview=preview)


def _show(
    request: HttpRequest,
    found: Case,
    *,
    form: DecisionForm | None = None,
    preview: Preview | None = None,
    first: FirstForm | None = None,
    leave: LeaveForm | None = None,
    settle: SettleForm | None = None,
    status: int = 200,
) -> HttpResponse:
    reader = reader_of(request)
    found = get_case(found.public_id, reader)
    revealed = is_revealed(found, reader)
    dossier = dossier_of(found, revealed=revealed)
    roles = roles_of(reader, found.benchmark)
    held = found.status == CaseStatus.CLAIMED and not is_free(found)
    mine = reader is not None and held and found.claimed_by == reader.public_id
    may_claim = Role.EXPERT in roles and (mine or is_free(found))
    flawed = found.status == CaseStatus.FLAWED and Role.MAINTAINER in roles
    context = {
        "benchmark": found.benchmark,
        "tab": "cases",
        "case": found,
        "dossier": dossier,
        "revealed": revealed,
        "mine": mine,
        "held": held,
        "may_claim": may_claim,
        "moved": mine and revealed and found.claimed_revision_id != dossier.revision.pk,
        "reworded": mine and not revealed and _reworded(found, dossier.revision),
        "lapses": slips_of(found, reader),
        "flaws": Flaw.choices,
        "settle": (settle or SettleForm(dossier.inputs or {})) if flawed else None,
    }
    if may_claim:
        context["computes"] = find_calculator(dossier.revision.group) is not None
        computed = computed_in(request)
        context["leave"] = leave or LeaveForm()
        context["next"] = next_case(reader, found.benchmark, after=found)
        kind = dossier.revision.content.kind
        if not revealed:
            context["first"] = first or first_form(reader, found, kind, computed)
            context["firsts"] = First.choices
        elif mine:
            context |= _deciding(reader, found, dossier, form, preview, computed)
    return render(request, "audits/case.html", context, status=status)


def _reworded(found: Case, now: Revision) -> bool:
    claimed = found.claimed_revision
    return claimed is not None and claimed.content_id != now.content_id


def _deciding(
    expert: User,
    found: Case,
    dossier: Dossier,
    form: DecisionForm | None,
    preview: Preview | None,
    computed: Mapping[str, str],
) -> dict[str, Any]:
    """The decision's form: as sent, as typed before, or as the blind answer proposes."""
    first = first_of(found, expert)
    context: dict[str, Any] = {"outcomes": Outcome.choices, "own_first": first}
    if first is None:
        return context
    proposal = proposal_of(found, dossier.revision, first)
    if form is None:
        data = (drafted(expert, found) or proposal.fields) | dict(computed)
        kind = dossier.revision.content.kind
        form = DecisionForm(found.benchmark, data, kind=kind)
        preview = _previewed(found, form)
    return context | {"form": form, "preview": preview, "proposal": proposal}


def _previewed(found: Case, form: DecisionForm) -> Preview | None:
    """What the filled-in form would write, where it can be said already."""
    if not form.is_valid():
        form.errors.clear()
        return None
    try:
        return preview_decision(case=found, **form.label_texts())
    except InvalidInput:
        return None


def _typed(request: HttpRequest) -> Mapping[str, str]:
    return {name: request.POST[name] for name in FIELDS if name in request.POST}
