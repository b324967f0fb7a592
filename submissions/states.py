"""The moves of a report."""

from django.db import models

from registry.errors import WrongState


class ReportStatus(models.TextChoices):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SPAM = "spam", "closed as spam"


MOVES = {ReportStatus.OPEN: {ReportStatus.ACCEPTED, ReportStatus.DECLINED, ReportStatus.SPAM}}


def check_move(old: str, new: str) -> None:
    """Refuse a move that a report cannot make."""
    if new not in MOVES.get(ReportStatus(old), set()):
        raise WrongState(f"A report that is {old} cannot become {new}; file a new one instead.")
