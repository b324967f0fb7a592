"""A live hub for journeys: Redis with PostgreSQL, the embedded broker with SQLite."""

import os
from collections.abc import Iterator

import pytest

from config.serve import Hub
from tests import migrated
from tests.services import needs_service


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, hub_env: dict[str, str]) -> Iterator[Hub]:
    """The code behind `make up`, on a free port and a home of its own."""
    env = dict(hub_env)
    home = tmp_path_factory.mktemp("hub")
    env["ERRATA_REPOS"] = str(home / "repos")
    env["ERRATA_DVC_REMOTE"] = str(home / "dvc")
    if os.environ.get("ERRATA_TEST_DATABASE") == "sqlite":
        migrated.copy_to(home / "errata.sqlite3")
    else:
        # A Redis database for each parallel run, so that no hub takes another's messages.
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        redis = needs_service("redis").rpartition("/")[0]
        env["CELERY_BROKER_URL"] = f"{redis}/{10 + int(worker) % 5}"
    with Hub(home=home, port=0, env=env, demo=True) as running:
        yield running
