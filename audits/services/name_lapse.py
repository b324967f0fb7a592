"""Say how a verifier erred on a decided label; its report card counts it."""

from django.db import transaction
from django.utils import timezone

from audits.models import Decision, Flaw, Lapse, Vote
from registry.errors import InvalidInput, NotAllowed
from registry.events import record
from registry.locks import lock_head
from registry.models import Role, User
from registry.permissions import require_role


@transaction.atomic
def name_lapse(*, actor: User, decision: Decision, verifier: str, flaw: str) -> Lapse:
    """Record how `verifier` erred on the label as it was before a decision of the actor's own.

    The first word stands: naming the same lapse again returns it, another one is refused.
    """
    benchmark = decision.instance.benchmark
    require_role(actor, benchmark, Role.EXPERT, "name what a verifier got wrong")
    if decision.actor != actor.public_id:
        raise NotAllowed("Only the expert who decided the case names what a verifier got wrong.")
    if flaw not in Flaw.values:
        raise InvalidInput(f"Choose one of {', '.join(Flaw.values)}.", field="flaw")
    lock_head(decision.instance)
    spoke = Vote.objects.filter(looks__revision=decision.before, verifier=verifier)
    if not spoke.exists():
        raise InvalidInput(f"{verifier} said nothing of this label.", field="verifier")
    there = Lapse.objects.filter(decision=decision, verifier=verifier).first()
    if there is not None:
        if there.flaw == flaw:
            return there
        raise InvalidInput(
            f"You already said that {verifier} {there.get_flaw_display()}.", field="flaw"
        )
    lapse = Lapse.objects.create(
        decision=decision,
        verifier=verifier,
        flaw=flaw,
        actor=actor.public_id,
        at=timezone.now(),
    )
    record(
        "lapse.named",
        actor=actor,
        benchmark=benchmark,
        subject=("decision", decision.public_id),
        data={"verifier": verifier, "flaw": flaw},
    )
    return lapse
