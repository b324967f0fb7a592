"""Let everybody see a set of predictions and its scores."""

from django.db import transaction
from django.utils import timezone

from registry.errors import NotAllowed, WrongState
from registry.events import record
from registry.models import User
from submissions.models import PredictionSet
from submissions.selectors import require_visible


@transaction.atomic
def publish_predictions(*, actor: User, found: PredictionSet) -> PredictionSet:
    """Publish a set, which its owner alone may do, and for good; doing it twice changes nothing."""
    require_visible(actor, found)
    require_owner(actor, found, "publish")
    locked = PredictionSet.objects.select_for_update().filter(pk=found.pk).first()
    if locked is None:
        raise WrongState("The set was deleted meanwhile.", code="predictions_deleted")
    if locked.published_at is None:
        locked.published_at = timezone.now()
        locked.save(update_fields=["published_at"])
        record(
            "predictions.published",
            actor=actor,
            benchmark=locked.benchmark,
            subject=("predictions", locked.public_id),
            data={"model": locked.model},
            at=locked.published_at,
        )
    found.published_at = locked.published_at
    return found


def require_owner(actor: User, found: PredictionSet, action: str) -> None:
    """Refuse all but the one who uploaded the set."""
    if found.owner != actor.public_id or not actor.is_active:
        raise NotAllowed(
            f"You may not {action} these predictions: only who uploaded them may.",
            code="not_your_predictions",
        )
