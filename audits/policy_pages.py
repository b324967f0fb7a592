"""The policy of a benchmark: what is in force, what another one would move, and setting it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from audits.forms import PolicyForm
from audits.models import PolicyVersion
from audits.permissions import require_auditor
from audits.policies import HUB_POLICY, line_at_fault
from audits.replay import preview_policy
from audits.selectors import current_policy
from audits.services.set_policy import set_policy
from registry.errors import InvalidInput, WrongState
from registry.requests import actor_of, benchmark_for
from registry.selectors import names_of, texts

SHOWN = 100  # labels that would move, and versions
AROUND = 2  # lines shown before and after one that is wrong


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """The policy in force and those before it; POST previews another one or sets it."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    require_auditor(actor, benchmark)
    versions = list(PolicyVersion.objects.filter(benchmark=benchmark).order_by("-number")[:SHOWN])
    data = request.POST if request.method == "POST" else None
    form = PolicyForm(data, initial={"text": versions[0].text if versions else ""})
    previewing = request.POST.get("action") == "preview"
    form.fields["reason"].required = not previewing
    found, wrong, status = None, [], 200
    if data is not None and form.is_valid():
        text = form.cleaned_data["text"]
        try:
            if not previewing:
                reason = form.cleaned_data["reason"]
                made = set_policy(actor=actor, benchmark=benchmark, text=text, reason=reason)
                told = f"Version {made.number} is in force. Labels are judged anew by it now."
                messages.success(request, told, extra_tags="good")
                return redirect("policy", slug)
            found = _counted(preview_policy(benchmark, text))
        except (InvalidInput, WrongState) as error:
            form.add_error("text", error.message)
            wrong = lines_around(text, line_at_fault(text, error.message))
            status = 400 if isinstance(error, InvalidInput) else 409
    context = {
        "benchmark": benchmark,
        "tab": "policy",
        "form": form,
        "wrong": wrong,
        "preview": found,
        "shown": SHOWN,
        "version": current_policy(benchmark).version,
        "versions": versions,
        "reasons": texts(row.reason for row in versions),
        "names": names_of(row.actor for row in versions),
        "hub_text": HUB_POLICY.read_text(encoding="utf-8"),
    }
    return render(
        request,
        "audits/policy.html",
        context,
        status=400 if status == 200 and form.errors else status,
    )


def _counted(found: dict[str, Any]) -> dict[str, Any]:
    """The same with `steps` (from bucket to bucket, how many) apart from those that stay."""
    steps = [step for step in found["counts"].items() if len(set(step[0].split(" → "))) == 2]
    return found | {"steps": steps, "stay": found["labels"] - sum(count for _, count in steps)}


def lines_around(text: str, number: int | None) -> list[tuple[int, str, bool]]:
    """A line of a text with those around it: number, line, whether it is the one."""
    if number is None:
        return []
    lines = list(enumerate(text.splitlines() or [""], start=1))
    return [(at, line, at == number) for at, line in lines if abs(at - number) <= AROUND] or [
        (number, "", True)
    ]
