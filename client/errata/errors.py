"""What the client refuses or fails at, said so that people and programs know what to do."""


class ErrataError(Exception):
    """Something could not be done; the message says why and what to do.

    `code` is stable. `asked_wrongly` tells requests that name nothing from things gone wrong.
    """

    def __init__(self, code: str, message: str, *, asked_wrongly: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.asked_wrongly = asked_wrongly
