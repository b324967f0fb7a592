"""Open one case for a whole group of labels, instead of one for each."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from audits.members import RECALCULATE, group_reports, heads_of_group, undecided
from audits.models import Case, Decision, Standing, Verdict
from audits.selectors import last_looks
from audits.services.triage_instances import triage_instances
from audits.states import LIVE, Bucket, CaseStatus, check_case_move
from registry.events import record
from registry.models import Benchmark, User
from registry.selectors import system_user

MAX_FAULT = 50
REPORTED = "Somebody reported the whole group."

Subject = tuple[str, str]


def open_group_case(
    *,
    benchmark: Benchmark,
    group: str,
    reasons: Sequence[str],
    fault: str = "",
    score: float = 1.0,
    actor: User | None = None,
    subject: Subject | None = None,
) -> Case | None:
    """The live case of a group, opened if there is none; None where nothing is new to rule on.

    `fault` names the step that recalculate finds wrong; without one the case stands for all that
    is doubtful in the group. Its labels' own cases that rest on nothing else are closed, and their
    standings point here. After a ruling only an open report on the group, a later vote or label
    (with a fault) or a later decision on a single label (without one) is new. A live case counts
    the open reports on the group.
    """
    with transaction.atomic():
        heads = heads_of_group(benchmark, group).select_for_update(of=("self",)).order_by("pk")
        ids = list(heads.values_list("pk", flat=True))
        group_cases = Case.objects.filter(benchmark=benchmark, instance=None, group=group)
        live = group_cases.filter(status__in=LIVE).first()
        newest = newest_report(benchmark, group)
        if live is not None and newest is not None and live.latest_report_id != newest:
            _count_report(live, newest, ids)
        if live is not None or not group or not ids:
            return live
        decided = group_cases.filter(status=CaseStatus.DECIDED)
        last = decided.aggregate(last=Max("ended_at"))["last"]
        if last is not None and newest is None and not _is_new(benchmark, group, fault, last):
            return None
        case = Case.objects.create(
            benchmark=benchmark,
            group=group,
            fault=fault[:MAX_FAULT],
            bucket=Bucket.CONTESTED,
            score=score,
            priority=score,
            reasons=_with_report(reasons) if newest is not None else list(reasons),
            latest_report_id=newest,
        )
        record(
            "cases.triaged",
            actor=actor or system_user(),
            benchmark=benchmark,
            subject=subject or ("benchmark", benchmark.slug),
            data={"opened": 1, "closed": 0, "group": group},
        )
        triage_instances(benchmark=benchmark, instance_ids=ids, actor=actor, subject=subject)
        return case


def newest_report(benchmark: Benchmark, group: str) -> int | None:
    """The id of the newest open report on the group."""
    newest: int | None = (
        group_reports(benchmark).filter(group=group).aggregate(newest=Max("pk"))["newest"]
    )
    return newest


def _count_report(case: Case, newest: int, ids: Sequence[int]) -> None:
    """Let a live case stand for a report on its group as well."""
    told = _with_report(case.reasons)
    Case.objects.filter(pk=case.pk).update(latest_report=newest, reasons=told)
    case.latest_report_id, case.reasons = newest, told
    triage_instances(benchmark=case.benchmark, instance_ids=ids)


def _with_report(reasons: Sequence[str]) -> list[str]:
    return [REPORTED, *(reason for reason in reasons if reason != REPORTED)]


def close_settled_groups(*, benchmark: Benchmark, groups: Sequence[str] | None = None) -> int:
    """Close the open cases of groups in which nothing is doubtful (any more); return how many.

    All groups, or those named. Runs in the caller's transaction.
    """
    cases = Case.objects.filter(benchmark=benchmark, instance=None, status=CaseStatus.OPEN)
    if groups is not None:
        cases = cases.filter(group__in=groups)
    # A report on the group ends with a ruling or a refusal, never by itself.
    cases = cases.exclude(group__in=group_reports(benchmark).values("group"))
    closed = 0
    for case in cases.select_for_update().order_by("pk"):
        heads = undecided(heads_of_group(benchmark, case.group))
        doubtful = Standing.objects.filter(instance__head__in=heads).exclude(bucket=Bucket.CLEAR)
        if not doubtful.exists():
            check_case_move(case.status, CaseStatus.CLOSED)
            case.status, case.ended_at = CaseStatus.CLOSED, timezone.now()
            case.save(update_fields=["status", "ended_at"])
            closed += 1
    return closed


def _is_new(benchmark: Benchmark, group: str, fault: str, since: datetime) -> bool:
    if not fault:
        alone = Decision.objects.filter(case__benchmark=benchmark, ruling=None, at__gt=since)
        return alone.filter(before__group=group).exists()
    revisions = undecided(heads_of_group(benchmark, group)).values("revision")
    objections = last_looks(revisions).filter(
        vote__verifier=RECALCULATE, vote__verdict=Verdict.OBJECT
    )
    return objections.filter(Q(vote__at__gt=since) | Q(revision__at__gt=since)).exists()
