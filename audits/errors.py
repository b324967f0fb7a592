"""What can go wrong while models are asked."""


class CallFailed(Exception):
    """A call of a model failed for good; the sentence goes into the attempt."""


class BudgetSpent(Exception):
    """The run's budget does not cover another call; the run stops and can be resumed."""
