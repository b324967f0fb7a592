"""The page of a calculator of the pack, and the box that a case shows."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audits.calculating import Calculated, asked, calculate, entered
from audits.calculators import Unreadable, find
from registry.errors import NotFound
from registry.models import Head
from registry.requests import benchmark_for


@require_safe
def calculator(request: HttpRequest, slug: str) -> HttpResponse:
    """The calculator that serves a group, computed from the query; only the box for htmx.

    Nothing is written, so the address of a result can be passed on.
    """
    benchmark = benchmark_for(request, slug)
    group = request.GET.get("group", "").strip()
    one = find(group)
    heads = Head.objects.filter(benchmark=benchmark, revision__group=group)
    head = None
    if one is not None:
        head = heads.select_related("revision__content").order_by("pk").first()
    if one is None or head is None:
        raise NotFound(
            f"No calculator serves the group '{group}' of {benchmark.slug}.", code="no_calculator"
        )
    result = None
    if "compute" in request.GET:
        try:
            entities = entered(one, request.GET)
            result = calculate(one, entities, head.revision.content.kind)
        except Unreadable as error:
            result = Calculated({}, problem=f"{error}.")
    context = {
        "benchmark": benchmark,
        "tab": "guides",
        "group": group,
        "for_case": request.GET.get("case", ""),
        "practising": "practice" in request.GET,
        "calculator": one,
        "fields": asked(one, request.GET),
        "result": result,
    }
    small = request.headers.get("HX-Request") == "true"
    name = "audits/calculator_box.html" if small else "audits/calculator.html"
    return render(request, name, context)
