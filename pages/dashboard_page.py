"""The maintainers' dashboard."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from errata.manifest import TIERS

from audits.agreeing import agreement_of
from audits.catalog import the_panel
from audits.due import due_of
from audits.learned import effort_of
from audits.report_card import report_card
from pages.charts import columns, intervals
from pages.dashboard import overturned, pace_of, quality_trend, reports_by_age, revised
from registry.models import Role
from registry.permissions import require_role
from registry.requests import actor_of, benchmark_for
from submissions.states import ReportStatus
from versions.draft import draft_of


@require_safe
def dashboard(request: HttpRequest, slug: str) -> HttpResponse:
    """Everything that a maintainer asks of a benchmark, each plot with its numbers."""
    benchmark = benchmark_for(request, slug)
    require_role(actor_of(request), benchmark, Role.MAINTAINER, "see its dashboard")
    now = timezone.now()
    reports, pace = reports_by_age(benchmark, now), pace_of(benchmark, now)
    cards, trend = report_card(benchmark), quality_trend(benchmark)
    shares = [
        (
            card.verifier.replace("_", " "),
            card.precision.value,
            card.precision.lower,
            card.precision.upper,
        )
        for card in cards
        if card.precision.value is not None
    ]
    context = {
        "benchmark": benchmark,
        "tab": "dashboard",
        "reports": reports,
        "report_states": ReportStatus.values,
        "report_chart": columns(reports),
        "pace": pace,
        "pace_chart": columns([(week, {"done": count}) for week, count in pace.weeks]),
        "effort": effort_of(benchmark),
        "overturned": overturned(benchmark),
        "revised": revised(benchmark),
        "agreement": agreement_of(benchmark),
        "due": due_of(benchmark),
        "cards": cards,
        "card_chart": intervals(shares),
        "currency": the_panel().currency,
        "trend": trend,
        "tiers": TIERS,
        "trend_chart": columns(trend, shares=True),
        "draft": draft_of(benchmark),
    }
    return render(request, "pages/dashboard.html", context)
