"""Look for open reports that no case counts yet."""

from audits.selectors import new_reports
from audits.services.triage_instances import triage_instances
from registry.models import Benchmark


def take_in_reports(benchmark_id: int) -> int:
    """Triage the instances of new reports, and return how many instances there were.

    That opens their cases; open reports on one instance share its one live case, which then counts
    them all.
    """
    waiting = new_reports().filter(benchmark=benchmark_id)
    ids = list(waiting.order_by().values_list("instance", flat=True).distinct())
    if ids:
        triage_instances(benchmark=Benchmark.objects.get(pk=benchmark_id), instance_ids=ids)
    return len(ids)
