"""The answer contract of a benchmark: what is in force, what it asks, and setting the next."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods
from errata.contract import Contract

from registry.contracts import changed_contract, contract_in_force
from registry.errors import InvalidInput
from registry.forms import ContractForm
from registry.models import Benchmark, ContractVersion, Role
from registry.permissions import require_role, roles_of
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import inputs_of, live_heads, names_of, texts
from registry.services.set_contract import set_contract

SHOWN = 100  # versions


@require_http_methods(["GET", "HEAD", "POST"])
def contract(request: HttpRequest, slug: str) -> HttpResponse:
    """The contract in force and those before it; POST sets the next one."""
    benchmark = benchmark_for(request, slug)
    in_force = contract_in_force(benchmark)
    data = request.POST if request.method == "POST" else None
    form = ContractForm(data, initial=ContractForm.filled(in_force))
    if data is not None:
        actor = actor_of(request)
        require_role(actor, benchmark, Role.MAINTAINER, "set its answer contract")
        if form.is_valid():
            fields = dict(form.cleaned_data)
            reason = fields.pop("reason")
            try:
                wanted = changed_contract(in_force, fields)
                made = set_contract(
                    actor=actor, benchmark=benchmark, contract=wanted, reason=reason
                )
                told = f"Version {made.version} is in force." if made else "Nothing is changed."
                messages.success(request, told, extra_tags="good")
                return redirect("contract", slug)
            except InvalidInput as error:
                form.add_error(None, error.message)
    context = _told(request, benchmark, in_force) | {"form": form}
    return render(request, "registry/contract.html", context, status=400 if form.errors else 200)


def _told(request: HttpRequest, benchmark: Benchmark, in_force: Contract) -> dict[str, Any]:
    versions = ContractVersion.objects.filter(benchmark=benchmark).order_by("-pk")[:SHOWN]
    head = live_heads(benchmark).order_by("instance__position").first()
    inputs = inputs_of(head.revision) if head else None
    return {
        "benchmark": benchmark,
        "tab": "contract",
        "contract": in_force,
        "example": head and head.instance,
        "prompt": in_force.prompt(inputs, head.revision.content.kind) if head and inputs else "",
        "may_set": Role.MAINTAINER in roles_of(reader_of(request), benchmark),
        "versions": versions,
        "reasons": texts(row.reason for row in versions),
        "names": names_of(row.actor for row in versions),
    }
