"""Hold a decision or a whole group back from the releases to come, and lift that again."""

from django.db import transaction
from django.utils import timezone

from audits.models import Decision
from registry.errors import InvalidInput, NotFound, WrongState
from registry.events import record
from registry.lengths import require_fits
from registry.locks import lock_benchmark
from registry.models import Benchmark, Head, User
from registry.services.keep_text import keep_text
from versions.holds import holds_in_force
from versions.models import Change, Hold, Lift
from versions.permissions import require_cutter


@transaction.atomic
def hold_back(
    *, actor: User, benchmark: Benchmark, reason: str, decision: str = "", group: str = ""
) -> Hold:
    """Hold back one decision (by its public id) or one group, and say why.

    What is held stands in each release as in the one before, whatever happens to it, until the hold
    is lifted. A decision that was never released gives way to the label before it; rows of a held
    group that were never released stay out. Refused for what is released or held already.
    """
    require_cutter(actor, benchmark)
    benchmark = lock_benchmark(benchmark.pk)
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput(
            "Say why it is held back: the reason is published with the release.",
            code="reason_missing",
            field="reason",
        )
    if bool(decision) == bool(group):
        raise InvalidInput("Name one decision or one group to hold back.", code="hold_what")
    require_fits(Hold, group=group)
    held = _decision(benchmark, decision) if decision else None
    if group and not Head.objects.filter(benchmark=benchmark, revision__group=group).exists():
        raise NotFound(f"{benchmark.slug} has no group '{group}'.", code="no_group")
    if holds_in_force(benchmark).filter(decision=held, group=group).exists():
        raise WrongState("That is held back already.", code="held_already")
    hold = Hold.objects.create(
        benchmark=benchmark,
        decision=held,
        group=group,
        reason=keep_text(reason),
        actor=actor.public_id,
        at=timezone.now(),
    )
    record(
        "release.held_back",
        actor=actor,
        benchmark=benchmark,
        subject=("hold", hold.public_id),
        reason=reason,
        data={"decision": decision, "group": group},
        at=hold.at,
    )
    return hold


@transaction.atomic
def lift_hold(*, actor: User, benchmark: Benchmark, hold: str) -> None:
    """Let the next release take in what the hold with this public id kept back."""
    require_cutter(actor, benchmark)
    benchmark = lock_benchmark(benchmark.pk)
    found = Hold.objects.filter(benchmark=benchmark, public_id=hold).first()
    if found is None:
        raise NotFound(f"{benchmark.slug} has no hold {hold}.", code="no_hold")
    if Lift.objects.filter(hold=found).exists():
        raise WrongState("That hold is lifted already.", code="lifted_already")
    lift = Lift.objects.create(hold=found, actor=actor.public_id, at=timezone.now())
    record(
        "release.hold_lifted",
        actor=actor,
        benchmark=benchmark,
        subject=("hold", found.public_id),
        at=lift.at,
    )


def _decision(benchmark: Benchmark, public_id: str) -> Decision:
    made = Decision.objects.filter(case__benchmark=benchmark, public_id=public_id)
    found = made.select_related("after").first()
    if found is None:
        raise NotFound(f"{benchmark.slug} has no decision {public_id}.", code="no_decision")
    held = Change.objects.filter(benchmark=benchmark, instance=found.instance_id)
    newest = held.select_related("after", "release").order_by("-sequence").first()
    out = newest and newest.after and newest.after.number >= found.after.number
    # A confirmation writes no revision; it is out once the tier that it earned is.
    if out and (found.before_id != found.after_id or newest.release.frozen_at > found.at):
        raise WrongState(
            f"{newest.release.version} holds that decision already, and never changes. Decide the "
            "label anew, or retire it.",
            code="released_already",
        )
    return found
