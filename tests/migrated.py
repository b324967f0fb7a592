"""Databases that are migrated once a run; what a test or a hub works in is a copy of one."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from config.serve import ROOT
from tests.postgres import create_database, drop_database

_RUN = "ERRATA_TEST_RUN"  # a folder that all processes of a run share


def share(folder: Path) -> None:
    """Keep what is made once in `folder`: for this process and those that it starts."""
    os.environ[_RUN] = str(folder)


def template() -> str:
    """The name of a migrated database on DATABASE_URL's server, for CREATE DATABASE … TEMPLATE."""
    once("postgresql", _make_template)
    return _name()


def drop_template() -> None:
    """Leave nothing on DATABASE_URL's server."""
    drop_database(os.environ["DATABASE_URL"], _name())


def _make_template(home: Path) -> None:
    drop_template()  # what an attempt that failed has left
    _migrate(home, create_database(os.environ["DATABASE_URL"], _name()))


def _name() -> str:
    return f"errata_migrated_{Path(os.environ[_RUN]).name[-8:]}"


def copy_to(file: Path) -> None:
    """Make `file` a migrated database of SQLite."""
    home = once("sqlite", lambda home: _migrate(home, ""))
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(home / "errata.sqlite3", file)


def once(name: str, make: Callable[[Path], object]) -> Path:
    """A folder that `make` filled, in whichever process came first."""
    folder = Path(os.environ[_RUN]) / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            make(folder)
            (folder / "made").touch()
    return folder


def _migrate(home: Path, url: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    env = os.environ | {"ERRATA_HOME": str(home), "DATABASE_URL": url}
    subprocess.run(command, cwd=ROOT, env=env, check=True)
