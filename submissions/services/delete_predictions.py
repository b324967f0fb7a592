"""Delete a set of predictions that nobody else has seen, with its scores."""

from django.db import transaction

from registry.errors import WrongState
from registry.events import record
from registry.models import User
from submissions.models import PredictionSet
from submissions.selectors import require_visible
from submissions.services.publish_predictions import require_owner


@transaction.atomic
def delete_predictions(*, actor: User, found: PredictionSet) -> None:
    """Delete a private set, which its owner alone may do."""
    require_visible(actor, found)
    require_owner(actor, found, "delete")
    locked = PredictionSet.objects.select_for_update().filter(pk=found.pk).first()
    if locked is None:
        return
    if locked.published_at is not None:
        raise WrongState(
            "Published predictions stay, since others may have cited their scores.",
            code="predictions_published",
        )
    record(
        "predictions.deleted",
        actor=actor,
        benchmark=locked.benchmark,
        subject=("predictions", locked.public_id),
    )
    locked.delete()
