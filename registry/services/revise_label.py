"""Write one new revision of one instance: the only way to change a label outside an import."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from errata.grading import Label, LabelChange, compare

from registry.chain import Link, moment, text_of
from registry.errors import WrongState
from registry.labels import label_of, sortable
from registry.locks import lock_head
from registry.models import Content, Head, Instance, Origin, Revision, User
from registry.services.keep_text import keep_text, keep_texts


def require_unmoved(head: Head, expected: Revision | None) -> None:
    """Refuse if the label is not the one that was looked at."""
    if expected is not None and head.revision_id != expected.pk:
        raise WrongState(
            f"The label changed meanwhile: it is now {head.revision.answer} "
            f"(revision {head.revision.number}). Look at it again before you go on.",
            code="label_moved",
            answer=head.revision.answer,
            revision=head.revision.number,
        )


def revise_label(
    *,
    actor: User,
    instance: Instance,
    label: Label,
    expected: Revision | None,
    reason: str,
    cause: tuple[str, str],
    at: datetime,
    derivation: Mapping[str, Any] | None = None,
) -> Revision:
    """Give an instance a new label, within the caller's transaction and permission.

    An answer that is not identical outlives neither the old limits (they are part of `label`) nor
    the old derivation: it takes `derivation`, or none.
    """
    head = lock_head(instance)
    require_unmoved(head, expected)
    old = head.revision
    kept = kept_derivation(old, label)
    if derivation is not None:
        kept, text = text_of(derivation)
        keep_texts([(kept, text)] if kept else [])
    return append(
        head,
        actor=actor,
        at=at,
        cause=cause,
        origin=Origin.DECISION,
        reason=reason,
        answer=label.text,
        answer_number=sortable(label.answer),
        limits=label.limits.to_json(),
        derivation=kept,
    )


def append(
    head: Head,
    *,
    actor: User,
    at: datetime,
    cause: tuple[str, str],
    origin: Origin,
    reason: str,
    retired: bool = False,
    **changed: Any,
) -> Revision:
    """Chain a revision to a locked head: the fields in `changed` differ, all others stay.

    A retired instance can only be revived.
    """
    new = chained(
        head, actor=actor, at=at, cause=cause, origin=origin, reason=keep_text(reason), **changed
    )
    new.save()
    head.revision, head.retired = new, retired
    head.save(update_fields=["revision", "retired"])
    return new


def kept_derivation(old: Revision, label: Label) -> str:
    """The derivation that goes on with a new label: the old one's if the answer is identical."""
    same = compare(label_of(old), label).change is LabelChange.IDENTICAL
    return old.derivation if same else ""


def chained(
    head: Head,
    *,
    actor: User,
    at: datetime,
    cause: tuple[str, str],
    origin: Origin,
    reason: str,
    **changed: Any,
) -> Revision:
    """The revision that follows a locked head, not yet saved; `reason` is the digest of the text.

    The head's revision, its content, instance and benchmark are loaded.
    """
    old = head.revision
    if head.retired and origin is not Origin.REVIVED:
        raise WrongState(
            f"{old.instance.key} is retired and has no label to change; revive it first.",
            code="retired",
        )
    fields: dict[str, Any] = {
        name: getattr(old, name)
        for name in (
            "content_id",
            "answer",
            "answer_number",
            "limits",
            "derivation",
            "meta",
            "group",
        )
    } | changed
    link = Link(
        benchmark=old.instance.benchmark.slug,
        key=old.instance.key,
        number=old.number + 1,
        kind=_kind(old, fields["content_id"]),
        content=fields["content_id"],
        answer=fields["answer"],
        limits=fields["limits"],
        derivation=fields["derivation"],
        meta=fields["meta"],
        group=fields["group"],
        reason=reason,
        origin=origin.value,
        cause="/".join(cause),
        actor=actor.public_id,
        at=moment(at),
        previous=old.digest,
    )
    return Revision(
        instance=old.instance,
        number=link.number,
        reason=link.reason,
        origin=origin,
        cause_kind=cause[0],
        cause_id=cause[1],
        actor=actor.public_id,
        at=at,
        digest=link.digest(),
        previous=old.digest,
        **fields,
    )


def _kind(old: Revision, content: str) -> str:
    if content == old.content_id:
        return old.content.kind
    return Content.objects.get(pk=content).kind
