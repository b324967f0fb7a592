"""The throw-away server of the test run itself: made from any binaries, as any user, and gone."""

import os
from pathlib import Path

import psycopg
import pytest

from tests.postgres import NoPostgresError, Postgres, find_binaries, wheel_binaries


def _version_and_fsync(url: str) -> tuple[int, str]:
    with psycopg.connect(url) as connection:
        version = connection.info.server_version
        row = connection.execute("SELECT current_setting('fsync')").fetchone()
    assert row is not None
    return version, row[0]


def _started_and_stopped(binaries: Path) -> None:
    server = Postgres(binaries)
    try:
        version, fsync = _version_and_fsync(server.start())
        assert version >= 140000
        assert fsync == "off"
        owner = (server._data / "PG_VERSION").stat().st_uid
        assert owner == os.geteuid() or os.geteuid() == 0
        pid = server._server.pid
    finally:
        server.stop()
    assert not server._folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_from_what_is_found() -> None:
    _started_and_stopped(find_binaries())


def test_from_the_wheel() -> None:
    folder = next(wheel_binaries(), None)
    if folder is None:
        pytest.skip("No wheel with PostgreSQL exists for this platform.")
    _started_and_stopped(folder)


def test_a_failing_initdb_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "initdb"
    broken.write_text("#!/bin/sh\necho no space left >&2\nexit 1\n")
    broken.chmod(0o755)
    server = Postgres(tmp_path)
    with pytest.raises(NoPostgresError, match="no space left"):
        server.start()
    server.stop()


def test_without_any_binaries_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.postgres._candidates", lambda: iter(()))
    with pytest.raises(NoPostgresError, match="ERRATA_TEST_DATABASE=sqlite"):
        find_binaries()
