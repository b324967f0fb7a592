"""A group of processes that is started together and ended together, whatever happens."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

_GUARD = Path(__file__).with_name("guard.py")


class ProcessGroup:
    """Processes in one process group, led by a guard that ends them when this process is gone.

    The group is no terminal's foreground group: Ctrl-C reaches the starter alone, which then
    stops the group in order.
    """

    def __init__(self) -> None:
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,
        )
        self._members: list[subprocess.Popen[bytes]] = []
        self._pipe_of(self._guard.stdout).readline()  # From here on its signal handlers stand.

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        output: IO[bytes] | int = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start `command` in the group; `output` takes its standard output and errors."""
        member = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
            process_group=self._guard.pid,
        )
        self._members.append(member)
        return member

    @property
    def guarded(self) -> bool:
        """Whether the guard lives. Without it the group is to be stopped.

        Seen by the end of its output, so that it is not reaped: as long as it is not, its number
        names this group and no other.
        """
        readable, _, _ = select.select([self._pipe_of(self._guard.stdout)], [], [], 0)
        return not readable

    def stop(self, *, grace: float, ask: signal.Signals = signal.SIGTERM) -> None:
        """Ask all members to end, wait up to `grace` seconds, then end what is left of the group.

        May be called again. Also ends what members started, unless it left the group.
        """
        for member in self._members:
            if member.poll() is None:
                member.send_signal(ask)
        deadline = time.monotonic() + grace
        for member in self._members:
            with suppress(subprocess.TimeoutExpired):
                member.wait(max(0.0, deadline - time.monotonic()))
        if self._guard.returncode is None:
            os.killpg(self._guard.pid, signal.SIGKILL)
        for process in (*self._members, self._guard):
            process.wait()
        self._pipe_of(self._guard.stdin).close()
        self._pipe_of(self._guard.stdout).close()

    @staticmethod
    def _pipe_of(pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            raise TypeError("The guard was started without a pipe.")
        return pipe

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(grace=0.0)
