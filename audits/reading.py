"""What the pages of cases and runs read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from audits.evidence import Voice
from audits.models import AuditRun, Case, Decision
from audits.progress import with_progress
from audits.services.preview_decision import Candidate, is_waiting, shown_candidates
from audits.states import CaseStatus
from audits.voices import voices_of
from registry.errors import NotFound
from registry.ids import is_id
from registry.models import Benchmark, Head, Revision
from registry.permissions import Reader, readable_benchmarks
from registry.selectors import inputs_of, names_of, texts
from submissions.models import Report

QUEUES = {
    "waiting": (CaseStatus.OPEN, CaseStatus.CLAIMED),
    "flawed": (CaseStatus.FLAWED,),
    "decided": (CaseStatus.DECIDED,),
    "closed": (CaseStatus.CLOSED,),
}


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that an expert needs to decide a case."""

    revision: Revision
    inputs: Mapping[str, Any] | None
    reports: Sequence[Report]
    voices: Sequence[Voice]
    candidates: Sequence[Candidate]
    decisions: Sequence[tuple[Decision, str]]
    names: Mapping[str, str]


def get_case(public_id: str, reader: Reader) -> Case:
    """The case, or NotFound where there is none on a benchmark that the reader may see."""
    cases = Case.objects.select_related("benchmark", "instance__benchmark", "claimed_revision")
    found = cases.filter(public_id=public_id, benchmark__in=readable_benchmarks(reader))
    case = found.first() if is_id(public_id) else None
    if case is None:
        raise NotFound("There is no such case that you may see.", code="no_case")
    return case


def get_run(public_id: str, reader: Reader) -> AuditRun:
    """The run, or NotFound where there is none on a benchmark that the reader may see."""
    runs = AuditRun.objects.select_related("benchmark")
    found = runs.filter(public_id=public_id, benchmark__in=readable_benchmarks(reader))
    run = found.first() if is_id(public_id) else None
    if run is None:
        raise NotFound("There is no such audit that you may see.", code="no_audit")
    return run


def queue_of(benchmark: Benchmark, queue: str) -> QuerySet[Case]:
    """The cases of one queue with their current labels."""
    return Case.objects.filter(benchmark=benchmark, status__in=QUEUES[queue]).select_related(
        "instance__head__revision__content"
    )


def dossier_of(case: Case) -> Dossier:
    """Label, inputs, reports, candidates and decisions of a case.

    What verifiers say of the label is told once an expert has answered.
    """
    heads = Head.objects.select_related("revision__content")
    revision = heads.get(pk=case.instance_id).revision
    reports = list(
        Report.objects.filter(instance=case.instance_id).select_related("category").order_by("-pk")
    )
    decisions = list(
        case.decisions.select_related("before__content", "after__content", "category").order_by(
            "pk"
        )
    )
    said = texts(d.reason for d in decisions)
    people = [r.author for r in reports] + [d.actor for d in decisions] + [case.claimed_by]
    return Dossier(
        revision=revision,
        inputs=inputs_of(revision),
        reports=reports,
        voices=() if is_waiting(case) else voices_of(case.benchmark, revision.pk),
        candidates=shown_candidates(case),
        decisions=[(decision, said.get(decision.reason, "")) for decision in decisions],
        names=names_of(people),
    )


def runs_of(benchmark: Benchmark) -> QuerySet[AuditRun]:
    """The runs of a benchmark with how far they are."""
    return with_progress(AuditRun.objects.filter(benchmark=benchmark))
