"""Reading reports, sets of predictions, and what may be told of them."""

from django.db.models import Q, QuerySet

from registry.errors import NotFound
from registry.ids import is_id
from registry.models import Benchmark, Event
from registry.permissions import Reader, readable_benchmarks
from submissions.models import PredictionSet, Report
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


def visible_predictions(benchmark: Benchmark, reader: Reader) -> QuerySet[PredictionSet]:
    """The sets that are published, and the reader's own."""
    visible = Q(published_at__isnull=False)
    if reader is not None and reader.is_active:
        visible |= Q(owner=reader.public_id)
    return PredictionSet.objects.filter(visible, benchmark=benchmark)


def evidence_of(benchmark: Benchmark) -> QuerySet[PredictionSet]:
    """The sets that speak in audits: a maintainer admitted them, and their owner published them."""
    return PredictionSet.objects.filter(
        benchmark=benchmark, admitted=True, published_at__isnull=False
    )


def visible_events(benchmark: Benchmark, reader: Reader) -> QuerySet[Event]:
    """What happened in a benchmark, without what only tells of others' private predictions.

    Nobody else learns that a private set exists, nor that one did which is deleted.
    """
    told = ~Q(subject_kind="predictions") | Q(
        subject_id__in=visible_predictions(benchmark, reader).values("public_id")
    )
    if reader is not None and reader.is_active:
        told |= Q(actor=reader.public_id)
    return Event.objects.filter(told, benchmark=benchmark)


def get_predictions(public_id: str, benchmark: Benchmark, reader: Reader) -> PredictionSet:
    """The set of a benchmark, or NotFound where there is none that the reader may see."""
    sets = visible_predictions(benchmark, reader).select_related("benchmark")
    found = sets.filter(public_id=public_id).first() if is_id(public_id) else None
    if found is None:
        raise _no_predictions()
    return found


def require_visible(reader: Reader, found: PredictionSet) -> None:
    """Refuse with NotFound, so that a private set does not show that it exists."""
    if not readable_benchmarks(reader).filter(pk=found.benchmark_id).exists() or (
        found.published_at is None and (reader is None or found.owner != reader.public_id)
    ):
        raise _no_predictions()


def _no_predictions() -> NotFound:
    return NotFound(
        "There are no such predictions that you may see. Those of others show once they publish "
        "them.",
        code="no_predictions",
    )
