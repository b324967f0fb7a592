"""What can go wrong while models are asked."""


class CallFailed(Exception):
    """A call of a model failed for good; the sentence goes into the attempt.

    What the endpoint charges for it all the same (a refusal costs tokens) stands beside it.
    """

    def __init__(self, sentence: str, *, tokens_in: int = 0, tokens_out: int = 0) -> None:
        super().__init__(sentence)
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out


class Busy(Exception):
    """The endpoint cannot answer now and may be asked again, after so many seconds if it says."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class BudgetSpent(Exception):
    """The run's budget does not cover another call; the run stops and can be resumed."""


class RunStopped(Exception):
    """Somebody stopped the run; what was being done is given back and can be resumed."""
