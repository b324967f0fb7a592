"""Take a set of predictions as evidence in audits, or no longer."""

from django.db import transaction

from registry.errors import WrongState
from registry.events import record
from registry.models import Role, User
from registry.permissions import require_role
from submissions.models import PredictionSet
from submissions.selectors import require_visible


@transaction.atomic
def admit_predictions(*, actor: User, found: PredictionSet, admitted: bool = True) -> PredictionSet:
    """Let the set speak in `consensus` from the next audit on, or, with False, no longer.

    Takes the role maintainer, and a set that is published or the actor's own, which speaks once
    they publish it: evidence is open to all. Doing it twice changes nothing.
    """
    require_visible(actor, found)
    require_role(actor, found.benchmark, Role.MAINTAINER, "admit predictions as evidence")
    locked = PredictionSet.objects.select_for_update().filter(pk=found.pk).first()
    if locked is None:
        raise WrongState("The set was deleted meanwhile.", code="predictions_deleted")
    if locked.admitted != admitted:
        locked.admitted = admitted
        locked.save(update_fields=["admitted"])
        record(
            "predictions.admitted" if admitted else "predictions.dismissed",
            actor=actor,
            benchmark=locked.benchmark,
            subject=("predictions", locked.public_id),
            data={"model": locked.model, "family": locked.family},
        )
    found.admitted = admitted
    return found
