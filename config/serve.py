"""The hub as one thing: web, worker and beat, started together and stopped together.

`python -m config.serve` is `make up`; the demo and the journey tests use `Hub` itself.
"""

import argparse
import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import FrameType, TracebackType
from typing import NoReturn, Self

from config.processes import ProcessGroup
from config.secrets import private_folder

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 60.0
GRACE_SECONDS = 10.0
# Celery would run Django's system checks at each start, and let nobody know what they say.
_UNCHECKED = {"CELERY_SKIP_CHECKS": "1"}
_POLL_SECONDS = 0.1
_LAST_PORT = 65_535
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Where a hub that listens everywhere reaches itself.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class HubError(Exception):
    """The hub could not start, or a part of it ended; the sentence says which and where to look."""


class Hub:
    """A running hub: `with Hub(home=…, port=0) as hub: hub.url`.

    home: ERRATA_HOME of this hub; its logs are in `home/logs`. port: 0 takes a free one.
    env: the environment of its processes, by default this one's. demo: let the demo's users in.
    Entering prepares the database, starts all and returns when /healthz answers; raises HubError.
    """

    def __init__(
        self,
        *,
        home: Path,
        host: str = "127.0.0.1",
        port: int = 8000,
        env: Mapping[str, str] | None = None,
        demo: bool = False,
    ) -> None:
        self.home = home.resolve()
        self.logs = self.home / "logs"
        self._host, self._port, self._demo = host, port, demo
        own = _UNCHECKED | {"ERRATA_HOME": str(self.home)}
        self._env = dict(os.environ if env is None else env) | own
        self._parts: dict[str, subprocess.Popen[bytes]] = {}
        self._group: ProcessGroup | None = None
        self._held = ExitStack()

    @property
    def url(self) -> str:
        """Where this hub listens."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def env(self) -> dict[str, str]:
        """The environment of its processes: commands run with it see the same hub."""
        return dict(self._env)

    def start(self) -> None:
        """Start all parts and wait for the first answer; on any failure nothing is left running."""
        try:
            self._know_address()
            self._take_home()
            listener = self._listen()
            self._env["ERRATA_HUB"] = self._env.get("ERRATA_HUB") or self.url
            self._group = ProcessGroup()
            self._prepare()
            self._start_parts(listener)
            listener.close()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all parts. What a worker was doing is taken up again at the next start."""
        if self._group is not None:
            self._group.stop(grace=GRACE_SECONDS)
        self._held.close()

    def watch(self) -> NoReturn:
        """Look after the parts until a signal raises Stopped; HubError as soon as one has ended."""
        while True:
            self._check_parts()
            time.sleep(_POLL_SECONDS)

    def _know_address(self) -> None:
        if self._host in _EVERYWHERE and not self._env.get("ERRATA_HUB"):
            raise HubError(
                f"Listening on {self._host} does not say under which address people reach the hub: "
                "set ERRATA_HUB, for example ERRATA_HUB=https://errata.example.org"
            )

    def _take_home(self) -> None:
        try:
            private_folder(self.home)
            self.logs.mkdir(exist_ok=True)
            lock = self._held.enter_context((self.home / "hub.lock").open("w"))
        except OSError as problem:
            raise HubError(
                f"Cannot write to {self.home} ({problem.strerror}): is it another user's? Give it "
                "to this one, or set ERRATA_HOME to a folder of your own."
            ) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HubError(
                f"A hub already runs on {self.home}: stop it first, or give this one its own "
                "ERRATA_HOME."
            ) from None

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            listener = socket.create_server((self._host, self._port), family=family)
        except OSError as problem:
            raise HubError(
                f"Cannot listen on {self._host} port {self._port}: {_why_not(problem)}. Choose "
                "another port, for example PORT=8001."
            ) from None
        self._port = listener.getsockname()[1]
        return self._held.enter_context(listener)

    def _prepare(self) -> None:
        command = [sys.executable, "-m", "config.prepare", *(["--demo"] if self._demo else [])]
        process = self._start("prepare", command)
        if process.wait():
            raise HubError(f"The hub is not ready to serve. {self._log_says('prepare')}")
        del self._parts["prepare"]

    def _start_parts(self, listener: socket.socket) -> None:
        python = (sys.executable, "-m")
        bind = f"fd://{listener.fileno()}"
        web = "gunicorn --config python:config.gunicorn config.wsgi"
        worker = "celery --app config worker --pool prefork --concurrency 2"
        quiet = "--without-gossip --without-mingle --without-heartbeat"
        beat = "celery --app config beat --pidfile="
        fds = (listener.fileno(),)
        self._start("web", [*python, *web.split(), "--bind", bind], pass_fds=fds)
        self._start("worker", [*python, *worker.split(), *quiet.split()])
        self._start("beat", [*python, *beat.split()])

    def _start(
        self, name: str, command: list[str], *, pass_fds: tuple[int, ...] = ()
    ) -> subprocess.Popen[bytes]:
        if self._group is None:
            raise RuntimeError("The hub was not started.")
        with self._log(name).open("ab") as log:
            self._parts[name] = self._group.start(
                command, env=self._env, cwd=ROOT, output=log, pass_fds=pass_fds
            )
        return self._parts[name]

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self._check_parts()
            if self._answers():
                return
            time.sleep(_POLL_SECONDS)
        raise HubError(f"The hub does not answer at {self.url}/healthz. {self._log_says('web')}")

    def _answers(self) -> bool:
        address = self.url.replace(self._host, _EVERYWHERE.get(self._host, self._host))
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"{address}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _check_parts(self) -> None:
        for name, process in self._parts.items():
            if process.poll() is not None:
                raise HubError(
                    f"The hub's {name} ended (exit {process.returncode}), so all of it was "
                    f"stopped. {self._log_says(name)}"
                )
        if self._group is None or not self._group.guarded:
            raise HubError("The hub's guard process ended, so all of it was stopped.")

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _log_says(self, name: str) -> str:
        lines = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()
        return f"Its log {self._log(name)} ends with: {lines[-1] if lines else '(nothing)'}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class Stopped(BaseException):
    """A signal asked this program to stop what it started and end."""


def stop_on_signals() -> None:
    """Raise Stopped at the first Ctrl-C, SIGTERM or SIGHUP; further ones break nothing off."""
    for number in _STOPPING:
        signal.signal(number, _raise_stopped)


def _raise_stopped(number: int, frame: FrameType | None) -> NoReturn:
    for each in _STOPPING:
        signal.signal(each, signal.SIG_IGN)
    raise Stopped


def port_number(text: str) -> int:
    """The port in an argument, 0 for a free one; refuses what is none."""
    if not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; use one from 1 to {_LAST_PORT}")
    return int(text)


def _why_not(problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return "another program uses it"
    if problem.errno == errno.EACCES:
        return "only an administrator may use a port this low"
    return problem.strerror or str(problem)


def main() -> int:
    """`make up`: serve until a signal (exit 0) or until a part ends (exit 1)."""
    parser = argparse.ArgumentParser(prog="python -m config.serve", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=port_number, default=8000, help="port, 0 for a free one")
    arguments = parser.parse_args()
    stop_on_signals()
    home = Path(os.environ.get("ERRATA_HOME") or ROOT / ".errata")
    try:
        with Hub(home=home, host=arguments.host, port=arguments.port) as hub:
            _say_where(hub)
            hub.watch()
    except Stopped:
        print("Stopped.", flush=True)
        return 0
    except HubError as problem:
        print(problem, file=sys.stderr)
        return 1


def _say_where(hub: Hub) -> None:
    address = hub.env["ERRATA_HUB"]
    # Commands see the environment they are given: without the address their links lead elsewhere.
    given = "" if os.environ.get("ERRATA_HUB") else f"ERRATA_HUB={address} "
    print(f"Errata serves {address} (listening on {hub.url}).")
    print(f"The first time, make an administrator: {given}.venv/bin/python manage.py setup")
    print(f"Logs: {hub.logs}. Ctrl-C stops everything.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
