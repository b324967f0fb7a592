"""Give an expert the next cases of the queue to decide elsewhere, held for longer than usual."""

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.states import CaseStatus
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.models import Benchmark, Role, User
from registry.permissions import require_role

MOST = 200
HELD = timedelta(days=14)


def give_out_packet(*, actor: User, benchmark: Benchmark, count: int) -> list[Case]:
    """Claim the next `count` cases of single labels for `actor`, for a fortnight.

    Fewer where fewer wait; those that the actor may not decide or that somebody else takes
    meanwhile are passed over. Each is claimed in a transaction of its own, so none is held by a
    packet that failed half-way without showing as claimed. Raises WrongState where none is left.
    """
    require_role(actor, benchmark, Role.EXPERT, "take cases away")
    if not 1 <= count <= MOST:
        raise InvalidInput(f"A packet has 1 to {MOST} cases.", field="count")
    free = Q(status=CaseStatus.OPEN) | Q(status=CaseStatus.CLAIMED, lease_until__lt=Now())
    waiting = Case.objects.filter(free, benchmark=benchmark).exclude(instance=None)
    taken: list[int] = []
    for case in waiting.order_by("-priority", "pk").iterator(chunk_size=MOST):
        if len(taken) == count:
            break
        try:
            claim_case(actor=actor, case=case, lease=HELD)
        except (NotAllowed, WrongState):
            continue
        taken.append(case.pk)
    if not taken:
        raise WrongState("No case waits that you may take; look again later.", code="no_case")
    rows = Case.objects.filter(pk__in=taken).select_related("instance__head__revision__content")
    return list(rows.order_by("-priority", "pk"))
