"""A panel of scripted models, verifiers that ask them, and workers in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from audits.models import AuditRun
from audits.services.start_audit import start_audit
from audits.services.work_on_run import work_on_run
from audits.verifiers.base import ABSTAIN, Ask, Ballot, Input, Item, objection
from registry.models import Benchmark
from registry.selectors import system_user
from tests.audits.endpoint import Answer, Request, ScriptedEndpoint, says

GUESS, DOUBT = "tests.audits.asking.GuessVerifier", "tests.audits.asking.DoubtVerifier"


class GuessVerifier:
    """Blind: three votes on the question alone."""

    name = "guess"
    version = "1"
    model = "scripted"
    samples = 3
    stage = 0

    def look(self, item: Item) -> Input | None:
        return {"question": item.inputs["question"]}

    def messages(self, given: Input) -> Sequence[Mapping[str, Any]]:
        return [{"role": "user", "content": given["question"]}]

    async def judge(self, given: Input, ask: Ask) -> Ballot:
        reply = await ask(self.messages(given))
        return Ballot("support", f"It is {reply.text}.", reply.text)


class DoubtVerifier(GuessVerifier):
    """Looks where voices of the stage before object, and always objects too."""

    name = "doubt"
    samples = 1
    stage = 1

    def look(self, item: Item) -> Input | None:
        objecting = [dict(voice) for voice in item.voices if voice["verdict"] == "object"]
        return {"question": item.answer, "voices": objecting} if objecting else None

    def messages(self, given: Input) -> Sequence[Mapping[str, Any]]:
        return [{"role": "user", "content": f"doubt {given['voices'][0]['answer']}"}]

    async def judge(self, given: Input, ask: Ask) -> Ballot:
        reply = await ask(self.messages(given))
        return objection("So I think.") if reply.text else ABSTAIN


def right(request: Request) -> Answer:
    """Ten times the number in the question, as the labels of `tests.small` are; 15 tokens."""
    number = int("".join(c for c in request.text if c.isdigit()))
    return says(str(number * 10), tokens_in=10, tokens_out=5)


def write_panel(
    folder: Path, endpoint: ScriptedEndpoint, *, price: str = "0", **settings: Any
) -> Path:
    """A panel of one model, `scripted`, at this endpoint; prices are the same in and out."""
    told = {"connections": 4, "timeout": 10.0} | settings
    lines = [
        "[endpoints.loop]",
        f'base_url = "{endpoint.base_url}"',
        *(f"{name} = {value}" for name, value in told.items()),
        "[models.scripted]",
        'endpoint = "loop"',
        'model = "scripted"',
        "max_tokens = 50",
        f'price_in = "{price}"',
        f'price_out = "{price}"',
    ]
    path = folder / "panel.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def audit(benchmark: Benchmark, **options: Any) -> AuditRun:
    """A whole run in this process."""
    run = start_audit(actor=system_user(), benchmark=benchmark, **options)
    work_on_run(run_id=run.pk)
    run.refresh_from_db()
    return run


@contextmanager
def workers(run: AuditRun, count: int, panel: Path, *verifiers: str) -> Iterator[list[Any]]:
    """So many processes that work on a run; killed at the end if they still do."""
    env = os.environ | {"ERRATA_PANEL": str(panel), "ERRATA_VERIFIERS": ",".join(verifiers)}
    command = [sys.executable, "-m", "tests.audits.worker"]
    name = str(connection.settings_dict["NAME"])
    started = [subprocess.Popen([*command, name, str(run.pk)], env=env) for _ in range(count)]
    try:
        yield started
    finally:
        for one in started:
            one.kill()
            one.wait()
