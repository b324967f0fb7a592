"""The labels that a group case is about: what each says, and what it would become."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from audits.evidence import Voice
from audits.models import Case, Decision, Verdict
from audits.selectors import current_policy
from audits.states import LIVE, CaseStatus, Outcome
from audits.voices import evidence_of
from registry.models import Benchmark, Head, Revision
from submissions.models import Report
from submissions.states import ReportStatus

RECALCULATE = "recalculate"  # Its answer is the one that a group's label would become.
MOST = 1_000  # Labels that one ruling settles; those that somebody objects to come first.


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One live label of a group.

    `proposed` is the answer it would become (recalculate's, else the one that most objections and
    reports propose; empty where nobody proposes one), `sentence` why. `busy`: it is being decided
    in a case of its own. `reporters` are the authors of its open reports and of those on the group.
    `decided`: what an expert decided on it, over all that is `objected`; a ruling may overrule it.
    """

    instance: int
    key: str
    revision: Revision
    proposed: str = ""
    sentence: str = ""
    objected: bool = False
    busy: bool = False
    reporters: frozenset[str] = frozenset()
    decided: Decision | None = None

    @property
    def offered(self) -> bool:
        """Whether the ruling is proposed for it: objected to, with an answer, and free."""
        return self.objected and bool(self.proposed) and not self.busy


def heads_of_group(benchmark: Benchmark, group: str) -> QuerySet[Head]:
    """The heads of a group's live labels."""
    return Head.objects.filter(benchmark=benchmark, retired=False, revision__group=group)


def undecided(heads: QuerySet[Head]) -> QuerySet[Head]:
    """Those whose label no expert has decided on since a report on the whole group came in."""
    return heads.filter(~Exists(_standing_decisions().filter(after=OuterRef("revision"))))


def _standing_decisions() -> QuerySet[Decision]:
    """Decisions that settle a label: on no flawed item, and after any report on its group."""
    newer = Report.objects.filter(
        benchmark=OuterRef("case__benchmark"),
        instance=None,
        group=OuterRef("after__group"),
        status=ReportStatus.OPEN,
        created_at__gt=OuterRef("at"),
    )
    return Decision.objects.filter(~Exists(newer)).exclude(outcome=Outcome.FLAWED)


def group_reports(benchmark: Benchmark) -> QuerySet[Report]:
    """The open reports on whole groups."""
    return Report.objects.filter(benchmark=benchmark, instance=None, status=ReportStatus.OPEN)


def reported_by_group(benchmark: Benchmark) -> QuerySet[Head]:
    """The heads that an open report on their whole group contests."""
    groups = group_reports(benchmark).values("group")
    heads = Head.objects.filter(benchmark=benchmark, retired=False, revision__group__in=groups)
    return undecided(heads)


def members_of(case: Case) -> list[Member]:
    """The labels of a group case: objected ones, then others, then decided ones: MOST at most.

    A handful of queries for any number.
    """
    heads = heads_of_group(case.benchmark, case.group)
    found = list(heads.select_related("instance", "revision__content").order_by("pk"))
    revisions = [head.revision_id for head in found]
    known = evidence_of(case.benchmark, revisions, current_policy(case.benchmark))
    reports = _reports([head.pk for head in found])
    of_all = set(
        group_reports(case.benchmark).filter(group=case.group).values_list("author", flat=True)
    )
    busy = _busy([head.pk for head in found])
    standing = _standing_decisions().filter(after__in=heads.values("revision")).order_by("pk")
    decided = {decision.after_id: decision for decision in standing}
    members = [
        _member(
            head,
            [v for v in known[head.revision_id].voices if v.verdict == Verdict.OBJECT],
            reports[head.pk],
            of_all,
            head.pk in busy,
            decided.get(head.revision_id),
        )
        for head in found
    ]
    return sorted(members, key=lambda member: (bool(member.decided), not member.objected))[:MOST]


def _member(
    head: Head,
    objections: list[Voice],
    reports: list[tuple[str, str]],
    of_all: set[str],
    busy: bool,
    decided: Decision | None,
) -> Member:
    recomputed = [voice for voice in objections if voice.verifier == RECALCULATE]
    answers = [voice.answer for voice in recomputed or objections if voice.answer]
    answers = answers or [answer for _, answer in reports if answer]
    sentences = [voice.sentence for voice in recomputed or objections if voice.sentence]
    return Member(
        instance=head.pk,
        key=head.instance.key,
        revision=head.revision,
        proposed=_commonest(answers),
        sentence=sentences[0] if sentences else "",
        objected=bool(objections) and decided is None,
        busy=busy,
        reporters=frozenset(author for author, _ in reports) | of_all,
        decided=decided,
    )


def _commonest(answers: Iterable[str]) -> str:
    """The answer that is given most often, of several the one that was given first."""
    return next((answer for answer, _ in Counter(answers).most_common(1)), "")


def _reports(instances: list[int]) -> dict[int, list[tuple[str, str]]]:
    """Author and answer of each open report, by instance."""
    waiting = Report.objects.filter(instance__in=instances, status=ReportStatus.OPEN)
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for instance, *told in waiting.order_by("pk").values_list("instance", "author", "answer"):
        found[instance].append((told[0], told[1]))
    return found


def _busy(instances: list[int]) -> set[int]:
    """The instances whose own case somebody holds, or which waits for a maintainer."""
    live = Case.objects.filter(instance__in=instances, status__in=LIVE)
    held = live.filter(status=CaseStatus.CLAIMED, lease_until__gte=Now())
    flawed = live.filter(status=CaseStatus.FLAWED)
    return set(held.values_list("instance", flat=True)) | set(
        flawed.values_list("instance", flat=True)
    )
