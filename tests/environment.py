"""Pytest plug-in that chooses home, database and services before Django reads its settings.

Loaded by `-p tests.environment` (pyproject.toml), since a conftest would come too late.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests import migrated
from tests.postgres import NoPostgresError, Postgres

# An operator's settings must neither steer nor be touched by a test run.
_NOT_OURS = (
    "CELERY_BROKER_URL",
    "EMAIL_URL",
    "ERRATA_CACHE",
    "ERRATA_DEBUG",
    "ERRATA_DVC_REMOTE",
    "ERRATA_HUB",
    "ERRATA_KNOWN_KEYS",
    "ERRATA_MAIL_FROM",
    "ERRATA_GITHUB_ID",
    "ERRATA_GITHUB_SECRET",
    "ERRATA_ORCID_ID",
    "ERRATA_ORCID_SECRET",
    "ERRATA_PANEL",
    "ERRATA_PROXIES",
    "ERRATA_REPOS",
    "ERRATA_SIGNING_KEY",
    "ERRATA_SIGNUP",
    "ERRATA_TOKEN",
    "SECRET_KEY",
)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Ready the environment; a parallel run's workers inherit what the first process chose."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        _choose_home(early_config)
        _choose_database(early_config)
    else:
        os.environ["ERRATA_HOME"] = str(Path(os.environ["ERRATA_HOME"]) / worker)
    return (yield)


def _choose_home(config: pytest.Config) -> None:
    for name in _NOT_OURS:
        os.environ.pop(name, None)
    home = tempfile.mkdtemp(prefix="errata-tests-")
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ["ERRATA_HOME"] = home
    migrated.share(Path(home))


def _choose_database(config: pytest.Config) -> None:
    """SQLite if ERRATA_TEST_DATABASE says so, else DATABASE_URL's server, else one of our own."""
    chosen = os.environ.get("ERRATA_TEST_DATABASE", "postgresql")
    if chosen == "sqlite":
        os.environ.pop("DATABASE_URL", None)
    elif chosen != "postgresql":
        raise pytest.UsageError(f"ERRATA_TEST_DATABASE is {chosen!r}: use sqlite or postgresql.")
    elif os.environ.get("DATABASE_URL"):
        config.add_cleanup(migrated.drop_template)
    else:
        try:
            server = Postgres()
            config.add_cleanup(server.stop)
            os.environ["DATABASE_URL"] = server.start()
        except NoPostgresError as problem:
            raise pytest.UsageError(str(problem)) from None
