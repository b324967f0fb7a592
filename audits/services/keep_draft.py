"""Keep what an expert types on a case, as it is typed, and the claim while the case is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from audits.blind import is_waiting
from audits.models import Case, Draft
from audits.services.claim_case import claim_case, is_free, lock_case, require_single
from audits.services.give_opinion import require_learner
from audits.states import CaseStatus
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.models import Role, User
from registry.permissions import require_role

FIELDS = (
    *("outcome", "answer", "lower", "upper", "limits_reason", "category", "confidence"),
    *("rationale", "entities"),
)
LONGEST = 20_000
MOST_SECONDS = 900  # between two calls, which come every few minutes


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether the expert holds the case now and until when; if not, why."""

    held: bool
    until: datetime | None
    because: str = ""


@transaction.atomic
def keep_draft(
    *, actor: User, case: Case, fields: Mapping[str, str] | None = None, seconds: int = 0
) -> Kept:
    """Store the fields and add the seconds; claim the case if it is free, or renew the claim.

    What is typed is kept for whoever may work on the case, also where somebody else holds it by
    now. Without fields only claim and time are looked after, and only of a case that they hold.
    """
    require_single(case)
    case = lock_case(case)
    require_role(actor, case.benchmark, Role.EXPERT, "work on cases")
    if not 0 <= seconds <= MOST_SECONDS:
        raise InvalidInput(f"Between two calls lie 0 to {MOST_SECONDS} seconds.", field="seconds")
    practice = not is_waiting(case)
    if practice:
        require_learner(actor, case)
    _store(actor, case, fields, seconds)
    if practice:
        return Kept(False, None)
    mine = case.status == CaseStatus.CLAIMED and case.claimed_by == actor.public_id
    if mine and not is_free(case):
        return _renewed(actor, case)
    if fields is None:
        return Kept(False, None, "Your claim has run out; claim the case again to go on.")
    return _renewed(actor, case)


def _renewed(actor: User, case: Case) -> Kept:
    """The claim, renewed without moving the revision that was shown to its holder."""
    shown = case.claimed_revision_id
    mine = case.claimed_by == actor.public_id
    try:
        with transaction.atomic():
            case = claim_case(actor=actor, case=case)
    except (NotAllowed, WrongState) as refusal:
        return Kept(False, None, refusal.message)
    if mine and shown:  # or a label that moved would pass for the one they looked at
        Case.objects.filter(pk=case.pk).update(claimed_revision=shown)
    return Kept(True, case.lease_until)


def _store(actor: User, case: Case, fields: Mapping[str, str] | None, seconds: int) -> None:
    draft, _ = Draft.objects.get_or_create(case=case, expert=actor)
    changed = {"seconds": F("seconds") + seconds, "updated_at": timezone.now()}
    if fields is not None:
        # Nothing that is typed may be lost, but no database keeps a NUL.
        known = {name: fields.get(name, "").replace("\0", "")[:LONGEST] for name in FIELDS}
        changed["fields"] = {name: text for name, text in known.items() if text}
    Draft.objects.filter(pk=draft.pk).update(**changed)
