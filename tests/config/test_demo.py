"""`make demo`: alone with its own data, clear about what is wrong, gone when asked to stop."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.demo.__main__ import SAMPLE, _said_decided
from tests import migrated
from tests.config.test_processes import wait_until_gone
from tests.config.test_serve import descendants

DEMO = [sys.executable, "-m", "config.demo"]


@contextmanager
def _demo(home: Path, *words: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """The demo on a free port, leading a process group as in a terminal."""
    process = subprocess.Popen(
        [*DEMO, "--port", "0", "--home", str(home), *words],
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    try:
        yield process
    finally:
        process.kill()  # Where a test failed: its guard ends the rest.
        process.communicate()


def _read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    read = ""
    for line in process.stdout:
        read += line
        if words in line:
            return read
    raise AssertionError(read + process.communicate()[1])


def test_ctrl_c_while_serving_stops_everything(tmp_path: Path) -> None:
    """Beside it: a hub's settings in the environment neither steer the demo nor are touched."""
    theirs = tmp_path / "theirs"
    settings = {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:9/production",
        "CELERY_BROKER_URL": "redis://127.0.0.1:9",
        "ERRATA_HOME": str(theirs),
        "ERRATA_REPOS": str(theirs / "repos"),
        "ERRATA_DVC_REMOTE": "s3://theirs",
        "ERRATA_HUB": "http://127.0.0.1:9",
        "ERRATA_TOKEN": "theirs",
        "ERRATA_DEBUG": "1",
        "http_proxy": "http://127.0.0.1:9",
    }
    home = tmp_path / "demo"
    with _demo(home, **settings) as process:
        walked = _read_until(process, "Ctrl-C stops everything")
        assert "12/12 audit again" in walked
        for role in ("administrator", "maintainer", "expert", "researcher"):
            assert f"demo-{role} " in walked
        assert (home / "errata.sqlite3").exists()
        assert not theirs.exists()
        parts = descendants(process.pid)
        assert len(parts) >= 6
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, "\nStopped.\n", "")
        assert wait_until_gone(list(parts), 0) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_walk_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    migrated.copy_to(tmp_path / "errata.sqlite3")
    with _demo(tmp_path) as process:
        _read_until(process, "scripted")
        parts = descendants(process.pid)
        # Ctrl-C reaches the terminal's whole group, the others only whom they are sent to.
        send = os.killpg if number == signal.SIGINT else os.kill
        send(process.pid, number)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (130, "")
        assert "goes on from here" in out
        assert wait_until_gone(list(parts), 1) == []


def _refused(*words: str) -> str:
    done = subprocess.run([*DEMO, *words], capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = _refused("--port", port, "--home", str(tmp_path))
    assert f"port {port}: another program uses it. Choose another port" in told


def test_wrong_arguments_are_told_before_anything_starts(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "home"))
    there = str(SAMPLE / "sample.csv")
    assert "there is no file" in _refused(*home, "--data", "none.csv", "--preset", "medcalc")
    assert "go together" in _refused(*home, "--data", there)
    assert "go together" in _refused(*home, "--truth", there)
    assert "medcalc" in _refused(*home, "--data", there, "--preset", "nonsense")
    assert not (tmp_path / "home").exists()


def test_a_file_that_cannot_be_imported_is_told_in_the_step(tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("Row Number\n1\n")
    migrated.copy_to(tmp_path / "home" / "errata.sqlite3")
    told = _refused(
        *("--serve", "0", "--port", "0", "--home", str(tmp_path / "home")),
        *("--data", str(bad), "--preset", "medcalc"),
    )
    assert "The demo stopped. `manage.py import_benchmark" in told
    assert "has no column Ground Truth Answer" in told


def test_cases_that_learning_closed_are_told() -> None:
    said = _said_decided({"confirm": 3, "closed meanwhile": 2})
    assert said == "3 labels confirmed, 2 closed by what other decisions taught"
