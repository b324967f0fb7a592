"""Say something about a report, a case or an instance; hide what does not belong there."""

from django.db import transaction
from django.utils import timezone

from registry.errors import InvalidInput
from registry.events import record
from registry.models import Benchmark, Comment, Role, User
from registry.permissions import require_reader, require_role, require_signed_in
from registry.services.keep_text import keep_text

KINDS = ("report", "case", "instance")
LIMIT = 10_000


@transaction.atomic
def add_comment(
    *, actor: User, benchmark: Benchmark, kind: str, subject: str, text: str
) -> Comment:
    """Add a comment in Markdown; the same one sent twice in a row is one.

    `subject` is a public id, or an instance's key; the caller has looked it up.
    """
    require_reader(actor, benchmark)
    require_signed_in(actor, "comment")
    if kind not in KINDS:
        raise InvalidInput(f"Comment on one of {', '.join(KINDS)}.", field="kind")
    text = text.strip()
    if not text:
        raise InvalidInput("Write something first: the comment is empty.", field="text")
    if len(text) > LIMIT:
        raise InvalidInput(f"Shorten the comment: it takes {LIMIT} characters.", field="text")
    about = {"benchmark": benchmark, "subject_kind": kind, "subject_id": subject}
    digest = keep_text(text)
    last = Comment.objects.filter(**about).order_by("-pk").first()
    if last is not None and (last.author, last.text) == (actor.public_id, digest):
        return last
    comment = Comment.objects.create(**about, author=actor.public_id, text=digest)
    record(
        "comment.added",
        actor=actor,
        benchmark=benchmark,
        subject=(kind, subject),
        data={"comment": comment.public_id},
    )
    return comment


@transaction.atomic
def hide_comment(*, actor: User, comment: Comment, reason: str) -> Comment:
    """Take a comment out of everybody's sight but the maintainers', for a public reason."""
    require_role(actor, comment.benchmark, Role.MAINTAINER, "hide comments")
    if not reason.strip():
        raise InvalidInput("Say why: the reason stands in the comment's place.", field="reason")
    comment = Comment.objects.select_for_update().select_related("benchmark").get(pk=comment.pk)
    if comment.hidden_at is not None:
        return comment
    comment.hidden_by, comment.hidden_at = actor.public_id, timezone.now()
    comment.hidden_because = keep_text(reason.strip())
    comment.save(update_fields=["hidden_by", "hidden_at", "hidden_because"])
    record(
        "comment.hidden",
        actor=actor,
        benchmark=comment.benchmark,
        subject=("comment", comment.public_id),
        reason=reason.strip(),
    )
    return comment
