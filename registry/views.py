"""A person's own account and tokens; for the staff, the mails that nobody got."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.errors import InvalidInput
from registry.forms import PersonForm, TokenForm
from registry.models import ApiToken
from registry.paging import page_of
from registry.permissions import require_staff
from registry.requests import actor_of
from registry.selectors import names_of, specialties_of
from registry.services.create_user import create_token
from registry.services.edit_person import delete_person, edit_person
from registry.services.revoke_token import revoke_token
from registry.services.send_mails import waiting_mails
from registry.services.state_specialty import drop_specialty, state_specialty, verify_specialty


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """What the hub knows of the reader; POST changes name and credit."""
    actor = actor_of(request)
    now = {"full_name": actor.get_full_name(), "credited": actor.credited}
    form = PersonForm(request.POST if request.method == "POST" else None, initial=now)
    if form.is_valid():
        edit_person(actor=actor, **form.cleaned_data)
        messages.success(request, "It is saved.")
        return redirect("account")
    stated = specialties_of([actor.public_id]).get(actor.public_id, [])
    context = {
        "form": form,
        "tokens": ApiToken.objects.filter(user=actor).count(),
        "two_factor": actor.authenticator_set.filter(type="totp").exists(),
        "specialties": stated,
        "names": names_of(each.verified_by for each in stated),
        "roles": actor.memberships.select_related("benchmark").order_by("benchmark__slug", "role"),
    }
    status = 400 if form.errors else 200
    return render(request, "registry/account.html", context, status=status)


@require_POST
def specialties(request: HttpRequest) -> HttpResponse:
    """State or drop a specialty of one's own, or verify somebody else's."""
    actor, given = actor_of(request), request.POST
    which = int(given["specialty"]) if given.get("specialty", "").isdecimal() else 0
    if given.get("action") in ("verify", "doubt"):
        verified = given["action"] == "verify"
        found = verify_specialty(actor=actor, specialty=which, verified=verified)
        return redirect("person", found.user.public_id)
    if given.get("action") == "drop":
        drop_specialty(actor=actor, specialty=which)
        return redirect("account")
    try:
        state_specialty(actor=actor, name=given.get("name", ""))
    except InvalidInput as error:
        messages.error(request, error.message)
    return redirect("account")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays; POST with the user name deletes the account."""
    actor = actor_of(request)
    wrong = False
    if request.method == "POST":
        wrong = request.POST.get("username", "") != actor.username
        if not wrong:
            delete_person(actor=actor, user=actor)
            logout(request)
            messages.success(request, "Your account is deleted.")
            return redirect("home")
    status = 400 if wrong else 200
    return render(request, "registry/delete.html", {"wrong": wrong}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List the reader's tokens; POST makes one and shows its secret this once."""
    actor = actor_of(request)
    form, secret = TokenForm(request.POST if request.method == "POST" else None), ""
    if form.is_valid():
        secret = create_token(actor=actor, user=actor, **form.cleaned_data)
        form = TokenForm()
    context = {
        "form": form,
        "secret": secret,
        "now": timezone.now(),
        "tokens": ApiToken.objects.filter(user=actor).order_by("-created_at"),
    }
    return render(request, "registry/tokens.html", context, status=400 if form.errors else 200)


@require_POST
def revoke(request: HttpRequest, token: int) -> HttpResponse:
    """Take one of the reader's tokens back."""
    revoke_token(actor=actor_of(request), token=token)
    messages.success(request, "The token is revoked.")
    return redirect("tokens")


@never_cache
@require_safe
def unsent(request: HttpRequest) -> HttpResponse:
    """The mails that wait, with their links, for the staff to pass on."""
    require_staff(actor_of(request), "read the hub's mails")
    page = page_of(waiting_mails(), order=["-pk"], query=request.GET)
    return render(request, "registry/unsent.html", {"page": page})
