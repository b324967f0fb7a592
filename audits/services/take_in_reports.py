"""Look for open reports that no case stands for yet."""

from audits.models import Case
from audits.services.triage_instances import triage_instances
from audits.states import LIVE
from registry.models import Benchmark
from submissions.models import Report
from submissions.states import ReportStatus


def take_in_reports(benchmark_id: int) -> int:
    """Triage the instances of new reports, which opens their cases; return how many there were.

    Open reports on one instance share its one live case.
    """
    live = Case.objects.filter(benchmark=benchmark_id, status__in=LIVE).values("instance")
    waiting = Report.objects.filter(benchmark=benchmark_id, status=ReportStatus.OPEN)
    ids = list(waiting.exclude(instance__in=live).values_list("instance", flat=True).distinct())
    if ids:
        triage_instances(benchmark=Benchmark.objects.get(pk=benchmark_id), instance_ids=ids)
    return len(ids)
