"""Asking models: an event loop in a thread of its own, which knows neither database nor run.

The worker's thread starts questions and takes what happened; before each call the loop waits until
that thread has reserved what the call may cost. Connections, rates and pauses are kept here, as far
as the worker's share of them goes.
"""

import asyncio
import queue
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any

from audits.endpoint import EndpointClient, most_tokens
from audits.errors import Busy, CallFailed
from audits.gate import Gate, Part
from audits.panel import EndpointSettings, ModelSettings, Panel
from audits.verifiers.base import Ballot, Input, ModelVerifier, Reply

TRIES = 5  # calls that find the endpoint busy, before it counts as a failure
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0  # seconds between tries where the endpoint names none

Connect = Callable[[EndpointSettings], EndpointClient]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One vote that a model is to give: the `sample`-th on an input named by its digest.

    `version` is the verifier's when the input was made.
    """

    verifier: ModelVerifier
    given: Input
    version: str
    digest: str
    sample: int


class Outcome(Enum):
    """How a call ended.

    One that was dropped was never made, or found the endpoint busy; of one that was broken off in
    the middle nobody knows what it costs.
    """

    DROPPED = "dropped"
    UNKNOWN = "unknown"
    ANSWERED = "answered"
    FAILED = "failed"


@dataclass(slots=True, eq=False)
class ModelCall:
    """A call that wants to be made: what it may cost at most and, when over, what it cost."""

    question: Question
    highest: int
    granted: asyncio.Future[None]
    outcome: Outcome = Outcome.DROPPED
    cost: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    millis: int = 0
    row: Any = None  # the worker's own: its reservation

    def settle(
        self, outcome: Outcome, model: ModelSettings, tokens_in: int, tokens_out: int
    ) -> None:
        """Say how it ended and what it cost. An endpoint that was busy is taken not to charge."""
        self.outcome, self.cost = outcome, model.cost(tokens_in, tokens_out)
        self.tokens_in, self.tokens_out = tokens_in, tokens_out


@dataclass(slots=True, eq=False)
class _Job:
    """A question that is being answered; `calling` while the endpoint works on it."""

    question: Question
    task: asyncio.Task[None] | None = None
    calling: bool = False
    said: Ballot | Exception | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call waits for its reservation."""

    call: ModelCall


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that had its reservation is over."""

    call: ModelCall


@dataclass(frozen=True, slots=True)
class Answered:
    """A question is over: with a ballot or an error; with neither where it was dropped."""

    question: Question
    said: Ballot | Exception | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """An endpoint asks everybody to wait so many seconds."""

    endpoint: str
    seconds: float


Happening = Wanted | Ended | Answered | Pause


@dataclass(slots=True, eq=False)
class Asker:
    """The loop and its questions. Used by one worker's thread; close it with `close`."""

    panel: Panel
    connect: Connect
    _gates: dict[str, Gate] = field(default_factory=dict)
    _happened: queue.SimpleQueue[Happening] = field(default_factory=queue.SimpleQueue)
    _limits: dict[str, int] = field(default_factory=dict)
    _jobs: set[_Job] = field(default_factory=set)
    _clients: dict[str, EndpointClient] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _halted: bool = False

    def open(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def start(self, questions: Sequence[Question]) -> None:
        """Begin with these; each of them ends in an Answered."""
        self._loop.call_soon_threadsafe(self._spawn, list(questions))

    def grant(self, calls: Sequence[ModelCall]) -> None:
        """What these calls may cost is reserved: let them be made."""
        self._loop.call_soon_threadsafe(self._grant, list(calls))

    def share(self, endpoint: str, part: Part) -> None:
        """So much of this endpoint is this worker's from now on."""
        self._limits[endpoint] = part.connections
        self._loop.call_soon_threadsafe(self._share, endpoint, part)

    def limit(self, endpoint: str) -> int:
        """How many calls may be made at a time, as it was last said."""
        return self._limits.get(endpoint, 0)

    def in_use(self, endpoint: str) -> int:
        """How many calls there may be at a time until `share` says otherwise."""
        return self._gates[endpoint].most if endpoint in self._gates else 0

    def halt(self) -> None:
        """Drop what is not in a call; calls that are made are waited for, none follows them."""
        self._loop.call_soon_threadsafe(self._halt)

    def happened(self, timeout: float) -> list[Happening]:
        """All that happened since; waits up to `timeout` seconds for the first of it."""
        found: list[Happening] = []
        try:
            found.append(self._happened.get(block=timeout > 0, timeout=timeout))
            while True:
                found.append(self._happened.get_nowait())
        except queue.Empty:
            return found

    def abandon(self) -> list[Happening]:
        """Break everything off, and tell what happened since."""
        asyncio.run_coroutine_threadsafe(self._abandon(), self._loop).result()
        return self.happened(timeout=0)

    def close(self) -> None:
        """Break everything off and end the thread."""
        if self._thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._thread = None

    # --- Everything below runs in the loop's thread ---

    def _spawn(self, questions: list[Question]) -> None:
        self._halted = False
        for question in questions:
            job = _Job(question)
            self._jobs.add(job)
            job.task = self._loop.create_task(self._answer(job))
            # Not by the task itself: one that is dropped before it began runs none of its code.
            job.task.add_done_callback(partial(self._tell, job))

    def _grant(self, calls: list[ModelCall]) -> None:
        for call in calls:
            if not call.granted.done():
                call.granted.set_result(None)
            else:  # Dropped while its reservation was written.
                self._happened.put(Ended(call))

    def _share(self, endpoint: str, part: Part) -> None:
        self._gate(endpoint).set(part.connections, part.per_second)
        if part.pause > 0:
            self._gate(endpoint).pause(part.pause)

    def _halt(self) -> None:
        self._halted = True
        for job in self._jobs:
            if job.task is not None and not job.calling:
                job.task.cancel()

    async def _close(self) -> None:
        await self._abandon()
        for client in self._clients.values():
            await client.__aexit__(None, None, None)

    async def _abandon(self) -> None:
        tasks = [job.task for job in self._jobs if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _gate(self, endpoint: str) -> Gate:
        if endpoint not in self._gates:
            self._gates[endpoint] = Gate(self._loop)
        return self._gates[endpoint]

    async def _answer(self, job: _Job) -> None:
        async def ask(
            messages: Sequence[Mapping[str, Any]],
            *,
            schema: Mapping[str, Any] | None = None,
            tools: Sequence[Mapping[str, Any]] = (),
        ) -> Reply:
            return await self._ask(job, messages, schema, tools)

        try:
            job.said = await job.question.verifier.judge(job.question.given, ask)
        except Exception as error:  # noqa: BLE001  A plug-in may raise anything.
            job.said = error

    def _tell(self, job: _Job, _: object) -> None:
        self._jobs.discard(job)
        self._happened.put(Answered(job.question, job.said))

    async def _ask(
        self,
        job: _Job,
        messages: Sequence[Mapping[str, Any]],
        schema: Mapping[str, Any] | None,
        tools: Sequence[Mapping[str, Any]],
    ) -> Reply:
        if self._halted:
            raise asyncio.CancelledError
        model = self.panel.models[job.question.verifier.model]
        highest = model.cost(most_tokens(messages, schema, tools), model.max_tokens)
        call = ModelCall(job.question, highest, self._loop.create_future())
        self._happened.put(Wanted(call))
        try:
            await call.granted
            reply = await self._persist(job, call, model, messages, schema, tools)
            call.settle(Outcome.ANSWERED, model, reply.tokens_in, reply.tokens_out)
        except CallFailed as error:
            call.settle(Outcome.FAILED, model, error.tokens_in, error.tokens_out)
            raise
        except Busy:
            call.settle(Outcome.FAILED, model, 0, 0)
            raise
        finally:
            if not call.granted.cancelled():  # else `_grant` tells it, once it is reserved
                self._happened.put(Ended(call))
        return reply

    async def _persist(
        self,
        job: _Job,
        call: ModelCall,
        model: ModelSettings,
        messages: Sequence[Mapping[str, Any]],
        schema: Mapping[str, Any] | None,
        tools: Sequence[Mapping[str, Any]],
    ) -> Reply:
        """Ask until the endpoint has time; Busy where it has none in TRIES tries."""
        gate, client = self._gate(model.endpoint), self._client(model.endpoint)
        for tried in range(1, TRIES + 1):
            async with gate:
                job.calling, call.outcome, begun = True, Outcome.UNKNOWN, time.monotonic()
                try:
                    return await client.complete(model, messages, schema=schema, tools=tools)
                except Busy as busy:
                    call.outcome = Outcome.DROPPED
                    if tried == TRIES:
                        raise
                    wait = self._heed(model.endpoint, busy, tried)
                finally:
                    job.calling = False
                    call.millis = round((time.monotonic() - begun) * 1000)
            if self._halted:
                raise asyncio.CancelledError
            await asyncio.sleep(wait)
        raise AssertionError("a last try ends otherwise")

    def _heed(self, endpoint: str, busy: Busy, tried: int) -> float:
        """Seconds to wait before the next try; who says Retry-After says it to everybody."""
        if busy.retry_after is not None:
            self._gate(endpoint).pause(busy.retry_after)
            self._happened.put(Pause(endpoint, busy.retry_after))
            return busy.retry_after
        longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (tried - 1))
        return float(longest * random.uniform(0.5, 1.0))  # noqa: S311  Spread, not secrecy.

    def _client(self, endpoint: str) -> EndpointClient:
        if endpoint not in self._clients:
            self._clients[endpoint] = self.connect(self.panel.endpoints[endpoint])
        return self._clients[endpoint]
