"""Who may do what in a benchmark, and how others come in."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from registry.accounts import INVITATION
from registry.errors import InvalidInput, NotFound
from registry.forms import InvitationForm, MemberForm
from registry.models import Benchmark, Invitation, Role, User
from registry.paging import page_of
from registry.permissions import require_role
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import find_invitation, names_of, specialties_of
from registry.services.invite_member import (
    accept_invitation,
    invite_member,
    withdraw_invitation,
)
from registry.services.set_member import change_member, set_member


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest, slug: str) -> HttpResponse:
    """The members with their roles; POST invites, changes or removes."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    require_role(actor, benchmark, Role.MAINTAINER, "see its members")
    form, link = InvitationForm(), ""
    if request.method == "POST":
        action = request.POST.get("action")
        if action == "withdraw":
            given = request.POST.get("invitation", "")
            withdraw_invitation(actor=actor, benchmark=benchmark, invitation=given)
            return redirect("members", slug)
        if action in ("change", "remove"):
            _change(request, actor, benchmark, remove=action == "remove")
            return redirect("members", slug)
        form = InvitationForm(request.POST)
        if form.is_valid():
            _, link = invite_member(actor=actor, benchmark=benchmark, **form.cleaned_data)
            form = InvitationForm()
    context = {"form": form, "link": link} | _listed(request, benchmark)
    return render(request, "registry/members.html", context, status=400 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """What the link offers; POST accepts it. A stranger signs in or up first and comes back."""
    if request.method == "POST":
        benchmark = accept_invitation(actor=actor_of(request), secret=secret)
        request.session.pop(INVITATION, None)
        messages.success(request, "Welcome. You are a member now.")
        return redirect("benchmark", benchmark.slug)
    found = find_invitation(secret)
    if found is None:
        request.session.pop(INVITATION, None)
        raise NotFound(
            "This invitation was used, withdrawn or is too old. Ask whoever sent it for a new one.",
            code="no_invitation",
        )
    if reader_of(request) is None:
        request.session[INVITATION] = secret
    names = names_of([found.actor])
    return render(request, "registry/invitation.html", {"invitation": found, "names": names})


def _change(request: HttpRequest, actor: User, benchmark: Benchmark, *, remove: bool) -> None:
    form = MemberForm(request.POST)
    user = User.objects.filter(public_id=request.POST.get("user", "")).first()
    if not form.is_valid() or user is None:
        raise InvalidInput("Choose a member and a role from the page.")
    role, other = form.cleaned_data["role"], form.cleaned_data["other"]
    if remove:
        set_member(actor=actor, benchmark=benchmark, user=user, role=role, member=False)
    else:
        change_member(actor=actor, benchmark=benchmark, user=user, role=role, other=other)
    messages.success(request, "It is changed.")


def _listed(request: HttpRequest, benchmark: Benchmark) -> dict[str, Any]:
    rows = benchmark.memberships.select_related("user")
    page = page_of(rows, order=["pk"], query=request.GET)
    waiting = Invitation.objects.filter(
        benchmark=benchmark, used_at=None, expires_at__gt=timezone.now()
    ).order_by("-pk")
    return {
        "benchmark": benchmark,
        "tab": "members",
        "page": page,
        "roles": Role.values,
        "waiting": waiting[:50],
        "specialties": specialties_of(row.user.public_id for row in page.rows),
    }
