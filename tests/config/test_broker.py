"""Messages arrive over every broker we promise, and exactly once over the embedded one."""

import os
import sys
import time
import uuid
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

import pytest
from kombu import Connection

from config import broker
from config.processes import ProcessGroup
from tests.services import needs_service

MESSAGES = 400
_WORKER = "--app tests.config.ping worker --concurrency 1 --without-mingle --without-gossip"


def _embedded(folder: Path) -> Connection:
    broker.install()
    options = {
        "data_folder_in": str(folder),
        "data_folder_out": str(folder),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.001,
    }
    return Connection("filesystem://", transport_options=options)


def _send(folder: Path, sender: int) -> None:
    with _embedded(folder) as connection, connection.SimpleQueue("busy") as queue:
        for number in range(MESSAGES):
            queue.put([sender, number])


def _receive(folder: Path, received: "Queue[list[list[int]]]") -> None:
    mine: list[list[int]] = []
    with _embedded(folder) as connection, connection.SimpleQueue("busy") as queue:
        while True:
            try:
                message = queue.get(timeout=2)
            except queue.Empty:
                break
            mine.append(message.payload)
            message.ack()
    received.put(mine)


def test_readers_and_writers_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    context = get_context("spawn")
    received: Queue[list[list[int]]] = context.Queue()
    processes = [context.Process(target=_receive, args=(tmp_path, received)) for _ in range(2)]
    processes += [context.Process(target=_send, args=(tmp_path, sender)) for sender in range(2)]
    for process in processes:
        process.start()
    messages = received.get(timeout=60) + received.get(timeout=60)
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert sorted(messages) == [[s, n] for s in range(2) for n in range(MESSAGES)]
    assert [path.name for path in tmp_path.iterdir()] == ["control"]


@pytest.fixture
def queue_name() -> str:
    """A queue of this test alone: the services may be shared."""
    return f"errata-test-{uuid.uuid4().hex}"


def _ping(url: str, queue: str, home: Path) -> None:
    """Send a task in one process and let a real worker in another one do it."""
    env = os.environ | {"CELERY_BROKER_URL": url, "ERRATA_HOME": str(home)}
    answer = home / "answer"
    send = (
        "from tests.config.ping import ping; "
        f"ping.apply_async(args=[{str(answer)!r}], queue={queue!r})"
    )
    log = home / "log"
    with ProcessGroup() as group, log.open("wb") as output:
        worker = group.start(
            [sys.executable, "-m", "celery", *_WORKER.split(), "--queues", queue],
            env=env,
            output=output,
        )
        sender = group.start([sys.executable, "-c", send], env=env, output=output)
        assert sender.wait(60) == 0, log.read_text()
        deadline = time.monotonic() + 60
        while not answer.exists() and time.monotonic() < deadline:
            assert worker.poll() is None, log.read_text()
            time.sleep(0.05)
        assert answer.exists(), log.read_text()
        group.stop(grace=20)


def test_ping_over_the_embedded_broker(tmp_path: Path, queue_name: str) -> None:
    _ping("filesystem://", queue_name, tmp_path)


@pytest.mark.parametrize("service", ["redis", "rabbitmq"])
def test_ping_over_a_service(service: str, tmp_path: Path, queue_name: str) -> None:
    url = needs_service(service)
    try:
        _ping(url, queue_name, tmp_path)
    finally:
        with Connection(url) as connection:
            connection.default_channel.queue_delete(queue_name)
