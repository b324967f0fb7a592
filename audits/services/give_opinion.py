"""Take an expert's blind answer on a case: the first pass, and practice on decided ones."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from errata.answers import UNANSWERABLE_TEXT

from audits.blind import first_of, is_waiting
from audits.guides import current_guide
from audits.models import Case, Decision, Draft, Opinion
from audits.practice import practice_of
from audits.services.claim_case import (
    lock_case,
    require_claim,
    require_decider,
    require_single,
)
from audits.services.decide_case import decide_case, spent
from audits.services.keep_derivation import derived, keep_derivation
from audits.states import First
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.events import record
from registry.labels import proposed_label
from registry.locks import lock_head
from registry.models import Revision, Role, User
from registry.permissions import require_role
from registry.selectors import preset_of
from registry.services.keep_text import keep_text
from submissions.services.file_report import get_category


@transaction.atomic
def give_opinion(
    *,
    actor: User,
    case: Case,
    outcome: str,
    answer: str = "",
    lower: str = "",
    upper: str = "",
    category: str = "",
    confidence: float | None = None,
    rationale: str = "",
    seconds: int = 0,
    entities: str = "",
) -> Opinion:
    """Record the first answer of the expert who holds the case; it is never overwritten.

    `seconds` were spent on it since the draft was kept last. `entities` (JSON) went into the
    group's calculator; they are kept as the answer's derivation where they come to the answer.

    On a decided case it is practice: it changes nothing, and whoever gave it sees what was decided.
    """
    require_single(case)
    head = lock_head(case.instance)
    case = lock_case(case)
    practice = not is_waiting(case)
    if practice:
        require_learner(actor, case)
        revision = case.decisions.select_related("before__content").latest("pk").before
    else:
        require_decider(actor, case)
        require_claim(actor, case)
        revision = head.revision
        if case.claimed_revision and case.claimed_revision.content_id != revision.content_id:
            raise _moved("The item was reworded", revision)
        if first_of(case, actor) is not None:
            raise WrongState(
                "Your first answer is in and stands. Decide now, and say there what you think "
                "after having seen the label.",
                code="already_blind",
            )
    if confidence is not None and not 0 <= confidence <= 1:
        raise InvalidInput("Confidence is a share from 0 to 1.", field="confidence")
    text, limits = first_answer(case, revision, outcome, answer, lower, upper)
    opinion = Opinion.objects.create(
        case=case,
        revision=revision,
        expert=actor.public_id,
        blind=True,
        practice=practice,
        outcome=outcome,
        answer=text,
        limits=limits,
        derivation=keep_derivation(derived(revision, entities, text)),
        category=get_category(case.benchmark, category) if category else None,
        confidence=confidence,
        guide=current_guide(case.benchmark, revision.group),
        seconds=spent(case, actor, seconds),
        rationale=keep_text(rationale.strip()),
        at=timezone.now(),
    )
    if practice:
        Draft.objects.filter(case=case, expert=actor).delete()
        return opinion
    # What was typed is in the opinion; the time goes on, and whoever decides starts afresh. Nobody
    # has shown them another label yet than the one they are about to see.
    Draft.objects.filter(case=case, expert=actor).update(
        fields={}, seconds=F("seconds") + max(seconds, 0)
    )
    Case.objects.filter(pk=case.pk).update(claimed_revision=head.revision)
    record(
        "opinion.given",
        actor=actor,
        benchmark=case.benchmark,
        subject=("case", case.public_id),
        data={"opinion": opinion.public_id, "blind": True},
        at=opinion.at,
    )
    return opinion


@transaction.atomic
def conclude_case(
    *, actor: User, case: Case, blind: Mapping[str, Any] | None = None, **decision: Any
) -> Decision | None:
    """Decide a case after the blind pass, which may be given with it.

    None: the opinion is in, and the case waits for another expert.
    """
    rows = Case.objects.select_related("benchmark", "instance__benchmark", "claimed_revision")
    case = rows.get(pk=case.pk)
    require_single(case)
    waits = is_waiting(case)
    if blind and waits:
        require_decider(actor, case)
        head = lock_head(case.instance)
        if case.claimed_revision and case.claimed_revision_id != head.revision_id:
            raise _moved("The label changed", head.revision)
        give_opinion(actor=actor, case=case, **blind)
    elif waits and first_of(case, actor) is None:
        require_decider(actor, case)
        require_claim(actor, case)
        raise WrongState(
            "Answer the case blind first; then its label is shown and you can decide.",
            code="blind_first",
        )
    return decide_case(actor=actor, case=case, **decision)


def _moved(what: str, revision: Revision) -> WrongState:
    """A refusal that does not tell the label: the first answer is not in."""
    return WrongState(
        f"{what} since you claimed the case; claim it again, and look at it anew.",
        code="label_moved",
        revision=revision.number,
    )


def first_answer(
    case: Case, revision: Revision, outcome: str, answer: str, lower: str, upper: str
) -> tuple[str, str]:
    """The texts of answer and limits that a blind answer is stored as; InvalidInput.

    A range may come without an answer; limits come with a range alone, since the benchmark's rule
    gives those of a plain answer.
    """
    preset = preset_of(case.benchmark)
    answer, lower, upper = answer.strip(), lower.strip(), upper.strip()
    if outcome == First.NOT_COMPUTABLE:
        if answer not in ("", UNANSWERABLE_TEXT) or lower or upper:
            raise InvalidInput("An answer or limits contradict 'not computable'; clear them.")
        return UNANSWERABLE_TEXT, "{}"
    if outcome == First.RANGE:
        if not (lower and upper):
            raise InvalidInput("A range needs a lower and an upper limit.", field="lower")
        label = proposed_label(revision, answer or lower, preset, lower=lower, upper=upper)
        return label.text if answer else "", label.limits.to_json()
    if outcome != First.ANSWER:
        raise InvalidInput(
            f"'{outcome}' is no first answer; choose one of {', '.join(First.values)}.",
            field="outcome",
        )
    if not answer:
        raise InvalidInput("Give your answer.", field="answer")
    if lower or upper:
        raise InvalidInput("Limits belong to a range; choose that, or clear them.", field="lower")
    label = proposed_label(revision, answer, preset)
    if label.answer.unanswerable:
        raise InvalidInput("For an unanswerable item choose 'not computable'.", field="outcome")
    return label.text, label.limits.to_json()


def require_learner(actor: User, case: Case) -> None:
    """Refuse who has no practice left on this decided case."""
    require_role(actor, case.benchmark, Role.EXPERT, "practise on decided cases")
    if case.public_id not in practice_of(actor, case.benchmark).left:
        raise NotAllowed(
            "This case is decided and none of your practice cases; take one that waits.",
            code="no_practice",
        )
