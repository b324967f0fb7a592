"""The moves of a release: each step may be repeated, none goes back."""

from django.db import models

from registry.errors import WrongState


class ReleaseStatus(models.TextChoices):
    FROZEN = "frozen"
    BUILT = "built"
    PUBLISHED = "published"


class State(models.TextChoices):
    """What a published release is to whoever looks for one to use."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Bump(models.TextChoices):
    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


MOVES = {
    ReleaseStatus.FROZEN: {ReleaseStatus.BUILT},
    ReleaseStatus.BUILT: {ReleaseStatus.PUBLISHED},
}


def check_move(old: str, new: str) -> None:
    """Refuse a move that a release cannot make."""
    if new not in MOVES.get(ReleaseStatus(old), set()):
        raise WrongState(f"A release that is {old} cannot become {new}.")
