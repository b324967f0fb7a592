"""Filing a report, following it, listing all."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry.paging import page_of
from registry.requests import benchmark_for
from registry.selectors import names_of
from submissions.selectors import reports_of
from submissions.states import ReportStatus


@require_safe
def reports(request: HttpRequest, slug: str) -> HttpResponse:
    """All reports on a benchmark, newest first."""
    benchmark = benchmark_for(request, slug)
    status = request.GET.get("status", "")
    status = status if status in ReportStatus.values else ""
    page = page_of(reports_of(benchmark, status), order=["-id"], query=request.GET)
    context = {
        "benchmark": benchmark,
        "tab": "reports",
        "page": page,
        "status": status,
        "statuses": ReportStatus.values,
        "names": names_of(each.author for each in page.rows),
    }
    return render(request, "submissions/reports.html", context)
