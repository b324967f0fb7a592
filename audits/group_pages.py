"""The page of a case for a whole group: its fault, its labels, and the ruling that settles them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from errata.grading import LabelChange

from audits.forms import RulingForm
from audits.members import MOST, Member, members_of
from audits.models import Case, Ruling
from audits.services.claim_case import claim_case, is_free, release_case
from audits.services.decide_group import decide_group
from audits.services.preview_ruling import Ruled, outlook, preview_ruling
from audits.services.refuse_group import refuse_group
from audits.states import LIVE, CaseStatus
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.models import Role, User
from registry.permissions import roles_of
from registry.requests import actor_of, reader_of
from registry.selectors import expertise_of, names_of, preset_of, texts
from submissions.models import Report
from submissions.states import ReportStatus

REPORTS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A label on the page: whether it is ticked, the answer beside it, and what that would do."""

    member: Member
    taken: bool
    answer: str
    change: LabelChange | None
    label: Any = None


def group_case(request: HttpRequest, case: Case) -> HttpResponse:
    """The page; POST claims the case, gives it back, previews or saves a ruling."""
    if request.method != "POST":
        return _show(request, case)
    actor, action = actor_of(request), request.POST.get("action", "")
    if action == "claim":
        claim_case(actor=actor, case=case)
        return redirect("case", case.public_id)
    if action == "release":
        release_case(actor=actor, case=case)
        messages.success(request, "The case is back in the queue.")
        return redirect("cases", case.benchmark.slug)
    if action == "refuse":
        return _refuse(request, actor, case)
    return _rule(request, actor, case, save=action == "decide")


def _refuse(request: HttpRequest, actor: User, case: Case) -> HttpResponse:
    """Decline what was reported of the whole group."""
    try:
        refuse_group(actor=actor, case=case, rationale=request.POST.get("rationale", ""))
    except InvalidInput as error:
        messages.error(request, error.message, extra_tags="bad")
        return _show(request, case, status=400)
    messages.success(request, "The report is declined.", extra_tags="good")
    return redirect("case", case.public_id)


def _rule(request: HttpRequest, actor: User, case: Case, *, save: bool) -> HttpResponse:
    """Save a ruling that was shown before as it is, else show what it would write."""
    form = RulingForm(case.benchmark, request.POST)
    if not form.is_valid():
        return _show(request, case, form=form, status=400)
    given, settles = form.cleaned_data, form.settles()
    try:
        if save and request.POST.get("shown") == form.fingerprint():
            ruling = decide_group(
                actor=actor,
                case=case,
                outcome=given["outcome"],
                rationale=given["rationale"],
                category=given["category"],
                settles=settles,
            )
            count = ruling.decisions.count()
            messages.success(request, f"{count} labels are settled. Thank you.", extra_tags="good")
            return redirect("ruling", case.benchmark.slug, ruling.public_id)
        preview = preview_ruling(case=case, outcome=given["outcome"], settles=settles)
    except (InvalidInput, NotAllowed, WrongState) as error:
        field = error.details.get("field")
        form.add_error(field if field in form.fields else None, error.message)
        status = {InvalidInput: 400, NotAllowed: 403}.get(type(error), 409)
        return _show(request, case, form=form, status=status)
    return _show(request, case, form=form, preview=preview)


def _show(
    request: HttpRequest,
    case: Case,
    *,
    form: RulingForm | None = None,
    preview: Sequence[Ruled] = (),
    status: int = 200,
) -> HttpResponse:
    reader = reader_of(request)
    case.refresh_from_db()
    roles = roles_of(reader, case.benchmark)
    held = case.status == CaseStatus.CLAIMED and not is_free(case)
    mine = reader is not None and held and case.claimed_by == reader.public_id
    members = members_of(case) if case.status in LIVE else []
    lines = _lines(case, members, form, {row.member.key: row for row in preview})
    decided = [line for line in lines if line.member.decided]
    rulings = _rulings(case)
    reports = list(
        Report.objects.filter(benchmark=case.benchmark, instance=None, group=case.group)
        .exclude(status=ReportStatus.SPAM)
        .select_related("category")
        .order_by("-pk")[:REPORTS]
    )
    context = {
        "benchmark": case.benchmark,
        "tab": "cases",
        "case": case,
        "lines": [line for line in lines if not line.member.decided],
        "decided": decided,
        "adding": any(line.taken for line in decided),
        "most": MOST,
        "full": len(members) == MOST,
        "mine": mine,
        "held": held,
        "may_claim": Role.EXPERT in roles and (mine or is_free(case)),
        "form": (form or RulingForm(case.benchmark)) if mine else None,
        "revisions": {member.key: member.revision.number for member in members},
        "preview": preview if mine else (),
        "decisions": {line.member.key: line.member.decided.public_id for line in decided},
        "overruled": sum(row.member.decided is not None for row in preview),
        "changes": sum(row.member.revision.answer != row.label.text for row in preview),
        "rulings": rulings,
        "reports": reports,
        "refusable": any(report.status == ReportStatus.OPEN for report in reports),
        "names": names_of(
            [
                case.claimed_by,
                *(ruling.actor for ruling, _ in rulings),
                *(report.author for report in reports),
                *(line.member.decided.actor for line in decided),
            ]
        ),
        "expertise": expertise_of(ruling.actor for ruling, _ in rulings),
    }
    return render(request, "audits/group_case.html", context, status=status)


def _lines(
    case: Case,
    members: Sequence[Member],
    form: RulingForm | None,
    previewed: Mapping[str, Ruled],
) -> list[Line]:
    """What stands in the table: as it was sent, else what is objected to and has an answer."""
    preset = preset_of(case.benchmark)
    sent = set(form.data.getlist("take")) if form else set()
    lines = []
    for member in members:
        row = previewed.get(member.key)
        taken = member.key in sent if form else member.offered
        answer = form.data.get(f"answer:{member.key}", "") if form else member.proposed
        change = row.change if row else outlook(member, preset)
        lines.append(Line(member, taken, answer, change, row.label if row else None))
    return lines


def _rulings(case: Case) -> list[tuple[Ruling, str]]:
    """Rulings on the case, each with its reason."""
    rulings = list(case.rulings.select_related("category").order_by("pk"))
    said = texts(ruling.reason for ruling in rulings)
    return [(ruling, said.get(ruling.reason, "")) for ruling in rulings]
