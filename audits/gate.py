"""One worker's way to one endpoint: so many calls at a time, so fast, and none in a pause."""

import asyncio
from collections import deque
from dataclasses import dataclass
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Part:
    """A worker's part of an endpoint: calls at a time and a second (0: no limit), and the pause."""

    connections: int
    per_second: float
    pause: float


class Gate:
    """Lets calls in, in the order they came. Used in one event loop only; `async with gate`.

    Closed until `set` says how many may be inside.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._limit = 0
        self._interval = 0.0
        self._next = 0.0  # the loop's time before which nobody is let in
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._inside = 0

    def set(self, connections: int, per_second: float) -> None:
        """Let so many in at a time, at this rate (0: at any)."""
        self._limit = connections
        self._interval = 1 / per_second if per_second else 0.0
        self._admit()

    def pause(self, seconds: float) -> None:
        """Let nobody in for so long."""
        self._next = max(self._next, self._loop.time() + seconds)

    @property
    def most(self) -> int:
        """How many there may be inside before `set` is called again; for any thread.

        The limit is read first: one that was lowered counts only once nobody else is let in.
        """
        limit = self._limit
        return max(limit, self._inside)

    async def __aenter__(self) -> None:
        """Wait for a place."""
        place: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(place)
        self._admit()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._leave()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the place up."""
        self._leave()

    def _leave(self) -> None:
        self._inside -= 1
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._inside < self._limit:
            if self._waiting[0].done():  # It was cancelled.
                self._waiting.popleft()
                continue
            now = self._loop.time()
            if now < self._next:
                self._later()
                return
            self._inside += 1
            self._next = max(now, self._next) + self._interval if self._interval else self._next
            self._waiting.popleft().set_result(None)

    def _later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._next, self._admit)
