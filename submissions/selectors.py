"""Reading reports."""

from django.db.models import QuerySet

from registry.errors import NotFound
from registry.ids import is_id
from registry.models import Benchmark
from registry.permissions import Reader, readable_benchmarks
from submissions.models import Report
from submissions.states import ReportStatus


def reports_of(benchmark: Benchmark, status: str = "") -> QuerySet[Report]:
    """The reports on a benchmark, of one status if that is given, else all but spam."""
    reports = Report.objects.filter(benchmark=benchmark).select_related("instance", "category")
    if status:
        return reports.filter(status=status)
    return reports.exclude(status=ReportStatus.SPAM)


def get_report(public_id: str, reader: Reader) -> Report:
    """The report, or NotFound where there is none on a benchmark that the reader may see."""
    found = Report.objects.filter(
        public_id=public_id, benchmark__in=readable_benchmarks(reader)
    ).select_related("benchmark", "instance", "category", "reopens")
    report = found.first() if is_id(public_id) else None
    if report is None:
        raise NotFound(
            "There is no such report that you may see. Check the address or sign in.",
            code="no_report",
        )
    return report
