"""The page on which a maintainer withdraws a release."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from registry.errors import InvalidInput, WrongState
from registry.requests import actor_of, benchmark_for
from versions.permissions import require_cutter
from versions.selectors import get_release, published_releases
from versions.services.withdraw_release import MOST, withdraw_release


class WithdrawForm(forms.Form):
    """Why, what to use instead, and that it is meant."""

    reason = forms.CharField(
        label="Why nobody should use it",
        max_length=MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is published with the release, in the errata, and to whoever pulls it.",
    )
    instead = forms.ChoiceField(label="What to use instead", required=False)
    sure = forms.BooleanField(label="I know that this cannot be taken back")

    def __init__(self, versions: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(version, version) for version in versions]
        self.fields["instead"].choices = [*choices, ("", "None of its versions")]


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """What a withdrawal means; POST does it."""
    benchmark, actor = benchmark_for(request, slug), actor_of(request)
    require_cutter(actor, benchmark)
    release = get_release(benchmark, version)
    standing = published_releases(benchmark).filter(withdrawal=None).exclude(pk=release.pk)
    versions = list(standing.values_list("version", flat=True))
    form = WithdrawForm(versions, request.POST if request.method == "POST" else None)
    status = 400 if form.errors else 200
    if form.is_valid():
        reason, instead = form.cleaned_data["reason"], form.cleaned_data["instead"]
        try:
            withdraw_release(
                actor=actor,
                benchmark=benchmark,
                version=release.version,
                reason=reason,
                instead=instead,
            )
        except (InvalidInput, WrongState) as error:
            form.add_error(None, error.message)
            status = 400 if isinstance(error, InvalidInput) else 409
        else:
            messages.success(request, f"{release.version} is withdrawn.")
            return redirect("release", slug, release.version)
    context = {"benchmark": benchmark, "tab": "releases", "release": release, "form": form}
    return render(request, "versions/withdraw.html", context, status=status)
