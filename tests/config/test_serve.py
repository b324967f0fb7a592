"""What `make up` starts: all together, stopped together, and nothing for unsafe settings."""

import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import LazySettings

from config.prepare import NotReadyError, prepare
from config.serve import Hub, HubError
from registry.models import User
from tests import migrated
from tests.config.test_processes import wait_until_gone


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose database is migrated, which takes longest; test_demo starts from nothing."""
    migrated.copy_to(tmp_path / "errata.sqlite3")
    return tmp_path


def _environment(home: Path) -> dict[str, str]:
    env = os.environ | {"ERRATA_HOME": str(home)}
    env.pop("DATABASE_URL", None)  # The embedded default is what a newcomer gets.
    return env


@contextmanager
def _serve(home: Path) -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """`make up`'s command on a free port: the process and its address, once it serves."""
    process = subprocess.Popen(
        [sys.executable, "-m", "config.serve", "--port", "0"],
        env=_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Errata serves http://127.0.0.1:"), process.communicate()
        address = line.split()[2]
        assert f"ERRATA_HUB={address} .venv/bin/python manage.py setup" in process.stdout.readline()
        yield process, address
    finally:
        process.kill()  # Where a test failed: its guard ends the rest.
        process.communicate()


def descendants(pid: int) -> dict[int, str]:
    """Command lines of all processes below `pid`."""
    listing = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    found: dict[int, str] = {}
    wanted = {pid}
    while wanted:
        below = {int(row[0]): row[2] for row in rows if int(row[1]) in wanted}
        found |= below
        wanted = set(below)
    return found


def _pid_of(part: str, processes: dict[int, str]) -> int:
    return min(pid for pid, command in processes.items() if part in command)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything(home: Path, number: signal.Signals) -> None:
    with _serve(home) as (process, address):
        parts = descendants(process.pid)
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
            assert answer.read() == b"ok\n"
        for part in ("guard.py", "gunicorn", "config worker", "config beat"):
            assert _pid_of(part, parts)
        assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600
        with pytest.raises(HubError, match="already runs"):
            Hub(home=home, port=0, env=_environment(home)).start()

        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")
        assert "Stopped." in out
        assert wait_until_gone(list(parts), 0) == []


@pytest.mark.parametrize(
    ("part", "name"),
    [("gunicorn", "web"), ("config worker", "worker"), ("config beat", "beat")],
)
def test_when_one_part_dies_all_stop(home: Path, part: str, name: str) -> None:
    with _serve(home) as (process, _):
        parts = descendants(process.pid)
        os.kill(_pid_of(part, parts), signal.SIGKILL)
        err = process.communicate(timeout=30)[1]
        assert process.returncode == 1
        assert f"The hub's {name} ended" in err
        assert str(home / "logs" / f"{name}.log") in err
        assert wait_until_gone(list(parts), 0) == []


def test_when_the_guard_dies_all_stop(home: Path) -> None:
    with _serve(home) as (process, _):
        parts = descendants(process.pid)
        os.kill(_pid_of("guard.py", parts), signal.SIGKILL)
        err = process.communicate(timeout=30)[1]
        assert (process.returncode, "The hub's guard" in err) == (1, True)
        assert wait_until_gone(list(parts), 0) == []


def test_killing_the_starter_leaves_nothing(home: Path) -> None:
    with _serve(home) as (process, _):
        parts = descendants(process.pid)
        assert len(parts) >= 6
        process.kill()
        process.wait()
        assert wait_until_gone(list(parts)) == []


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        hub = Hub(home=tmp_path, port=taken.getsockname()[1], env=_environment(tmp_path))
        with pytest.raises(HubError, match=r"another program uses it\..*PORT=8001"):
            hub.start()
    assert list((tmp_path / "logs").iterdir()) == []


def test_a_home_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HubError, match=r"Cannot write to .*set ERRATA_HOME"):
        Hub(home=tmp_path / "file" / "home", port=0, env=_environment(tmp_path)).start()


def test_listening_everywhere_needs_a_public_address(tmp_path: Path) -> None:
    with pytest.raises(HubError, match="set ERRATA_HUB"):
        Hub(home=tmp_path, host="0.0.0.0", port=0, env=_environment(tmp_path)).start()


def test_a_hub_that_listens_everywhere_serves(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside it: a proxy does not come between the hub and itself."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    env = _environment(home) | {"ERRATA_HUB": "https://errata.example"}
    with Hub(home=home, host="0.0.0.0", port=0, env=env) as hub:
        assert hub.url.startswith("http://0.0.0.0:")


def test_debug_is_refused(tmp_path: Path) -> None:
    hub = Hub(home=tmp_path, port=0, env=_environment(tmp_path) | {"ERRATA_DEBUG": "1"})
    with pytest.raises(HubError, match="ERRATA_DEBUG is on"):
        hub.start()


def test_a_database_with_demo_users_is_refused_in_a_sentence(home: Path) -> None:
    make = "from registry.models import User; User.objects.create(username='e', is_demo=True)"
    env = _environment(home)
    subprocess.run([sys.executable, "manage.py", "shell", "-c", make], env=env, check=True)
    with pytest.raises(HubError, match="holds users of the demo"):
        Hub(home=home, port=0, env=env).start()


def test_a_hub_on_the_chosen_database(tmp_path: Path, hub_env: dict[str, str]) -> None:
    with Hub(home=tmp_path, port=0, env=hub_env) as hub:
        with urllib.request.urlopen(f"{hub.url}/healthz", timeout=10) as answer:
            assert answer.status == 200
        assert (tmp_path / "errata.sqlite3").exists() == (hub_env["DATABASE_URL"] == "")


@pytest.mark.parametrize("port", ["65536", "-1", "eight", "8000.0", ""])
def test_what_is_no_port_is_refused_in_a_sentence(port: str) -> None:
    command = [sys.executable, "-m", "config.serve", f"--port={port}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith(f"{port!r} is no port; use one from 1 to 65535\n")


def _nothing(*_: object, **__: object) -> None:
    """Stands in for the commands: the test's own database is ready."""


@pytest.mark.django_db
def test_demo_users_are_refused_except_in_the_demo(
    monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    monkeypatch.setattr("config.prepare.call_command", _nothing)
    settings.DEBUG = False
    prepare(demo=False)
    User.objects.create(username="expert", is_demo=True)
    prepare(demo=True)
    with pytest.raises(NotReadyError, match="users of the demo"):
        prepare(demo=False)
