"""The page of what was reworded: everybody reads it, maintainers say what keeps the meaning."""

from itertools import islice
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from registry.errors import InvalidInput, NotFound, WrongState
from registry.models import Benchmark, Role
from registry.permissions import require_role, roles_of
from registry.requests import actor_of, benchmark_for, reader_of
from versions.models import Release
from versions.permissions import require_cutter
from versions.rewordings import Pair, Reworded, describe, digest_of, filtered, reworded
from versions.selectors import get_release, last_release
from versions.services.mark_rewordings import MAY, mark_rewordings

SHOWN = 100
_STATES = (("", "All"), ("open", "Nothing said"), ("marked", "The same"))


class ReasonForm(forms.Form):
    """Why they mean the same, or no longer do."""

    reason = forms.CharField(
        label="Why?",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Such as: a typing error, a unit written out. It is published with the release.",
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rewordings(request: HttpRequest, slug: str, old: str = "", new: str = "") -> HttpResponse:
    """What was reworded between two releases, or since the last one; POST marks or unmarks."""
    benchmark = benchmark_for(request, slug)
    if not new:
        require_cutter(reader_of(request), benchmark)
    before = get_release(benchmark, old) if new else last_release(benchmark)
    after = get_release(benchmark, new) if new else None
    every = list(reworded(benchmark, before, after)) if before else []
    where = {name: request.GET.get(name, "") for name in ("group", "state")}
    found = filtered(every, **where)
    form, status = ReasonForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        actor, status = actor_of(request), 400
        require_role(actor, benchmark, Role.MAINTAINER, MAY)
        same = request.POST.get("action") != "unmark"
        if form.is_valid():
            try:
                pairs = _pairs(request.POST, found)
                count = mark_rewordings(
                    actor=actor, benchmark=benchmark, pairs=pairs, same=same, **form.cleaned_data
                )
            except (InvalidInput, NotFound, WrongState) as error:
                form.add_error(None, error.message)
                status = 409 if isinstance(error, WrongState) else 400
            else:
                told = "marked as meaning the same" if same else "no longer marked"
                messages.success(request, f"{count} {told}, from the next release on.")
                return redirect(request.get_full_path())
    context = _told(benchmark, before, after, found) | {
        **where,
        "groups": sorted({each.group for each in every}),
        "states": _STATES,
        "form": form,
        "ticked": set(request.POST.getlist("pair")),
        "may_mark": Role.MAINTAINER in roles_of(reader_of(request), benchmark),
    }
    return render(request, "versions/rewordings.html", context, status=status)


def _told(
    benchmark: Benchmark, before: Release | None, after: Release | None, found: list[Reworded]
) -> dict[str, Any]:
    shown = [
        each | {"value": _SEPARATOR.join((each["before"], each["after"], each["key"]))}
        for each in describe(islice(found, SHOWN))
    ]
    unmarked = [each.pair for each in found if not each.said]
    return {
        "benchmark": benchmark,
        "tab": "releases" if after else "draft",
        "before": before,
        "after": after,
        "shown": shown,
        "count": len(found),
        "open": len(unmarked),
        "seen": digest_of(unmarked),
        "marked": any(each["marked"] for each in shown),
    }


_SEPARATOR = " "


def _pairs(posted: QueryDict, found: list[Reworded]) -> list[Pair]:
    """The pairs that were ticked, or all that the filter finds and nobody marked."""
    if posted.get("action") == "mark_all":
        unmarked = [each.pair for each in found if not each.said]
        if posted.get("seen") != digest_of(unmarked):
            raise WrongState(
                "The list changed since you looked at it, so nothing was marked. This is it now.",
                code="list_changed",
            )
        return unmarked
    pairs = []
    for value in posted.getlist("pair"):
        before, _, rest = value.partition(_SEPARATOR)
        after, _, key = rest.partition(_SEPARATOR)
        pairs.append(Pair(key, before, after))
    return pairs
