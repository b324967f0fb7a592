"""Ask models many questions at a time, within the hub's limits and the run's budget."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from django.db import DatabaseError

from audits.asking import Answered, Asker, Ended, Happening, ModelCall, Pause, Question, Wanted
from audits.catalog import the_panel
from audits.endpoint import EndpointClient
from audits.errors import BudgetSpent, RunStopped
from audits.models import AuditRun
from audits.panel import EndpointSettings, Panel
from audits.services.reserve_calls import may_be_settled, reserve_calls
from audits.services.share_endpoint import leave_shares, pause_endpoint, take_share
from registry.ids import new_id

TICK = 0.1  # seconds in which what happens is gathered, so that one transaction serves many
RENEW = 0.5  # seconds between looks at shares and at pauses that other workers were asked for
KEEP_SECONDS, KEEP_COUNT = 0.25, 50  # answers are kept when so old or so many
# Questions begun for each connection: one is in a call, the others have their reservation or wait
# for it, so that no connection is idle while the database works.
BEGUN = 3

Keep = Callable[[Sequence[Answered]], None]


@dataclass(slots=True)
class Desk:
    """What one worker asks with: the loop, and its tokens of endpoints' shares."""

    panel: Panel
    asker: Asker
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, endpoint: str) -> str:
        """Names this worker's share of an endpoint."""
        return self.tokens.setdefault(endpoint, new_id())


@contextmanager
def desk() -> Iterator[Desk]:
    """A desk that gives its shares back when the work ends."""
    panel = the_panel()
    asker = Asker(panel, _connect)
    asker.open()
    mine = Desk(panel, asker)
    try:
        yield mine
    finally:
        asker.close()
        leave_shares(tokens=mine.tokens.values())


def _connect(endpoint: EndpointSettings) -> EndpointClient:
    return EndpointClient(endpoint, endpoint.key(os.environ))


def ask_models(*, desk: Desk, run: AuditRun, questions: Sequence[Question], keep: Keep) -> None:
    """Ask all questions; `keep` gets the answers in groups, soon after they arrive.

    Raises RunStopped where somebody stopped the run, BudgetSpent where its budget does not cover
    another call: after the calls that were made have ended and their answers were kept. Whatever
    `keep` raises breaks everything off.
    """
    asking = _Asking(desk, run, keep)
    try:
        asking.work(questions)
    except (RunStopped, BudgetSpent):
        raise
    except BaseException:
        with suppress(DatabaseError):
            asking.abandon()
        raise


class _Asking:
    """One call of ask_models: what waits, what is begun, and what is to be written."""

    def __init__(self, desk: Desk, run: AuditRun, keep: Keep) -> None:
        self._desk, self._run, self._keep = desk, run, keep
        self._waiting: dict[str, deque[Question]] = {}
        self._begun: dict[str, int] = {}
        self._wanted: list[ModelCall] = []
        self._ended: list[ModelCall] = []
        self._answered: list[Answered] = []
        self._flying = 0  # calls with a reservation that have not ended
        self._kept_at = time.monotonic()
        self._renewed_at = 0.0
        self._halted: Exception | None = None

    def work(self, questions: Sequence[Question]) -> None:
        """All of it."""
        for question in questions:
            endpoint = self._endpoint_of(question)
            self._waiting.setdefault(endpoint, deque()).append(question)
            self._begun.setdefault(endpoint, 0)
        while self._flying or any(self._begun.values()) or self._more():
            self._renew()
            self._begin()
            began = time.monotonic()
            self._sort(self._desk.asker.happened(TICK))
            self._reserve()
            self._write(now=False)
            time.sleep(max(0.0, TICK - (time.monotonic() - began)))
        self._reserve()
        self._write(now=True)
        if self._halted:
            raise self._halted

    def _more(self) -> bool:
        return not self._halted and any(self._waiting.values())

    def abandon(self) -> None:
        """Break everything off; what ended by then is settled, the rest stays reserved."""
        self._sort(self._desk.asker.abandon())
        self._wanted = []
        self._reserve()

    def _endpoint_of(self, question: Question) -> str:
        return self._desk.panel.models[question.verifier.model].endpoint

    def _renew(self) -> None:
        """Look at shares, pauses and the run's status now and then."""
        if time.monotonic() - self._renewed_at < RENEW:
            return
        self._renewed_at = time.monotonic()
        for endpoint in self._begun:
            part = take_share(
                endpoint=self._desk.panel.endpoints[endpoint],
                token=self._desk.token(endpoint),
                in_use=self._desk.asker.in_use(endpoint),
            )
            self._desk.asker.share(endpoint, part)
        self._reserve(always=True)

    def _begin(self) -> None:
        """Begin as many questions as keep all connections busy, and no more."""
        for endpoint, waiting in self._waiting.items():
            room = BEGUN * self._desk.asker.limit(endpoint) - self._begun[endpoint]
            some = [waiting.popleft() for _ in range(min(room, len(waiting)))]
            if some and not self._halted:
                self._desk.asker.start(some)
                self._begun[endpoint] += len(some)

    def _sort(self, happened: Sequence[Happening]) -> None:
        for one in happened:
            match one:
                case Wanted(call):
                    self._wanted.append(call)
                case Ended(call):
                    self._ended.append(call)
                    self._flying -= 1
                case Answered(question):
                    self._begun[self._endpoint_of(question)] -= 1
                    if one.said is not None:
                        self._answered.append(one)
                case Pause(endpoint, seconds):
                    pause_endpoint(name=endpoint, seconds=seconds)

    def _reserve(self, *, always: bool = False) -> None:
        """Settle and reserve what is to be; `always` looks at the run in any case."""
        self._wanted = [call for call in self._wanted if not call.granted.cancelled()]
        if not (self._wanted or self._ended or always):
            return
        wanted = [] if self._halted else self._wanted
        reserved = reserve_calls(run=self._run, wanted=wanted, ended=self._ended)
        self._ended = []
        granted = set(reserved.granted)
        self._wanted = [call for call in self._wanted if call not in granted]
        self._flying += len(granted)
        self._desk.asker.grant(reserved.granted)
        if self._halted:
            return
        if not reserved.running:
            self._halt(RunStopped())
        elif self._wanted and not self._flying:
            self._starve()

    def _starve(self) -> None:
        """Nothing of ours may end cheaper than it was reserved: wait for others, or stop."""
        longest = max(self._desk.panel.endpoints[name].timeout for name in self._begun)
        if not may_be_settled(self._run, longest):
            self._halt(BudgetSpent())

    def _halt(self, why: Exception) -> None:
        self._halted = why
        self._desk.asker.halt()

    def _write(self, *, now: bool) -> None:
        """Keep the answers that arrived, if there are many, or some for a while."""
        old = time.monotonic() - self._kept_at >= KEEP_SECONDS
        if self._answered and (now or old or len(self._answered) >= KEEP_COUNT):
            answered, self._answered = self._answered, []
            self._keep(answered)
            self._kept_at = time.monotonic()
