"""The history of one instance as people read it: who did what, when and why, newest first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from audits.models import Decision, Look, Opinion, Verdict
from audits.states import CaseStatus
from pages.wording import step
from registry.models import ImportBatch, Instance, Revision
from registry.selectors import Expertise, expertise_of, history, names_of, texts
from submissions.models import Report
from submissions.states import ReportStatus
from versions.models import Change, Rewording


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry: its kind names the template that shows it, its anchor the permalink."""

    at: datetime
    kind: str
    anchor: str
    row: Any
    actor: str = ""
    reason: str = ""
    details: Any = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """All entries, newest first, the names of who made them, and what experts are experts of."""

    moments: Sequence[Moment]
    names: dict[str, str]
    expertise: dict[str, list[Expertise]]


def timeline(instance: Instance) -> Timeline:
    """Revisions, votes, reports, opinions, decisions, rewordings and releases of an instance."""
    revisions = list(history(instance))
    looks = list(instance.looks.select_related("vote", "revision").order_by("pk"))
    opinions = list(
        # Those on a case that waits would sway the experts who have not answered yet.
        Opinion.objects.filter(case__instance=instance, practice=False)
        .exclude(case__status__in=(CaseStatus.OPEN, CaseStatus.CLAIMED))
        .select_related("revision", "category")
    )
    decisions = list(
        instance.decisions.select_related(
            "before__content", "after__content", "category", "case", "ruling"
        ).prefetch_related("opinions")
    )
    rewordings = list(Rewording.objects.filter(instance=instance).order_by("pk"))
    said = texts(
        [revision.reason for revision in revisions]
        + [rewording.reason for rewording in rewordings]
        + [look.vote.rationale for look in looks]
        + [opinion.rationale for opinion in opinions]
        + [decision.reason for decision in decisions]
    )
    settled = {each.pk for decision in decisions for each in decision.opinions.all()}
    moments = [
        *_revisions(revisions, {decision.public_id: decision for decision in decisions}, said),
        *_votes(looks, said),
        *_reports(instance),
        *(_opinion(each, said) for each in opinions if each.pk not in settled),
        *(_decision(each, said) for each in decisions),
        *_rewordings(rewordings, revisions, said),
        *_releases(instance),
    ]
    moments.sort(key=lambda moment: (moment.at, _ORDER[moment.kind]), reverse=True)
    experts = {moment.actor for moment in moments if moment.kind in ("decision", "opinion")}
    names = names_of(moment.actor for moment in moments)
    return Timeline(moments, names, expertise_of(experts & names.keys()))


# What follows from what, within one moment of time.
_ORDER = {
    kind: n
    for n, kind in enumerate(
        ("report", "votes", "opinion", "decision", "revision", "rewording", "release")
    )
}


def _revisions(
    revisions: Sequence[Revision], decisions: dict[str, Decision], said: dict[str, str]
) -> list[Moment]:
    imports = {r.cause_id for r in revisions if r.cause_kind == "import"}
    batches = {b.public_id: b for b in ImportBatch.objects.filter(public_id__in=imports)}
    return [
        Moment(
            at=new.at,
            kind="revision",
            anchor=f"r{new.number}",
            row=new,
            actor=new.actor,
            # A decision tells its reason itself.
            reason="" if new.cause_id in decisions else said.get(new.reason, ""),
            details={
                "steps": step(old, new),
                "old": old,
                "batch": batches.get(new.cause_id),
                "decision": decisions.get(new.cause_id),
            },
        )
        for new, old in pairwise([*revisions, None])
    ]


def _votes(looks: Sequence[Look], said: dict[str, str]) -> list[Moment]:
    """One entry for everything that verifiers said of one revision."""
    by_revision: dict[int, list[Look]] = defaultdict(list)
    for look in looks:
        by_revision[look.revision.number].append(look)
    moments = []
    for number, group in by_revision.items():
        spoken = [look for look in group if look.vote.verdict != Verdict.ABSTAIN]
        moments.append(
            Moment(
                at=max(look.vote.at for look in group),
                kind="votes",
                anchor=f"votes-r{number}",
                row=group[0].revision,
                details={
                    "spoken": [(look.vote, said.get(look.vote.rationale, "")) for look in spoken],
                    "objections": sum(look.vote.verdict == Verdict.OBJECT for look in spoken),
                    "abstained": sorted(
                        {look.vote.verifier for look in group if look not in spoken}
                    ),
                },
            )
        )
    return moments


def _reports(instance: Instance) -> list[Moment]:
    reports = Report.objects.filter(instance=instance).exclude(status=ReportStatus.SPAM)
    reports = reports.select_related("category").order_by("pk")
    return [
        Moment(
            at=report.created_at,
            kind="report",
            anchor=f"report-{report.public_id}",
            row=report,
            actor=report.author,
            reason=report.rationale,
        )
        for report in reports
    ]


def _opinion(opinion: Opinion, said: dict[str, str]) -> Moment:
    return Moment(
        at=opinion.at,
        kind="opinion",
        anchor=f"opinion-{opinion.public_id}",
        row=opinion,
        actor=opinion.expert,
        reason=said.get(opinion.rationale, ""),
    )


def _decision(decision: Decision, said: dict[str, str]) -> Moment:
    return Moment(
        at=decision.at,
        kind="decision",
        anchor=f"decision-{decision.public_id}",
        row=decision,
        actor=decision.actor,
        reason=said.get(decision.reason, ""),
    )


def _rewordings(
    rewordings: Sequence[Rewording], revisions: Sequence[Revision], said: dict[str, str]
) -> list[Moment]:
    """What was said of two wordings; `details` are the revisions that brought them."""
    first = {revision.content_id: revision.number for revision in revisions}  # newest come first
    return [
        Moment(
            at=rewording.at,
            kind="rewording",
            anchor=f"rewording-{number}",
            row=rewording,
            actor=rewording.actor,
            reason=said.get(rewording.reason, ""),
            details=sorted((first[rewording.one_id], first[rewording.other_id])),
        )
        for number, rewording in enumerate(rewordings, start=1)
    ]


def _releases(instance: Instance) -> list[Moment]:
    changes = (
        Change.objects.filter(instance=instance)
        .select_related("release", "before__content", "after__content")
        .defer("release__snapshot")
    )
    return [
        Moment(
            at=change.release.frozen_at,
            kind="release",
            anchor=f"v{change.release.version}",
            row=change,
            actor=change.release.actor,
        )
        for change in changes
    ]
