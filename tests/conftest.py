"""Fixtures for all tests. What must stand before Django's settings is in tests/environment.py."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from registry.dialects import install_locks, remove_locks
from registry.facts import fact_tables


def pytest_configure() -> None:
    """Cheaper settings where the real ones only cost time."""
    # Pages are rendered without collectstatic; live hubs collect for themselves.
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES["staticfiles"]["BACKEND"] = backend
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True, scope="session")
def _locks_off_around_flush() -> Any:
    """Facts refuse to be deleted; only the flush after a transactional test may delete them."""
    flush = TransactionTestCase._fixture_teardown

    def unlocked_flush(case: TransactionTestCase) -> None:
        tables = sorted(fact_tables())
        remove_locks(connection, tables)
        try:
            flush(case)
        finally:
            install_locks(connection, tables)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", unlocked_flush)
        yield
