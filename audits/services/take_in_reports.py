"""Look for open reports that no case counts yet."""

from django.db import transaction

from audits.selectors import new_reports
from audits.services.open_group_case import REPORTED, open_group_case
from audits.services.triage_instances import triage_instances
from registry.events import record
from registry.models import Benchmark
from registry.selectors import system_user
from submissions.models import Report

CHUNK = 1_000


def take_in_reports(benchmark_id: int) -> int:
    """Triage the instances of new reports, and return how many instances and groups there were.

    That opens their cases; open reports on one instance share its one live case, which then counts
    them all. Reports on a whole group share one case for the group.
    """
    waiting = list(new_reports().filter(benchmark=benchmark_id).order_by("pk"))
    if not waiting:
        return 0
    benchmark = Benchmark.objects.get(pk=benchmark_id)
    ids = sorted({report.instance_id for report in waiting if report.instance_id})
    groups = sorted({report.group for report in waiting if report.group})
    taken = sum(_take_in_group(benchmark, group) for group in groups)
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            part = set(ids[start : start + CHUNK])
            triage_instances(benchmark=benchmark, instance_ids=sorted(part))
            _record(benchmark, [report for report in waiting if report.instance_id in part])
    return len(ids) + taken


@transaction.atomic
def _take_in_group(benchmark: Benchmark, group: str) -> bool:
    """Open or widen the group's case; False where the group has no labels (any more)."""
    case = open_group_case(benchmark=benchmark, group=group, reasons=[REPORTED])
    if case is None:
        return False
    counted = Report.objects.filter(benchmark=benchmark, group=group, pk__lte=case.latest_report_id)
    _record(benchmark, [each for each in counted if each.status == "open"])
    return True


def _record(benchmark: Benchmark, reports: list[Report]) -> None:
    """Tell, in the transaction that did it, that these reports have a case now."""
    record(
        "reports.taken_in",
        actor=system_user(),
        benchmark=benchmark,
        subject=("benchmark", benchmark.slug),
        data={"reports": [report.public_id for report in reports]},
    )
