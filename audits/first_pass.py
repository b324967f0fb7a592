"""What the pages of the blind first pass share, and those of practice."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from audits.calculators import find as find_calculator
from audits.forms import FirstForm, blame
from audits.models import Case, Draft
from audits.one_tap import is_right
from audits.practice import compared, practice_of
from audits.reading import get_case
from audits.services.give_opinion import give_opinion
from audits.services.keep_draft import MOST_SECONDS
from audits.states import First
from registry.errors import InvalidInput, NotAllowed
from registry.models import User
from registry.requests import actor_of, reader_of
from registry.selectors import inputs_of, texts


@require_http_methods(["GET", "HEAD", "POST"])
def practice(request: HttpRequest, public_id: str) -> HttpResponse:
    """A decided case for a new expert: the inputs alone, then how their answer compares."""
    found, actor = get_case(public_id, reader_of(request)), actor_of(request)
    decision = found.decisions.select_related("before__content", "after__content").last()
    if decision is None or found.instance_id is None:
        raise NotAllowed("This is none of your practice cases; take one that waits.")
    form, status = None, 200
    if request.method == "POST":
        form = FirstForm(found.benchmark, decision.before.content.kind, request.POST)
        if given(actor, found, form, seconds_of(request)):
            return redirect("practice", public_id)
        status = 400
    told = compared(found, actor)
    learns = practice_of(actor, found.benchmark)
    if told is None and public_id not in learns.left:
        raise NotAllowed("This is none of your practice cases; take one that waits.")
    context = {
        "benchmark": found.benchmark,
        "tab": "cases",
        "case": found,
        "revision": decision.before,
        "inputs": inputs_of(decision.before),
        "first": form
        or first_form(actor, found, decision.before.content.kind, computed_in(request)),
        "computes": find_calculator(decision.before.group) is not None,
        "outcomes": First.choices,
        "told": told,
        "agrees": told and is_right(told[0], decision.after, found),
        "said": texts([decision.reason]).get(decision.reason, ""),
        "practice": learns,
        "next": learns.left[0] if learns.left else "",
    }
    return render(request, "audits/practice.html", context, status=status)


def given(actor: User, found: Case, form: FirstForm, seconds: int) -> bool:
    """Whether the blind answer is in; else the form says why not."""
    if not form.is_valid():
        return False
    try:
        give_opinion(actor=actor, case=found, seconds=seconds, **form.cleaned_data)
    except InvalidInput as error:
        blame(form, error)
        return False
    return True


def first_form(
    expert: User, found: Case, kind: str, computed: Mapping[str, str] | None = None
) -> FirstForm:
    """The form as it was typed before, with what the calculator `computed` filled in."""
    initial = drafted(expert, found) | dict(computed or {})
    return FirstForm(found.benchmark, kind, initial=initial)


def computed_in(request: HttpRequest) -> dict[str, str]:
    """What a calculator's page hands over in the address, where there is no script."""
    return {name: request.GET[name] for name in ("answer", "entities") if name in request.GET}


def drafted(expert: User, found: Case) -> dict[str, str]:
    kept = Draft.objects.filter(case=found, expert=expert).values_list("fields", flat=True)
    return dict(kept.first() or {})


def seconds_of(request: HttpRequest) -> int:
    said = request.POST.get("seconds", "0")
    return min(int(said), MOST_SECONDS) if said.isdecimal() and len(said) < 10 else 0
