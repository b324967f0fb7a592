"""The embedded database is opened as measured, and tests may flush what facts refuse to lose."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.db.utils import DatabaseError
from django.utils import timezone

from registry.dialects import missing_locks
from registry.facts import fact_tables
from registry.models import Event

_PRAGMAS = """
import django, json
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    values = {
        name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "recursive_triggers", "busy_timeout")
    }
print(json.dumps(values | {"mode": connection.transaction_mode}))
"""


def test_the_embedded_database_waits_instead_of_failing(tmp_path: Path) -> None:
    env = os.environ | {
        "ERRATA_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": "",
    }
    opened = subprocess.run(
        [sys.executable, "-c", _PRAGMAS], env=env, capture_output=True, text=True, check=True
    )
    assert json.loads(opened.stdout) == {
        "journal_mode": "wal",
        "synchronous": 1,
        "recursive_triggers": 1,
        "busy_timeout": 20_000,
        "mode": "IMMEDIATE",
    }
    assert (tmp_path / "errata.sqlite3").exists()


def _record_event() -> None:
    Event.objects.create(kind="test.flushed", actor="nobody", at=timezone.now())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_flush_empties_fact_tables_and_locks_them_again(turn: int) -> None:
    assert missing_locks(connection, fact_tables()) == []
    assert Event.objects.filter(kind="test.flushed").count() == 0
    _record_event()
    with pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {Event._meta.db_table}")
