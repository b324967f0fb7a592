"""The pages of a maintainer who cuts a release: preview it, hold something back, cut it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from registry.errors import InvalidInput, NotFound, WrongState
from registry.requests import actor_of, benchmark_for
from versions.forms import CutForm, HoldForm
from versions.naming import AUTO
from versions.permissions import require_cutter
from versions.services.freeze_release import freeze_release
from versions.services.hold_back import hold_back, lift_hold
from versions.services.preview_release import preview_release

_FIELDS = {"contested": "waiver", "bad_waiver": "waiver", "bad_notes": "notes"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, slug: str) -> HttpResponse:
    """What the next release would contain and which gates it passes; POST cuts exactly that."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    require_cutter(actor, benchmark)
    given = CutForm(request.POST) if request.method == "POST" else None
    difference, status = [], 200
    if given is not None and given.is_valid():
        try:
            release = freeze_release(actor=actor, benchmark=benchmark, **given.order(AUTO))
        except (InvalidInput, WrongState) as error:
            difference = list(error.details.get("difference", ()))
            given.add_error(_FIELDS.get(error.code), error.message)
            status = 400 if isinstance(error, InvalidInput) else 409
        else:
            messages.success(request, f"{release.version} is frozen and on its way out.")
            return redirect("release", slug, release.version)
    elif given is not None:
        status = 400
    found = preview_release(actor=actor, benchmark=benchmark)
    form = given or CutForm()
    form.offer(found.waivable)
    context = {
        "benchmark": benchmark,
        "tab": "draft",
        "preview": found,
        "draft": found.draft,
        "form": form,
        "difference": difference,
        "hold": HoldForm(
            initial={name: request.GET.get(name, "") for name in ("decision", "group")}
        ),
        "may_hold": True,
    }
    return render(request, "versions/draft.html", context, status=status)


@require_POST
def holds(request: HttpRequest, slug: str) -> HttpResponse:
    """Hold a decision or a group back, or lift a hold."""
    benchmark, actor = benchmark_for(request, slug), actor_of(request)
    require_cutter(actor, benchmark)
    given: dict[str, Any] = {name: request.POST.get(name, "").strip() for name in HoldForm.NAMES}
    try:
        if request.POST.get("action") == "lift":
            lift_hold(actor=actor, benchmark=benchmark, hold=request.POST.get("hold", ""))
            messages.success(request, "The hold is lifted.")
        else:
            hold_back(actor=actor, benchmark=benchmark, **given)
            messages.success(request, "It is held back until you lift that.")
    except (InvalidInput, NotFound, WrongState) as error:
        messages.error(request, error.message)
    return redirect("draft", slug)
