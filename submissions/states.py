"""The moves of a report."""

from django.db import models

from registry.errors import WrongState


class ReportStatus(models.TextChoices):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SPAM = "spam", "closed as spam"


class RowState(models.TextChoices):
    """What a row of a file of reports comes to."""

    NEW = "new", "new"
    JOINS = "joins", "others reported it too"
    REPORTED = "reported", "already reported"
    REPEATED = "repeated", "said in an earlier row"
    DECLINED = "declined", "declined before"
    DECIDED = "decided", "already decided"
    EQUAL = "equal", "the label says so"
    UNKNOWN = "unknown", "no such instance"
    UNREADABLE = "unreadable", "cannot be filed"
    FILED = "filed", "filed"


TO_FILE = (RowState.NEW, RowState.JOINS)
MOVES = {ReportStatus.OPEN: {ReportStatus.ACCEPTED, ReportStatus.DECLINED, ReportStatus.SPAM}}


def check_move(old: str, new: str) -> None:
    """Refuse a move that a report cannot make."""
    if new not in MOVES.get(ReportStatus(old), set()):
        raise WrongState(f"A report that is {old} cannot become {new}; file a new one instead.")
