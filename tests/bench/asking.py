"""1,000 instances × 5 samples against a scripted endpoint that takes 200 ms, 50 at a time."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from audits.endpoint import EndpointClient
from audits.models import Vote
from audits.panel import EndpointSettings, ModelSettings
from audits.services.start_audit import start_audit
from audits.services.work_on_run import work_on_run
from registry.selectors import system_user
from tests.bench.result import Result
from tests.small import small_benchmark

INSTANCES, SAMPLES, CONNECTIONS, LATENCY = 1_000, 5, 50, 0.2
CALLS = INSTANCES * SAMPLES
IDEAL = CALLS * LATENCY / CONNECTIONS  # seconds
PEER = Path(".venv-formats/bin/python")
PANEL = """
[endpoints.loop]
base_url = "{base_url}"
connections = {connections}
[models.scripted]
endpoint = "loop"
model = "scripted"
temperature = "0.7"
max_tokens = 100
samples = {samples}
price_in = "1"
price_out = "1"
[verifiers.guess]
path = "tests.bench.asking.Guess"
models = ["scripted"]
"""


class Guess:
    """One call a vote, on the question alone."""

    version, stage = "1", 0

    def __init__(self, model: ModelSettings) -> None:
        self.name, self.model, self.samples = f"guess@{model.name}", model.name, model.samples

    def look(self, item):  # noqa: ANN001, ANN201
        return {"question": item.inputs["question"]}

    def messages(self, given):  # noqa: ANN001, ANN201
        return [{"role": "user", "content": given["question"]}]

    async def judge(self, given, ask):  # noqa: ANN001, ANN201
        from audits.verifiers.base import Ballot

        reply = await ask(self.messages(given))
        return Ballot("support", "", reply.text)


def measure(folder: Path) -> list[Result]:
    """Ours with all it writes, beside the ideal, Inspect AI and the bare client."""
    benchmark = small_benchmark(folder, INSTANCES, slug="asked")
    note = "votes, costs and triage are written meanwhile"
    with _endpoint() as base_url:
        # The same server and client with nothing between: what this machine can do at all.
        bare = asyncio.run(_bare(base_url))
        ours = _ours(folder, base_url, benchmark)
        results = [
            Result(
                what=f"{INSTANCES:,} instances × {SAMPLES} calls of {LATENCY * 1000:.0f} ms",
                ours=ours,
                peer=f"ideal at {CONNECTIONS} connections",
                theirs=IDEAL,
                aim="≤ 1.25",
                note=f"{note}; the bare client takes {bare:.1f} s here",
            )
        ]
        if PEER.is_file():
            results.append(
                Result(
                    what=f"the same {CALLS:,} calls",
                    ours=ours,
                    peer="Inspect AI",
                    theirs=_inspect(folder, base_url),
                    aim="≤ 1",
                    note=note,
                )
            )
    return results


def _ours(folder: Path, base_url: str, benchmark) -> float:  # noqa: ANN001
    panel = folder / "panel.toml"
    panel.write_text(
        PANEL.format(base_url=base_url, connections=CONNECTIONS, samples=SAMPLES), encoding="utf-8"
    )
    settings.ERRATA_PANEL = panel
    try:
        run = start_audit(
            actor=system_user(), benchmark=benchmark, verifiers=["guess@scripted"], budget=10**12
        )
        start = time.perf_counter()
        work_on_run(run_id=run.pk)
        seconds = time.perf_counter() - start
    finally:
        settings.ERRATA_PANEL = folder / "no-panel.toml"
    votes = Vote.objects.filter(verifier="guess@scripted").count()
    if votes != CALLS:
        raise RuntimeError(f"{votes} of {CALLS} votes were written.")
    return seconds


async def _bare(base_url: str) -> float:
    """Seconds of the bare client for the same calls."""
    endpoint = EndpointSettings(name="loop", base_url=base_url, connections=CONNECTIONS)
    model = ModelSettings(name="scripted", endpoint="loop", model="scripted", max_tokens=100)
    places = asyncio.Semaphore(CONNECTIONS)
    async with EndpointClient(endpoint, "") as client:

        async def ask(number: int) -> None:
            async with places:
                await client.complete(model, [{"role": "user", "content": f"{number}?"}])

        await ask(0)  # imports and first connection
        start = time.perf_counter()
        await asyncio.gather(*(ask(number) for number in range(CALLS)))
        return time.perf_counter() - start


def _inspect(folder: Path, base_url: str) -> float:
    command = [str(PEER), str(Path(__file__).with_name("inspecting.py")), base_url]
    command += [str(n) for n in (INSTANCES, SAMPLES, CONNECTIONS)]
    env = os.environ | {"HOME": str(folder), "INSPECT_LOG_LEVEL": "error"}
    done = subprocess.run(
        [*command, str(folder / "inspect")], env=env, check=True, capture_output=True, text=True
    )
    return float(done.stdout.split()[-1])


@contextmanager
def _endpoint() -> Iterator[str]:
    """The scripted endpoint in a process of its own; its address."""
    command = [sys.executable, "-m", "tests.audits.endpoint", "--latency", str(LATENCY)]
    server = subprocess.Popen(
        [*command, "--text", "10"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield server.stdout.readline().strip()
    finally:
        server.stdin.close()
        server.wait()
