"""Questions that are dropped at the worst moment: each is told, with its reservation."""

import threading
from types import SimpleNamespace
from typing import Any

from audits.asking import Answered, Asker, Ended, Wanted

WAIT = 10  # seconds, at most


class Verifier:
    """Asks its model once."""

    model = "m"

    async def judge(self, given: Any, ask: Any) -> None:
        """Never gets an answer here."""
        await ask([{"role": "user", "content": given}])


def asker() -> Asker:
    """One with a model that nobody calls."""
    model = SimpleNamespace(cost=lambda *_: 1, max_tokens=1, endpoint="e")
    return Asker(SimpleNamespace(models={"m": model}), connect=None)  # type: ignore[arg-type]


def question() -> Any:
    return SimpleNamespace(verifier=Verifier(), given="How much?")


def test_one_that_is_dropped_before_it_began_is_told() -> None:
    asking, asked = asker(), question()
    asking.start([asked])
    asking.halt()  # both before the loop has run once
    asking.open()
    try:
        assert asking.happened(WAIT) == [Answered(asked)]
    finally:
        asking.close()


def test_one_that_is_dropped_as_its_reservation_is_granted_gives_it_back() -> None:
    asking, asked, free = asker(), question(), threading.Event()
    asking.open()
    try:
        asking.start([asked])
        [wanted] = asking.happened(WAIT)
        assert isinstance(wanted, Wanted)
        asking._loop.call_soon_threadsafe(free.wait)
        asking.grant([wanted.call])
        asking.halt()
        free.set()
        told = [asking.happened(WAIT), asking.happened(WAIT if asking._jobs else 0)]
        assert [one for some in told for one in some] == [Ended(wanted.call), Answered(asked)]
    finally:
        asking.close()
