"""The page of upstream names: everybody reads it, maintainers say what a name stands for."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from registry.errors import InvalidInput, WrongState
from registry.models import Role
from registry.permissions import roles_of
from registry.requests import actor_of, benchmark_for, reader_of
from versions.selectors import published_releases
from versions.services.name_upstream import name_upstream
from versions.upstream_names import upstream_names


class NameForm(forms.Form):
    """A name and the versions that it stands for."""

    name = forms.CharField(label="Upstream name", max_length=100, help_text="Such as v1.0/test.")
    versions = forms.MultipleChoiceField(
        label="Stands for",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Exactly these; with none the name goes.",
    )

    def __init__(self, versions: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["versions"].choices = [(version, version) for version in versions]


@require_http_methods(["GET", "HEAD", "POST"])
def names(request: HttpRequest, slug: str) -> HttpResponse:
    """All upstream names; POST says what one stands for."""
    benchmark = benchmark_for(request, slug)
    versions = list(published_releases(benchmark).values_list("version", flat=True))
    form = NameForm(versions, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        actor, status = actor_of(request), 400
        if form.is_valid():
            given = form.cleaned_data
            try:
                name_upstream(actor=actor, benchmark=benchmark, **given)
            except (InvalidInput, WrongState) as error:
                form.add_error("name", error.message)
                status = 400 if isinstance(error, InvalidInput) else 409
            else:
                messages.success(request, f"{given['name'].strip()} is kept.")
                return redirect("upstream_names", slug)
    context = {
        "benchmark": benchmark,
        "tab": "releases",
        "names": upstream_names(benchmark),
        "form": form,
        "may_name": Role.MAINTAINER in roles_of(reader_of(request), benchmark),
    }
    return render(request, "versions/names.html", context, status=status)
