"""Which labels a live case of their whole group stands for, so that they need none of their own."""

from collections.abc import Mapping
from dataclasses import replace

from audits.evidence import Evidence, Voice
from audits.members import RECALCULATE, reported_by_group
from audits.models import Case
from audits.states import LIVE, Bucket, CaseStatus, Tier
from audits.triage import Finding
from registry.models import Benchmark, Head

Findings = dict[int, Finding]


def grouped(
    benchmark: Benchmark,
    findings: Findings,
    evidence: Mapping[int, Evidence],
    cases: Mapping[int, Case],
) -> tuple[Findings, dict[int, Case]]:
    """The findings with those labels contested that a group case stands for, and that case.

    A label keeps a case of its own with an open report, a claim, an objection beside the group's
    fault, or as part of the control sample. A report on the group covers its clear labels too.
    """
    live = Case.objects.filter(benchmark=benchmark, instance=None, status__in=LIVE)
    by_group = {case.group: case for case in live}
    if not by_group:
        return findings, {}
    heads = Head.objects.filter(pk__in=list(findings), revision__group__in=by_group)
    groups = dict(heads.values_list("pk", "revision__group"))
    reported = set(
        reported_by_group(benchmark).filter(pk__in=list(groups)).values_list("pk", flat=True)
    )
    covered = {
        instance: by_group[group]
        for instance, group in groups.items()
        if not _stands_alone(evidence[instance], cases.get(instance))
        and (
            instance in reported
            or _is_covered(findings[instance], evidence[instance], by_group[group].fault)
        )
    }
    told = {instance: _told(findings[instance], case) for instance, case in covered.items()}
    return findings | told, covered


def _stands_alone(evidence: Evidence, case: Case | None) -> bool:
    if evidence.open_reports or evidence.flawed:
        return True
    return case is not None and (case.control or case.status != CaseStatus.OPEN)


def _is_covered(finding: Finding, evidence: Evidence, fault: str) -> bool:
    if not (finding.review or finding.bucket != Bucket.CLEAR):
        return False
    objections = [voice for voice in evidence.voices if voice.verdict == "object"]
    return not fault or (bool(objections) and all(_is_fault(each, fault) for each in objections))


def _is_fault(voice: Voice, fault: str) -> bool:
    return voice.verifier == RECALCULATE and voice.step in ("", fault)


def _told(finding: Finding, case: Case) -> Finding:
    """Contested until the group's ruling, and without a case of its own."""
    named = f"One case stands for the whole group {case.group}."
    return replace(
        finding,
        bucket=Bucket.CONTESTED.value,
        tier=Tier.CONTESTED.value,
        review=False,
        reasons=(named, *finding.reasons),
    )
