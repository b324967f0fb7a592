"""The moves of runs, chunks and cases."""

from django.db import models

from registry.errors import WrongState


class RunStatus(models.TextChoices):
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed", "finished with failed chunks"
    STOPPED = "stopped", "stopped, can go on"


RUN_MOVES = {
    RunStatus.RUNNING: {RunStatus.FINISHED, RunStatus.FAILED, RunStatus.STOPPED},
    RunStatus.STOPPED: {RunStatus.RUNNING},
}


def check_run_move(old: str, new: str) -> None:
    """Refuse a move that a run cannot make."""
    if new not in RUN_MOVES.get(RunStatus(old), set()):
        raise WrongState(
            f"An audit that is {RunStatus(old).label.lower()} cannot become "
            f"{RunStatus(new).label.lower()}; load it again to see what happened, or start another."
        )


class ChunkStatus(models.TextChoices):
    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"


class CaseStatus(models.TextChoices):
    OPEN = "open"
    CLAIMED = "claimed"
    FLAWED = "flawed", "waits for a maintainer"
    DECIDED = "decided"
    CLOSED = "closed", "closed without a decision"


LIVE = (CaseStatus.OPEN, CaseStatus.CLAIMED, CaseStatus.FLAWED)

CASE_MOVES = {
    CaseStatus.OPEN: {CaseStatus.CLAIMED, CaseStatus.CLOSED},
    CaseStatus.CLAIMED: {CaseStatus.OPEN, CaseStatus.DECIDED, CaseStatus.FLAWED},
    CaseStatus.FLAWED: {CaseStatus.DECIDED},
}


def check_case_move(old: str, new: str) -> None:
    """Refuse a move that a case cannot make."""
    if new not in CASE_MOVES.get(CaseStatus(old), set()):
        raise WrongState(
            f"A case that is {CaseStatus(old).label} cannot become {CaseStatus(new).label}; "
            "load the case again to see what happened."
        )


class Bucket(models.TextChoices):
    CLEAR = "clear"
    POSSIBLE = "possible"
    CONTESTED = "contested"


class Tier(models.TextChoices):
    """How far the label of an instance has been looked at; goes out with every release."""

    EXPERT_AGREED = "expert-agreed", "two or more experts agreed"
    EXPERT = "expert"
    CONSENSUS = "consensus"
    UNREVIEWED = "unreviewed"
    CONTESTED = "contested"


EXPERTS = (Tier.EXPERT_AGREED, Tier.EXPERT)


class Outcome(models.TextChoices):
    CONFIRM = "confirm", "the label is right"
    CORRECT = "correct", "another answer is right"
    RANGE = "range", "a range of answers is right"
    NOT_COMPUTABLE = "not_computable", "not computable from the inputs"
    FLAWED = "flawed", "the item itself is flawed"


class First(models.TextChoices):
    """What an expert may answer before the label is shown."""

    ANSWER = "answer", "an answer"
    NOT_COMPUTABLE = "not_computable", "not computable from the inputs"
    RANGE = "range", "ambiguous: a range of answers is acceptable"
