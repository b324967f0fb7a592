"""Bring standings and cases of some instances in line with what is known of them now."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from audits.catalog import verifiers
from audits.evidence import Evidence, Voice
from audits.models import Case, Decision, Look, Standing
from audits.selectors import current_policy
from audits.states import LIVE, Bucket, CaseStatus, Outcome, Tier, check_case_move
from audits.triage import Finding, triage
from registry.events import record
from registry.models import Benchmark, Head, User
from registry.selectors import system_user, texts
from submissions.models import Report
from submissions.states import ReportStatus

CHUNK = 1_000
_CASE_FIELDS = ("bucket", "score", "reasons", "latest_report", "status", "ended_at")
_STANDING_FIELDS = ("bucket", "tier", "score", "reasons", "case")
_NO_REPORTS = (0, None)

Reports = dict[int, tuple[int, int]]  # by instance: how many are open, and the newest


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
) -> Triaged:
    """Triage instances by the latest votes on their current revisions, reports and decisions.

    Contested and sampled possible ones get a case; an open case without a reason left is closed; a
    claimed one only gets new score and reasons. Acts as `system` unless an actor is given. Runs in
    the caller's transaction where there is one, else in one per CHUNK; the same number of queries
    for any chunk.
    """
    total = Triaged()
    ids = sorted(set(instance_ids))
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            total.add(_triage(benchmark, ids[start : start + CHUNK], actor, subject))
    return total


def _triage(
    benchmark: Benchmark, ids: list[int], actor: User | None, subject: tuple[str, str] | None
) -> Triaged:
    # The lock makes whoever comes later see the reports, votes and decisions of who came before.
    heads = list(
        Head.objects.select_for_update(of=("self",))
        .filter(benchmark=benchmark, pk__in=ids)
        .order_by("pk")
        .values_list("pk", "instance__key", "revision", "retired")
    )
    cases = {
        case.instance_id: case
        for case in Case.objects.select_for_update()
        .filter(instance__in=ids, status__in=LIVE)
        .order_by("pk")
    }
    policy = current_policy(benchmark)
    reports = _reports([instance for instance, *_ in heads])
    findings = {
        evidence_id: triage(evidence, policy)
        for evidence_id, evidence in _evidence(benchmark, heads, cases, reports).items()
    }
    opened, closed = _write_cases(benchmark, findings, cases, reports)
    changed = _write_standings(benchmark, findings, cases)
    if opened or closed:
        record(
            "cases.triaged",
            actor=actor or system_user(),
            benchmark=benchmark,
            subject=subject or ("benchmark", benchmark.slug),
            data={"opened": opened, "closed": closed, "policy": policy.version},
        )
    return Triaged(changed, opened, closed)


def _reports(ids: Sequence[int]) -> Reports:
    """How many open reports there are by instance, and the newest of them."""
    waiting = Report.objects.filter(instance__in=ids, status=ReportStatus.OPEN).order_by()
    rows = waiting.values_list("instance").annotate(Count("pk"), Max("pk"))
    return {instance: (count, newest) for instance, count, newest in rows}


def _evidence(
    benchmark: Benchmark,
    heads: Sequence[tuple[int, str, int, bool]],
    cases: dict[int, Case],
    reports: Reports,
) -> dict[int, Evidence]:
    """What is known of each instance. A retired one has no label left to object to."""
    revisions = [revision for _, _, revision, retired in heads if not retired]
    voices = _voices(revisions)
    decided = set(
        Decision.objects.filter(after__in=revisions)
        .exclude(outcome=Outcome.FLAWED)
        .values_list("after", flat=True)
    )
    return {
        instance: Evidence(
            benchmark=benchmark.slug,
            key=key,
            voices=tuple(voices[revision]),
            open_reports=reports.get(instance, _NO_REPORTS)[0],
            decided=revision in decided,
            flawed=instance in cases and cases[instance].status == CaseStatus.FLAWED,
        )
        for instance, key, revision, _ in heads
    }


def _voices(revisions: Sequence[int]) -> dict[int, list[Voice]]:
    """The last vote of each verifier of the hub on each revision, abstentions left out."""
    names = [verifier.name for verifier in verifiers()]
    looks = Look.objects.filter(revision__in=revisions, vote__verifier__in=names).order_by("pk")
    last = {
        (revision, verifier): (verdict, rationale)
        for revision, verifier, verdict, rationale in looks.values_list(
            "revision", "vote__verifier", "vote__verdict", "vote__rationale"
        )
    }
    said = {who: what for who, what in last.items() if what[0] != "abstain"}
    sentences = texts(rationale for _, rationale in said.values())
    voices: dict[int, list[Voice]] = defaultdict(list)
    for (revision, verifier), (verdict, rationale) in sorted(said.items()):
        voices[revision].append(Voice(verifier, verdict, sentences.get(rationale, "")))
    return voices


def _write_cases(
    benchmark: Benchmark, findings: dict[int, Finding], cases: dict[int, Case], reports: Reports
) -> tuple[int, int]:
    """Open, update and close cases; `cases` holds the live ones afterwards."""
    new, changed, closed = [], [], []
    for instance, finding in findings.items():
        case = cases.get(instance)
        values = {
            **_queue(finding),
            "latest_report_id": reports.get(instance, _NO_REPORTS)[1],
        }
        if case is None:
            if finding.review:
                new.append(Case(benchmark=benchmark, instance_id=instance, **values))
        elif case.status == CaseStatus.OPEN and not finding.review:
            check_case_move(case.status, CaseStatus.CLOSED)
            case.status, case.ended_at = CaseStatus.CLOSED, timezone.now()
            closed.append(cases.pop(instance))
        elif finding.review and _differs(case, values):
            changed.append(case)
    Case.objects.bulk_update([*changed, *closed], _CASE_FIELDS, batch_size=CHUNK)
    Case.objects.bulk_create(new, batch_size=CHUNK)
    cases.update({case.instance_id: case for case in new})
    return len(new), len(closed)


def _queue(finding: Finding) -> dict[str, object]:
    return {
        "bucket": finding.bucket,
        "score": finding.score,
        "reasons": list(finding.reasons),
    }


def _write_standings(
    benchmark: Benchmark, findings: dict[int, Finding], cases: dict[int, Case]
) -> int:
    """Write what changed. No row says: clear, unreviewed, nothing known."""
    there = Standing.objects.in_bulk(list(findings))
    rows = []
    for instance, finding in findings.items():
        case = cases.get(instance)
        values = {**_queue(finding), "tier": finding.tier, "case_id": case.pk if case else None}
        row = there.get(instance)
        if row is None:
            row = Standing(
                instance_id=instance, benchmark=benchmark, bucket=Bucket.CLEAR, tier=Tier.UNREVIEWED
            )
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


def _differs(row: Case | Standing, values: dict[str, object]) -> bool:
    """Give the row these values; return whether any is new."""
    old = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    return old != values
