"""A person's own API tokens. Signing in and passwords are Django's own views."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from registry.forms import TokenForm
from registry.models import ApiToken
from registry.requests import actor_of
from registry.services.create_user import create_token
from registry.services.revoke_token import revoke_token


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List the reader's tokens; POST makes one and shows its secret this once."""
    actor = actor_of(request)
    form, secret = TokenForm(request.POST if request.method == "POST" else None), ""
    if form.is_valid():
        secret = create_token(actor=actor, user=actor, name=form.cleaned_data["name"])
        form = TokenForm()
    context = {
        "form": form,
        "secret": secret,
        "tokens": ApiToken.objects.filter(user=actor).order_by("-created_at"),
    }
    return render(request, "registry/tokens.html", context, status=400 if form.errors else 200)


@require_POST
def revoke(request: HttpRequest, token: int) -> HttpResponse:
    """Take one of the reader's tokens back."""
    revoke_token(actor=actor_of(request), token=token)
    messages.success(request, "The token is revoked.", extra_tags="good")
    return redirect("tokens")
