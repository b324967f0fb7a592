"""Three locks on every fact: no service edits, models refuse, and the database refuses."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection, models, transaction
from django.db.models import Model

from registry.checks import facts_are_locked
from registry.dialects import MESSAGE, install_locks, lock_rows, missing_locks, remove_locks
from registry.errors import Immutable
from registry.facts import Fact, fact_tables, row_locked_tables
from registry.models import Event, Instance, Revision
from tests.small import small_benchmark

POSTGRES = connection.vendor == "postgresql"
FACTS: list[type[Model]] = [model for model in apps.get_models() if issubclass(model, Fact)]
NAMES = [model.__name__ for model in FACTS]


def test_the_facts_are_those_of_the_design() -> None:
    assert set(NAMES) >= {
        *("Instance", "Alias", "Content", "Revision", "Event", "ImportBatch"),
        *("Vote", "Look", "Opinion", "Decision"),
        *("Change", "Artifact"),
    }
    assert len(fact_tables()) >= len(FACTS) + 1  # the link table of decisions and opinions


def raw(statement: str) -> str:
    """Why the database refuses a statement."""
    with (
        pytest.raises(DatabaseError) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return str(refused.value)


def fill(table: str) -> None:
    """One row of nulls and zeros in a table without foreign keys that hold."""
    model = next(m for m in apps.get_models(include_auto_created=True) if m._meta.db_table == table)
    values = {f.column: _value(f) for f in model._meta.concrete_fields}
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(["%s"] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))


def _value(field: models.Field) -> Any:
    if field.null:
        return None
    kinds: dict[type[models.Field], Any] = {
        models.DateTimeField: "2026-01-01 00:00:00",
        models.JSONField: "{}",
        models.BooleanField: False,
    }
    target = field.target_field if field.is_relation else field
    if isinstance(target, (models.CharField, models.TextField)):
        return "x"
    return next((v for kind, v in kinds.items() if isinstance(target, kind)), 1)


@pytest.fixture
def loose(db: None) -> Any:
    """Foreign keys are not checked while rows are made up, nor are they kept."""
    with connection.constraint_checks_disabled(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("table", fact_tables())
def test_the_database_refuses_every_change(table: str, loose: None) -> None:
    if POSTGRES:  # before there are rows, whose keys are still to be checked
        assert MESSAGE in raw(f"TRUNCATE {table} CASCADE")
    fill(table)
    column = "digest" if table == "registry_content" else "id"
    assert MESSAGE in raw(f"UPDATE {table} SET {column} = {column}")
    assert MESSAGE in raw(f"DELETE FROM {table}")
    if not POSTGRES:
        assert MESSAGE in raw(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
        assert MESSAGE in raw(f"UPDATE OR IGNORE {table} SET {column} = {column}")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db
@pytest.mark.skipif(not POSTGRES, reason="ON CONFLICT DO UPDATE and MERGE are PostgreSQL's here")
def test_upserts_are_refused_too(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    columns = "benchmark_id, key, split, position"
    assert MESSAGE in raw(
        f"INSERT INTO registry_instance ({columns}) SELECT {columns} FROM registry_instance "
        "ON CONFLICT (benchmark_id, key) DO UPDATE SET split = 'x'"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("model", FACTS, ids=NAMES)
def test_models_refuse_every_change(model: Any) -> None:
    row = model()
    row._state.adding = False
    for change in (
        row.save,
        row.delete,
        lambda: model.objects.update(pk=1),
        lambda: model.objects.all().delete(),
        lambda: model.objects.filter(pk=1).update(pk=2),
        lambda: model._base_manager.all().delete(),
        lambda: model.objects.bulk_update([row], [model._meta.pk.name]),
        lambda: model.objects.bulk_create([row], ignore_conflicts=True),
    ):
        with pytest.raises(Immutable) as refused:
            change()
        assert refused.value.code == "fact"


@pytest.mark.django_db
def test_a_saved_fact_stays_as_it_is(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    revision = Revision.objects.first()
    assert revision is not None
    revision.answer = "77"
    with pytest.raises(Immutable):
        revision.save()
    same = Instance(pk=revision.instance_id, key="other", split="test", position=99)
    same.benchmark = revision.instance.benchmark
    with pytest.raises(DatabaseError), transaction.atomic():
        same.save()
    with pytest.raises(Immutable):
        Event.objects.get_queryset().delete()
    revision.refresh_from_db()
    assert revision.answer == "10"


@pytest.mark.django_db
@pytest.mark.parametrize("table", fact_tables())
def test_the_system_check_reports_a_dropped_lock(table: str) -> None:
    assert facts_are_locked(databases=["default"]) == []
    remove_locks(connection, [table])
    try:
        assert missing_locks(connection, fact_tables()) == [table]
        (error,) = facts_are_locked(databases=["default"])
        assert (error.id, table in error.msg) == ("errata.E001", True)
        with pytest.raises(SystemCheckError, match=r"errata\.E001"):
            call_command("check", databases=["default"])
    finally:
        install_locks(connection, [table])
    assert facts_are_locked(databases=["default"]) == []


@pytest.mark.django_db
@pytest.mark.parametrize("table", row_locked_tables())
def test_the_system_check_reports_a_dropped_row_lock(table: str) -> None:
    on = f" ON {table}" if POSTGRES else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER errata_rows_{table}{on}")
    assert missing_locks(connection, fact_tables(), rows_of=[table]) == [table]
    (error,) = facts_are_locked(databases=["default"])
    assert (error.id, table in error.msg) == ("errata.E001", True)
    model = next(m for m in apps.get_models() if m._meta.db_table == table)
    lock_rows(connection, table, model.locked_when)
    assert facts_are_locked(databases=["default"]) == []


def test_published_releases_and_scores_are_locked_by_row() -> None:
    assert row_locked_tables() == ["versions_release", "versions_score"]


@pytest.mark.django_db
@pytest.mark.skipif(not POSTGRES, reason="SQLite's triggers cannot be switched off")
def test_a_lock_that_is_switched_off_is_missed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE registry_event DISABLE TRIGGER USER")
    assert missing_locks(connection, fact_tables()) == ["registry_event"]
