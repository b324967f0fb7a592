"""Fixtures for all tests. What must stand before Django's settings is in tests/environment.py."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import TransactionTestCase

from registry.dialects import install_locks, remove_locks
from registry.facts import fact_tables
from registry.models import User
from registry.selectors import SYSTEM
from tests import migrated
from tests.postgres import WITHOUT_STATISTICS, new_database

collect_ignore = ["formats"]  # run in an environment of its own: make test-formats


def pytest_configure() -> None:
    """Cheaper settings where the real ones only cost time."""
    # Pages are rendered without collectstatic; live hubs collect for themselves.
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES["staticfiles"]["BACKEND"] = backend
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, django_db_modify_db_settings: None) -> bool:
    """The tests' database begins as a copy; on SQLite as a file that Django is to keep."""
    test = connection.settings_dict["TEST"]
    if connection.vendor == "sqlite":
        migrated.copy_to(Path(test["NAME"]))
        return True
    test["TEMPLATE"] = migrated.template()
    return django_db_keepdb


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Nobody counts the rows that tests write and take back."""
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(WITHOUT_STATISTICS)


@pytest.fixture(autouse=True)
def _remember_nothing() -> None:
    """Files looked up, calls counted and wrong passwords of other tests do not count."""
    cache.clear()


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
            # The first migration makes `system`; the tests that follow expect it too.
            User.objects.get_or_create(
                username=SYSTEM, defaults={"is_staff": True, "is_superuser": True, "password": "!"}
            )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", unlocked_flush)
        yield


@pytest.fixture(autouse=True)
def _keys_known_to_this_test(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each test meets its hubs, and their keys, for the first time."""
    path = tmp_path_factory.getbasetemp() / "known-keys" / f"{secrets.token_hex(8)}.json"
    monkeypatch.setenv("ERRATA_KNOWN_KEYS", str(path))


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A transaction around all tests of a module, and around the one of each test.

    What a fixture of the module's scope writes is there for each test, as it was at first.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def hub_env() -> Iterator[dict[str, str]]:
    """Environment for a live hub, `Hub(home=…, port=0, env=hub_env)`, with a database of its own.

    Without it a hub would work in the database that DATABASE_URL names for the tests.
    """
    if os.environ.get("ERRATA_TEST_DATABASE") == "sqlite":
        yield os.environ | {"DATABASE_URL": ""}
        return
    with new_database(os.environ["DATABASE_URL"], migrated.template()) as url:
        yield os.environ | {"DATABASE_URL": url}
