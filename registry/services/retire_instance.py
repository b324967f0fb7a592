"""Take an instance out of the benchmark, bring it back, or reword its inputs."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from registry.chain import text_of
from registry.dialects import insert_missing
from registry.errors import InvalidInput, WrongState
from registry.events import record
from registry.locks import lock_head
from registry.models import Content, Instance, Origin, Revision, Role, User
from registry.permissions import require_role
from registry.services.keep_text import keep_texts
from registry.services.revise_label import append, require_unmoved


def retire_instance(*, actor: User, instance: Instance, reason: str) -> Revision:
    """Retire an instance: later releases leave it out; its history stays."""
    return _turn(actor, instance, reason, retired=True)


def revive_instance(*, actor: User, instance: Instance, reason: str) -> Revision:
    """Bring a retired instance back with the label it had."""
    return _turn(actor, instance, reason, retired=False)


@transaction.atomic
def _turn(actor: User, instance: Instance, reason: str, *, retired: bool) -> Revision:
    require_role(actor, instance.benchmark, Role.MAINTAINER, "retire or revive instances")
    require_reason(reason)
    head = lock_head(instance)
    origin = Origin.RETIRED if retired else Origin.REVIVED
    if head.retired == retired:
        raise WrongState(f"{instance.key} is {'already' if retired else 'not'} retired.")
    event = _event(actor, instance, f"instance.{origin.value}", reason)
    return append(
        head,
        actor=actor,
        at=event.at,
        cause=("event", event.public_id),
        origin=origin,
        reason=reason,
        retired=retired,
    )


@transaction.atomic
def reword_instance(
    *, actor: User, instance: Instance, inputs: Mapping[str, Any], expected: Revision, reason: str
) -> Revision:
    """Replace the inputs of an instance; answer, limits and kind stay as they are."""
    require_role(actor, instance.benchmark, Role.MAINTAINER, "reword instances")
    require_reason(reason)
    head = lock_head(instance)
    require_unmoved(head, expected)
    kind = head.revision.content.kind
    digest, text = text_of({"format": 1, "kind": kind, "inputs": dict(inputs)})
    if digest == head.revision.content_id:
        raise InvalidInput("The inputs are the same as before; change them or leave it.")
    keep_texts([(digest, text)])
    insert_missing(Content, ("digest", "kind"), [(digest, kind)], key=("digest",))
    event = _event(actor, instance, "instance.reworded", reason)
    return append(
        head,
        actor=actor,
        at=event.at,
        cause=("event", event.public_id),
        origin=Origin.UPSTREAM,
        reason=reason,
        content_id=digest,
    )


def require_reason(reason: str) -> None:
    """Refuse an empty reason."""
    if not reason.strip():
        raise InvalidInput(
            "Give a reason: it stays with the history.", code="reason_missing", field="reason"
        )


def _event(actor: User, instance: Instance, kind: str, reason: str) -> Any:
    return record(
        kind,
        actor=actor,
        benchmark=instance.benchmark,
        subject=("instance", instance.key),
        reason=reason,
        at=timezone.now(),
    )
