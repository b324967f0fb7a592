"""Services that some tests need: where they are, and what to do where they are not."""

import os
import shutil
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

_ADDRESSES = {
    "redis": ("ERRATA_TEST_REDIS", "redis://127.0.0.1:6379/15"),
    "rabbitmq": ("ERRATA_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//"),
}


def needs_service(name: str) -> str:
    """The address of the service `name` ("redis" or "rabbitmq").

    Where nothing answers the test is skipped, or fails if ERRATA_REQUIRE_SERVICES=1.
    """
    variable, default = _ADDRESSES[name]
    url = os.environ.get(variable, default)
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=2).close()
    except OSError:
        missing(f"No {name} answers at {parts.hostname}:{parts.port}; {variable} may name another.")
    return url


def needs_medcalc() -> Path:
    """The folder with the real MedCalc files, named by ERRATA_MEDCALC; skips or fails as above."""
    folder = Path(os.environ.get("ERRATA_MEDCALC", ""))
    if not (folder / "v1.0_test.csv").is_file():
        missing("ERRATA_MEDCALC does not name the folder with the MedCalc files.")
    return folder


def missing(sentence: str) -> None:
    """Skip the test, or fail it where ERRATA_REQUIRE_SERVICES=1 says that all must be there."""
    if os.environ.get("ERRATA_REQUIRE_SERVICES") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


def needs_browser() -> Path:
    """Debian's Chromium, or the one that ERRATA_TEST_CHROMIUM names; skips or fails as above."""
    found = shutil.which(os.environ.get("ERRATA_TEST_CHROMIUM", "chromium"))
    if found is None:
        missing("There is no chromium on this machine: install Debian's package of that name.")
    return Path(str(found))
