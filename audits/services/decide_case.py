"""Decide a case: an expert's opinion becomes the decision and, where needed, a new revision."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from errata.grading import Label

from audits.blind import finals_of, first_of
from audits.concluding import Answer, concludes
from audits.guides import current_guide
from audits.models import Case, Decision, Draft, Opinion
from audits.selectors import current_policy
from audits.services.claim_case import (
    lock_case,
    require_claim,
    require_decider,
    require_single,
)
from audits.services.keep_derivation import derived, entities_of, keep_derivation
from audits.services.open_group_case import close_settled_groups
from audits.services.preview_decision import decided_label
from audits.services.triage_instances import triage_instances
from audits.states import CaseStatus, Outcome, check_case_move
from registry.errors import InvalidInput
from registry.events import record
from registry.ids import new_id
from registry.labels import stored_label
from registry.locks import lock_head
from registry.models import Category, Revision, User
from registry.services.keep_text import keep_text
from registry.services.revise_label import require_unmoved, revise_label
from submissions.services.file_report import get_category
from submissions.services.resolve_report import resolve_reports

WRITES = (Outcome.CORRECT, Outcome.RANGE, Outcome.NOT_COMPUTABLE)


@transaction.atomic
def decide_case(
    *,
    actor: User,
    case: Case,
    outcome: str,
    rationale: str,
    answer: str = "",
    lower: str = "",
    upper: str = "",
    limits_reason: str = "",
    category: str = "",
    confidence: float | None = None,
    seconds: int = 0,
    entities: str = "",
) -> Decision | None:
    """Record the opinion of the expert who holds the case, and the decision that follows.

    A new answer gets limits by the preset's rule; other limits need a reason. The decision
    resolves the open reports, except for a flawed item, which waits for a maintainer. None: more
    experts have to answer first, by the policy or since the first ones disagree.

    `entities` (JSON) went into the group's calculator. They become the derivation of the label if
    they come to its answer; without them, those of the expert's first answer do, if it is the same.
    """
    require_single(case)
    head = lock_head(case.instance)
    case = lock_case(case)
    require_decider(actor, case)
    require_claim(actor, case)
    require_unmoved(head, case.claimed_revision)
    if not rationale.strip():
        raise InvalidInput("Say why: the reason goes into the public history.", field="rationale")
    before = head.revision
    label, by_rule = decided_label(
        case, before, outcome=outcome, answer=answer, lower=lower, upper=upper
    )
    if outcome == Outcome.CORRECT and not by_rule and not limits_reason.strip():
        raise InvalidInput(
            "Limits other than the benchmark's rule need a reason.", field="limits_reason"
        )
    chosen = _category(case, outcome, category)
    check_case_move(case.status, _next(outcome))
    at, decision_id = timezone.now(), new_id()
    reason = "\n\n".join(part.strip() for part in (rationale, limits_reason) if part.strip())
    earlier = finals_of(case)
    derivation = derived(before, entities or entities_of(first_of(case, actor)), label.text)
    kept = keep_derivation(derivation)
    opinion = _opine(
        actor, case, before, label, outcome, chosen, reason, at, confidence, seconds, kept
    )
    said = [Answer(each.outcome, _opined(each)) for each in earlier] + [Answer(outcome, label)]
    if not concludes(said, current_policy(case.benchmark).experts_per_case):
        _pass_on(actor, case, opinion)
        return None
    guide, after = opinion.guide, before
    if outcome in WRITES:
        after = revise_label(
            actor=actor,
            instance=case.instance,
            label=label,
            expected=before,
            reason=reason,
            cause=("decision", decision_id),
            at=at,
            derivation=derivation,
        )
    decision = Decision.objects.create(
        public_id=decision_id,
        case=case,
        instance=case.instance,
        outcome=outcome,
        category=chosen,
        before=before,
        after=after,
        guide=guide,
        reason=keep_text(reason),
        actor=actor.public_id,
        at=at,
    )
    decision.opinions.set([*earlier, opinion])
    _end(actor, case, decision, reason)
    return decision


def _category(case: Case, outcome: str, code: str) -> Category | None:
    if code:
        return get_category(case.benchmark, code)
    if outcome == Outcome.CONFIRM:
        return None
    raise InvalidInput("Choose the category of the error.", field="category")


def _next(outcome: str) -> CaseStatus:
    return CaseStatus.FLAWED if outcome == Outcome.FLAWED else CaseStatus.DECIDED


def _opine(
    actor: User,
    case: Case,
    seen: Revision,
    label: Label,
    outcome: str,
    category: Category | None,
    reason: str,
    at: datetime,
    confidence: float | None,
    seconds: int,
    derivation: str,
) -> Opinion:
    """The last word of an expert; the time since their first answer goes with it."""
    first, in_all = first_of(case, actor), spent(case, actor, seconds)
    if in_all is not None and first and first.seconds:
        in_all = max(in_all - first.seconds, 0)
    Draft.objects.filter(case=case, expert=actor).delete()
    return Opinion.objects.create(
        case=case,
        revision=seen,
        expert=actor.public_id,
        outcome=outcome,
        answer=label.text,
        limits=label.limits.to_json(),
        derivation=derivation,
        category=category,
        confidence=confidence,
        guide=current_guide(case.benchmark, seen.group),
        seconds=in_all,
        rationale=keep_text(reason),
        at=at,
    )


def spent(case: Case, expert: User, more: int = 0) -> int | None:
    """Seconds that the expert worked on the case, `more` since they were kept; None if unknown."""
    kept = Draft.objects.filter(case=case, expert=expert).values_list("seconds", flat=True).first()
    return None if kept is None and more <= 0 else (kept or 0) + max(more, 0)


def _opined(opinion: Opinion) -> Label:
    return stored_label(opinion.revision.content.kind, opinion.answer, opinion.limits)


def _pass_on(actor: User, case: Case, opinion: Opinion) -> None:
    """Put the case back into the queue for the other experts whom it needs."""
    check_case_move(case.status, CaseStatus.OPEN)
    Case.objects.filter(pk=case.pk).update(
        status=CaseStatus.OPEN, claimed_by="", lease_until=None, claimed_revision=None
    )
    record(
        "opinion.given",
        actor=actor,
        benchmark=case.benchmark,
        subject=("case", case.public_id),
        data={"opinion": opinion.public_id, "blind": False},
        at=opinion.at,
    )


def _end(actor: User, case: Case, decision: Decision, reason: str) -> None:
    case.status = _next(decision.outcome)
    case.claimed_by, case.lease_until = "", None
    case.ended_at = None if case.status == CaseStatus.FLAWED else decision.at
    case.save(update_fields=["status", "claimed_by", "lease_until", "ended_at"])
    if case.status == CaseStatus.DECIDED:
        resolve_reports(
            actor=actor,
            instance=case.instance,
            accepted=decision.outcome != Outcome.CONFIRM,
            outcome=_sentence(decision, reason),
            decision=decision.public_id,
            at=decision.at,
        )
    record(
        "decision.made",
        actor=actor,
        benchmark=case.benchmark,
        subject=("case", case.public_id),
        reason=reason,
        data={
            "decision": decision.public_id,
            "instance": case.instance.key,
            "outcome": decision.outcome,
        },
        at=decision.at,
    )
    triage_instances(benchmark=case.benchmark, instance_ids=[case.instance_id])
    close_settled_groups(benchmark=case.benchmark, groups=[decision.before.group])


def _sentence(decision: Decision, reason: str) -> str:
    if decision.outcome == Outcome.CONFIRM:
        return f"The label {decision.before.answer} was confirmed: {reason}"
    return (
        f"The label was changed from {decision.before.answer} to {decision.after.answer}: {reason}"
    )
