"""A process group ends together: in order, by force, and when its starter is killed."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

from config.processes import ProcessGroup

SLEEPER = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
# Refuses to end when asked, and has started a process of its own.
STUBBORN = [
    sys.executable,
    "-S",
    "-c",
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)\n",
]


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended but was not waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return not state.stdout.startswith("Z") and bool(state.stdout)


def wait_until_gone(pids: list[int], seconds: float = 15.0) -> list[int]:
    """The pids still alive after at most `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(alive(pid) for pid in pids):
        time.sleep(0.05)
    return [pid for pid in pids if alive(pid)]


def read_line(path: Path, seconds: float = 15.0) -> str:
    """The first line of a file as soon as it is whole."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and "\n" in (text := path.read_text()):
            return text.splitlines()[0]
        time.sleep(0.02)
    raise AssertionError(f"{path} stayed empty")


def test_members_end_when_asked() -> None:
    with ProcessGroup() as group:
        member = group.start(SLEEPER)
        assert group.guarded
        group.stop(grace=10)
        assert member.returncode == -signal.SIGTERM


def test_what_does_not_end_is_ended_with_all_it_started(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ProcessGroup() as group, out.open("wb") as output:
        member = group.start(STUBBORN, output=output)
        grandchild = int(read_line(out))
        group.stop(grace=0.2)
    assert member.returncode == -signal.SIGKILL
    assert wait_until_gone([grandchild]) == []


def test_stop_may_be_called_again() -> None:
    group = ProcessGroup()
    group.start(SLEEPER)
    group.stop(grace=5)
    group.stop(grace=5)


def test_a_killed_guard_is_noticed_and_all_is_still_stopped() -> None:
    with ProcessGroup() as group:
        member = group.start(SLEEPER)
        os.kill(group._guard.pid, signal.SIGKILL)
        assert wait_until_gone([group._guard.pid]) == []
        assert not group.guarded
        group.stop(grace=5)
        assert member.returncode is not None


def test_a_killed_starter_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    starter = textwrap.dedent(
        f"""
        import time
        from pathlib import Path
        from config.processes import ProcessGroup

        group = ProcessGroup()
        member = group.start({STUBBORN!r}, output=Path({str(out)!r}).open("wb"))
        print(member.pid, group._guard.pid, flush=True)
        time.sleep(600)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()] + [int(read_line(out))]
    assert all(alive(pid) for pid in pids)
    process.kill()
    process.wait()
    process.stdout.close()
    assert wait_until_gone(pids) == []
