"""Remove a text, so that a person or a patient's name goes while every chain stays valid."""

from django.db import transaction
from django.utils import timezone

from registry.errors import NotFound
from registry.events import record
from registry.models import Searchable, Text, User
from registry.permissions import require_staff


@transaction.atomic
def remove_text(*, actor: User, digest: str, reason: str) -> None:
    """Empty the text behind `digest` everywhere it is used; removing it twice changes nothing."""
    require_staff(actor, "remove texts")
    text = Text.objects.select_for_update().filter(pk=digest).first()
    if text is None:
        raise NotFound(f"There is no text with the digest {digest}; copy it from the history.")
    if text.removed_at is not None:
        return
    text.body, text.removed_at = "", timezone.now()
    text.save(update_fields=["body", "removed_at"])
    # Written anew without it by the next `fill_search`.
    Searchable.objects.filter(revision__content=digest).delete()
    record("text.removed", actor=actor, benchmark=None, subject=("text", digest), reason=reason)
