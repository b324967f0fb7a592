"""Write one new revision of each of many instances, for one reason."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from errata.grading import Label

from registry.dialects import update_rows
from registry.labels import sortable
from registry.models import Head, Origin, Revision, User
from registry.services.keep_text import keep_text
from registry.services.revise_label import chained, kept_derivation

BATCH = 500


class NewLabel(NamedTuple):
    """What a locked head (see `registry.locks.lock_heads`) gets, and what causes it."""

    head: Head
    label: Label
    cause: tuple[str, str]


def revise_labels(
    *, actor: User, labels: Sequence[NewLabel], reason: str, at: datetime
) -> list[Revision]:
    """Give instances new labels, within the caller's transaction, locks and permission.

    The same as `revise_label` for each, in a number of queries that does not grow with every one.
    """
    why = keep_text(reason)
    written: list[Revision] = Revision.objects.bulk_create(
        [
            chained(
                head,
                actor=actor,
                at=at,
                cause=cause,
                origin=Origin.DECISION,
                reason=why,
                answer=label.text,
                answer_number=sortable(label.answer),
                limits=label.limits.to_json(),
                derivation=kept_derivation(head.revision, label),
            )
            for head, label, cause in labels
        ],
        batch_size=BATCH,
    )
    heads = [new.head for new in labels]
    for head, revision in zip(heads, written, strict=True):
        head.revision = revision
    update_rows(heads, ["revision"])
    return written
