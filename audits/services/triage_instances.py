"""Bring standings and cases of some instances in line with what is known of them now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from audits.aggregation import posterior
from audits.agreeing import experts_behind
from audits.evidence import Evidence, Policy
from audits.features import BASE
from audits.grouping import grouped
from audits.models import Case, Standing
from audits.reliability import trust
from audits.selectors import current_belief, current_policy, reliability_of
from audits.states import LIVE, Bucket, CaseStatus, Tier, check_case_move
from audits.triage import Finding, triage_all
from audits.voices import evidence_of
from registry.dialects import update_rows
from registry.events import record
from registry.models import Benchmark, Head, User
from registry.selectors import preset_of, system_user
from submissions.models import Report
from submissions.states import ReportStatus

CHUNK = 1_000
_CASE_FIELDS = ("bucket", "score", "reasons", "latest_report", "status", "ended_at")
_STANDING_FIELDS = (
    *("bucket", "tier", "score", "reasons", "posterior", "probability"),
    *("revision", "case"),
)
_NO_REPORTS = (0, None)

Reports = dict[int, tuple[int, int]]  # by instance: how many are open, and the newest
Heads = Sequence[tuple[int, int, bool]]  # instance, revision, retired


@dataclass(slots=True)
class Triaged:
    """How many standings and cases a triage changed."""

    standings: int = 0
    opened: int = 0
    closed: int = 0

    def add(self, other: "Triaged") -> None:
        """Count another one in."""
        self.standings += other.standings
        self.opened += other.opened
        self.closed += other.closed


def triage_instances(
    *,
    benchmark: Benchmark,
    instance_ids: Sequence[int],
    actor: User | None = None,
    subject: tuple[str, str] | None = None,
    filling: bool = False,
) -> Triaged:
    """Triage instances by the latest votes on their current revisions, reports and decisions.

    Contested and sampled possible ones get a case; an open case without a reason left is closed; a
    claimed one only gets new score and reasons. Where the policy caps the cases that wait, only
    `services.fill_queue` (`filling`) opens those that nobody asked for. Acts as `system` unless an
    actor is given. Runs in the caller's transaction where there is one, else in one per CHUNK; the
    same number of queries for any chunk.
    """
    total = Triaged()
    ids = sorted(set(instance_ids))
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            part = ids[start : start + CHUNK]
            total.add(_triage(benchmark, part, actor, subject, filling=filling))
    return total


def _triage(
    benchmark: Benchmark,
    ids: list[int],
    actor: User | None,
    subject: tuple[str, str] | None,
    *,
    filling: bool,
) -> Triaged:
    # The lock makes whoever comes later see the reports, votes and decisions of who came before.
    heads = list(
        Head.objects.select_for_update(of=("self",))
        .filter(benchmark=benchmark, pk__in=ids)
        .order_by("pk")
        .values_list("pk", "revision", "retired")
    )
    cases = {
        case.instance_id: case
        for case in Case.objects.select_for_update()
        .filter(instance__in=ids, status__in=LIVE)
        .order_by("pk")
    }
    policy = current_policy(benchmark)
    reports = open_reports([instance for instance, *_ in heads])
    evidence = evidence_now(benchmark, policy, heads, cases, reports)
    judged = triage_all(evidence.values(), policy, current_belief(benchmark, policy))
    findings = dict(zip(evidence, judged, strict=True))
    findings, group_cases = grouped(benchmark, findings, evidence, cases)
    retired = {instance for instance, _, gone in heads if gone}
    kept = {
        instance
        for instance, case in cases.items()
        if instance not in retired
        and (case.guide_id or (case.control and not evidence[instance].decided))
    }
    to_open = {
        instance
        for instance, finding in findings.items()
        if finding.review and (finding.demanded or filling or not policy.open_cases)
    }
    opened, closed = _write_cases(benchmark, findings, cases, reports, kept, group_cases, to_open)
    posteriors = _posteriors(benchmark, evidence, findings)
    others = {
        instance: {"revision_id": revision, **posteriors[instance]}
        for instance, revision, _ in heads
    }
    changed = _write_standings(benchmark, findings, group_cases | cases, others)
    if opened or closed:
        record(
            "cases.triaged",
            actor=actor or system_user(),
            benchmark=benchmark,
            subject=subject or ("benchmark", benchmark.slug),
            data={"opened": opened, "closed": closed, "policy": policy.version},
        )
    return Triaged(changed, opened, closed)


def open_reports(ids: Sequence[int]) -> Reports:
    """How many open reports there are by instance, and the newest of them."""
    waiting = Report.objects.filter(instance__in=ids, status=ReportStatus.OPEN).order_by()
    rows = waiting.values_list("instance").annotate(Count("pk"), Max("pk"))
    return {instance: (count, newest) for instance, count, newest in rows}


def evidence_now(
    benchmark: Benchmark,
    policy: Policy,
    heads: Heads,
    cases: Mapping[int, Case],
    reports: Reports,
) -> dict[int, Evidence]:
    """What is known of each instance, given its live cases and open reports.

    A retired one has no label left to object to.
    """
    revisions = [revision for _, revision, _ in heads]
    known = evidence_of(benchmark, revisions, policy)
    experts = experts_behind(revisions)
    return {
        instance: replace(
            known[revision],
            voices=() if retired else known[revision].voices,
            open_reports=reports.get(instance, _NO_REPORTS)[0],
            decided=revision in experts,
            experts=experts.get(revision, 0),
            flawed=instance in cases and cases[instance].status == CaseStatus.FLAWED,
        )
        for instance, revision, retired in heads
    }


def _write_cases(
    benchmark: Benchmark,
    findings: dict[int, Finding],
    cases: dict[int, Case],
    reports: Reports,
    kept: set[int],
    group_cases: Mapping[int, Case],
    to_open: set[int],
) -> tuple[int, int]:
    """Open, update and close cases; `cases` holds the live ones afterwards.

    `kept` are instances whose cases stay without any doubt of the label: those of the control
    sample, and decided ones that are looked at again since their guide changed. A case whose
    group's case stands for it closes with that for a reason.
    """
    new, changed, closed = [], [], []
    for instance, finding in findings.items():
        case = cases.get(instance)
        values = {
            **_queue(finding),
            "latest_report_id": reports.get(instance, _NO_REPORTS)[1],
        }
        if case is None:
            if instance in to_open:
                place = {"priority": finding.priority}
                new.append(Case(benchmark=benchmark, instance_id=instance, **values, **place))
        elif instance in kept and not finding.review:
            continue
        elif case.status == CaseStatus.OPEN and not finding.review:
            check_case_move(case.status, CaseStatus.CLOSED)
            case.status, case.ended_at = CaseStatus.CLOSED, timezone.now()
            if instance in group_cases:
                case.reasons = values["reasons"]
            closed.append(cases.pop(instance))
        elif finding.review and _differs(case, values):
            changed.append(case)
    update_rows([*changed, *closed], _CASE_FIELDS)
    Case.objects.bulk_create(new, batch_size=CHUNK)
    cases.update({case.instance_id: case for case in new})
    return len(new), len(closed)


def _queue(finding: Finding) -> dict[str, object]:
    return {
        "bucket": finding.bucket,
        "score": finding.score,
        "reasons": list(finding.reasons),
    }


def _posteriors(
    benchmark: Benchmark, evidence: Mapping[int, Evidence], findings: Mapping[int, Finding]
) -> dict[int, dict[str, Any]]:
    """How likely each answer is, by instance."""
    preset, trusted = preset_of(benchmark), trust(reliability_of(benchmark))
    found = {
        instance: posterior(known, findings[instance].doubt, trusted, preset.rule(known.kind))
        for instance, known in evidence.items()
    }
    return {
        instance: {"posterior": each.to_text(), "probability": each.answers[0][1]}
        for instance, each in found.items()
    }


def _write_standings(
    benchmark: Benchmark,
    findings: dict[int, Finding],
    cases: dict[int, Case],
    others: Mapping[int, dict[str, Any]],
) -> int:
    """Write what changed. No row says: clear, unreviewed, nobody knows more than of any other."""
    there = Standing.objects.in_bulk(list(findings))
    rows = []
    for instance, finding in findings.items():
        case = cases.get(instance)
        row = there.get(instance)
        if row is None:
            if case is None and _says_nothing(finding):
                continue
            row = Standing(instance_id=instance, benchmark=benchmark, score=-1)
        values = {
            **_queue(finding),
            "tier": finding.tier,
            **others[instance],
            "case_id": case.pk if case else None,
        }
        if _differs(row, values):
            rows.append(row)
    Standing.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["instance"],
        update_fields=_STANDING_FIELDS,
        batch_size=CHUNK,
    )
    return len(rows)


def _says_nothing(finding: Finding) -> bool:
    return finding == Finding(Bucket.CLEAR, BASE, Tier.UNREVIEWED, doubt=BASE)


def _differs(row: Case | Standing, values: dict[str, object]) -> bool:
    """Give the row these values; return whether any is new."""
    old = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    return old != values
