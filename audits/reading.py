"""What the pages of cases and runs read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from audits.blind import finals_of, is_waiting
from audits.evidence import Voice
from audits.models import AuditRun, Case, Decision, Opinion, Ruling
from audits.progress import with_progress
from audits.selectors import current_policy
from audits.services.preview_decision import Candidate, candidates
from audits.states import CaseStatus
from audits.voices import voices_of
from registry.errors import NotFound
from registry.ids import is_id
from registry.models import Benchmark, Head, Revision
from registry.permissions import Reader, readable_benchmarks
from registry.selectors import Expertise, expertise_of, inputs_of, names_of, texts
from submissions.models import Report
from submissions.states import ReportStatus

QUEUES = {
    "waiting": (CaseStatus.OPEN, CaseStatus.CLAIMED),
    "flawed": (CaseStatus.FLAWED,),
    "decided": (CaseStatus.DECIDED,),
    "closed": (CaseStatus.CLOSED,),
}


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that an expert needs to decide a case. Before the reveal: the inputs, nothing else.

    `opinions` are those of the experts who disagree, for the one who decides between them.
    """

    revision: Revision
    inputs: Mapping[str, Any] | None
    reports: Sequence[Report]
    voices: Sequence[Voice]
    candidates: Sequence[Candidate]
    decisions: Sequence[tuple[Decision, str]]
    opinions: Sequence[tuple[Opinion, str]]
    names: Mapping[str, str]
    expertise: Mapping[str, Sequence[Expertise]]

    @property
    def answers(self) -> list[tuple[str, list[Report]]]:
        """The reports by the answer that they propose (empty: none), the most proposed first."""
        by_answer: dict[str, list[Report]] = {}
        for report in self.reports:
            by_answer.setdefault(report.answer, []).append(report)
        return sorted(by_answer.items(), key=lambda each: -len(each[1]))


def get_case(public_id: str, reader: Reader) -> Case:
    """The case, or NotFound where there is none on a benchmark that the reader may see."""
    cases = Case.objects.select_related("benchmark", "instance__benchmark", "claimed_revision")
    found = cases.filter(public_id=public_id, benchmark__in=readable_benchmarks(reader))
    case = found.first() if is_id(public_id) else None
    if case is None:
        raise NotFound("There is no such case that you may see.", code="no_case")
    return case


def get_ruling(benchmark: Benchmark, public_id: str) -> Ruling:
    """The ruling of a benchmark, or NotFound."""
    rulings = Ruling.objects.filter(case__benchmark=benchmark, public_id=public_id)
    found = rulings.select_related("case", "category").first() if is_id(public_id) else None
    if found is None:
        raise NotFound(f"{benchmark.slug} has no such ruling.", code="no_ruling")
    return found


def get_run(public_id: str, reader: Reader) -> AuditRun:
    """The run, or NotFound where there is none on a benchmark that the reader may see."""
    runs = AuditRun.objects.select_related("benchmark")
    found = runs.filter(public_id=public_id, benchmark__in=readable_benchmarks(reader))
    run = found.first() if is_id(public_id) else None
    if run is None:
        raise NotFound("There is no such audit that you may see.", code="no_audit")
    return run


def queue_of(
    benchmark: Benchmark, queue: str, groups: Collection[str] | None = None
) -> QuerySet[Case]:
    """The cases of one queue with their current labels; of these groups, if any are given."""
    cases = Case.objects.filter(benchmark=benchmark, status__in=QUEUES[queue])
    if groups is not None:
        cases = cases.filter(Q(group__in=groups) | Q(instance__head__revision__group__in=groups))
    return cases.select_related("instance__head__revision__content")


def groups_that_wait(benchmark: Benchmark) -> list[str]:
    """The groups of the cases that wait, in order."""
    cases = queue_of(benchmark, "waiting").order_by()
    named = cases.values_list("group", "instance__head__revision__group").distinct()
    return sorted({own or of_label for own, of_label in named if own or of_label})


def dossier_of(case: Case, *, revealed: bool) -> Dossier:
    """Label, inputs, reports, votes, candidates and decisions of a case, as far as revealed."""
    heads = Head.objects.select_related("revision__content")
    revision = heads.get(pk=case.instance_id).revision
    inputs = inputs_of(revision)
    if not revealed:
        return Dossier(revision, inputs, (), (), (), (), (), names_of([case.claimed_by]), {})
    reports = list(
        Report.objects.filter(instance=case.instance_id)
        .exclude(status=ReportStatus.SPAM)
        .select_related("category")
        .order_by("-pk")
    )
    decisions = list(
        case.decisions.select_related("before__content", "after__content", "category").order_by(
            "pk"
        )
    )
    opinions = _divided(case)
    said = texts([d.reason for d in decisions] + [o.rationale for o in opinions])
    people = [r.author for r in reports] + [d.actor for d in decisions] + [case.claimed_by]
    return Dossier(
        revision=revision,
        inputs=inputs,
        reports=reports,
        voices=voices_of(case.benchmark, revision.pk),
        candidates=candidates(case),
        decisions=[(decision, said.get(decision.reason, "")) for decision in decisions],
        opinions=[(opinion, said.get(opinion.rationale, "")) for opinion in opinions],
        names=names_of(people + [opinion.expert for opinion in opinions]),
        expertise=expertise_of([d.actor for d in decisions] + [o.expert for o in opinions]),
    )


def _divided(case: Case) -> list[Opinion]:
    """The opinions of a case that as many experts answered as it takes, and that still waits."""
    if not is_waiting(case):
        return []
    finals = finals_of(case)
    enough = len(finals) >= current_policy(case.benchmark).experts_per_case
    return finals if enough else []


def runs_of(benchmark: Benchmark) -> QuerySet[AuditRun]:
    """The runs of a benchmark with how far they are."""
    return with_progress(AuditRun.objects.filter(benchmark=benchmark))
