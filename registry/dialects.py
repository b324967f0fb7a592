"""Everything in which SQLite and PostgreSQL differ: five primitives, two implementations.

`install_locks` (and `lock_rows`), `index_words`, `bulk_insert`, `insert_missing` and `claim`; and
`update_rows`, which goes past the ORM as they do. No other module asks which database it runs on.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from django.db import connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

BATCH = 5_000
FEW = 100  # rows up to which a temporary table costs more than it saves
MESSAGE = "errata: facts are append-only"

_POSTGRES_FUNCTION = f"""
CREATE OR REPLACE FUNCTION errata_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION '{MESSAGE} (%)', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
_POSTGRES_LOCKS = {
    "errata_lock_row": "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW",
    "errata_lock_truncate": "BEFORE TRUNCATE ON {table} FOR EACH STATEMENT",
}
_SQLITE_LOCKS = ("UPDATE", "DELETE")


def _is_postgres(db: BaseDatabaseWrapper) -> bool:
    return db.vendor == "postgresql"


def install_locks(db: BaseDatabaseWrapper, tables: Iterable[str]) -> None:
    """Make the database refuse UPDATE and DELETE (and TRUNCATE) on `tables`. May run again."""
    with db.cursor() as cursor:
        if _is_postgres(db):
            cursor.execute(_POSTGRES_FUNCTION)
        for table in tables:
            for name, statement in _lock_statements(db, table).items():
                if _is_postgres(db):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                else:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
                cursor.execute(statement)


def lock_rows(db: BaseDatabaseWrapper, table: str, when: str) -> None:
    """Make the database refuse UPDATE of those rows of a work table for which `when` holds.

    `when` is a condition on OLD that both databases read. May run again.
    """
    name = _row_lock(table)
    with db.cursor() as cursor:
        if _is_postgres(db):
            cursor.execute(_POSTGRES_FUNCTION)
            cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            action = "EXECUTE FUNCTION errata_refuse()"
        else:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            action = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE} ({table})'); END"
        cursor.execute(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({when}) {action}"
        )


def remove_locks(db: BaseDatabaseWrapper, tables: Iterable[str]) -> None:
    """Take the locks off: for the flush between tests and for migrations that remake a table."""
    with db.cursor() as cursor:
        for table in tables:
            for name in _lock_statements(db, table):
                on = f" ON {table}" if _is_postgres(db) else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def missing_locks(
    db: BaseDatabaseWrapper, tables: Iterable[str], *, rows_of: Iterable[str] = ()
) -> list[str]:
    """Those of `tables` that lack a lock, and of `rows_of` that lack theirs by row; sorted."""
    if _is_postgres(db):
        query = (
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgenabled <> 'D' AND pg_table_is_visible(c.oid)"
        )
    else:
        query = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
    with db.cursor() as cursor:
        cursor.execute(query)
        present = set(cursor.fetchall())
    wanted = {(table, name) for table in tables for name in _lock_statements(db, table)}
    wanted |= {(table, _row_lock(table)) for table in rows_of}
    return sorted({table for table, _ in wanted - present})


def _row_lock(table: str) -> str:
    return f"errata_rows_{table}"


def _lock_statements(db: BaseDatabaseWrapper, table: str) -> dict[str, str]:
    if _is_postgres(db):
        return {
            name: (
                f"CREATE TRIGGER {name} {place.format(table=table)} "
                "EXECUTE FUNCTION errata_refuse()"
            )
            for name, place in _POSTGRES_LOCKS.items()
        }
    return {
        f"errata_lock_{table}_{verb.lower()}": (
            f"CREATE TRIGGER errata_lock_{table}_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{MESSAGE} ({table})'); END"
        )
        for verb in _SQLITE_LOCKS
    }


def index_words(db: BaseDatabaseWrapper, table: str, column: str) -> None:
    """Make `contains` on a column of long texts quick: by trigrams. May run again.

    Where the server has no `pg_trgm`, and on SQLite, all texts are read instead.
    """
    if not _is_postgres(db):
        return
    with db.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        if cursor.fetchone():
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {table}_words "
                f"ON {table} USING gin ({column} gin_trgm_ops)"
            )


def bulk_insert(
    model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Append `rows` (values in the order of `fields`) and return how many there were.

    COPY on PostgreSQL, batches of one prepared INSERT on SQLite. Any broken constraint raises.
    """
    columns = _columns(model, fields)
    table = model._meta.db_table
    if not _is_postgres(connection):
        marks = ", ".join(["%s"] * len(fields))
        return _insert_batches(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
    with connection.cursor() as cursor:
        return _copy(cursor, f"{table} ({columns})", rows)


def insert_missing(
    model: type[models.Model],
    fields: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    key: Sequence[str],
) -> int:
    """Append those of `rows` whose `key` is not there yet; return how many were appended.

    Only a conflict on exactly this key is passed over; any other broken constraint raises.
    Rows may repeat a key among themselves: the first one is kept.
    """
    columns, conflict, table = _columns(model, fields), _columns(model, key), model._meta.db_table
    on_conflict = f"ON CONFLICT ({conflict}) DO NOTHING"
    marks = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {table} ({columns}) VALUES ({marks}) {on_conflict}"
    if not _is_postgres(connection):
        return _insert_batches(statement, rows)
    source = iter(rows)
    first = list(islice(source, FEW + 1))
    if len(first) <= FEW:
        places = [fields.index(name) for name in key]
        first.sort(key=lambda row: [row[place] for place in places])
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            cursor.executemany(statement, first)
            return cursor.rowcount if first else 0
    rows = chain(first, source)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE errata_rows ON COMMIT DROP AS "
            f"SELECT {columns} FROM {table} WITH NO DATA"
        )
        _copy(cursor, f"errata_rows ({columns})", rows)
        cursor.execute(
            # In the key's order, so that two writers of the same rows cannot deadlock.
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM errata_rows "
            f"ORDER BY {conflict} {on_conflict}"
        )
        inserted = cursor.rowcount
        cursor.execute("DROP TABLE errata_rows")
    return inserted


def update_rows(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write these `fields` of rows of one model that are there already.

    In the time of one statement: `bulk_update` spends most of its own on a text with a CASE for
    each row and column.
    """
    if not rows:
        return
    model = type(rows[0])
    known = [model._meta.get_field(name) for name in fields]
    quote = connection.ops.quote_name
    settings = ", ".join(f"{quote(field.column)} = %s" for field in known)
    statement = (
        f"UPDATE {quote(model._meta.db_table)} SET {settings} "
        f"WHERE {quote(model._meta.pk.column)} = %s"
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            statement,
            [
                [
                    *(f.get_db_prep_save(getattr(row, f.attname), connection) for f in known),
                    row.pk,
                ]
                for row in rows
            ],
        )


def refresh_statistics(*written: type[models.Model]) -> None:
    """Have the planner count what these tables hold now.

    After a large write in the same transaction it would else plan for the rows that were there
    before, long until the database looks by itself: minutes instead of seconds. Call it last, and
    name the models in one order everywhere, since each table stays locked against another's count.
    """
    with connection.cursor() as cursor:
        for model in written:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def claim(candidates: models.QuerySet[Any], values: Mapping[str, Any]) -> Any | None:
    """Take the first row of `candidates` (ordered) by writing `values` to it; None if none is left.

    Two workers never take the same row: PostgreSQL passes over rows another transaction holds,
    SQLite repeats the candidates' condition in the UPDATE.
    """
    if _is_postgres(connection):
        with transaction.atomic():
            row = candidates.select_for_update(skip_locked=True, of=("self",)).first()
            if row is not None:
                candidates.model._base_manager.filter(pk=row.pk).update(**values)
    else:
        while (row := candidates.first()) is not None:
            if candidates.order_by().filter(pk=row.pk).update(**values):
                break
    if row is not None:
        row.refresh_from_db()
    return row


def _columns(model: type[models.Model], fields: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    return ", ".join(quote(model._meta.get_field(name).column) for name in fields)


def _copy(cursor: Any, target: str, rows: Iterable[Sequence[Any]]) -> int:
    """COPY, with its errors as Django's."""
    count = 0
    with connection.wrap_database_errors, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _insert_batches(statement: str, rows: Iterable[Sequence[Any]]) -> int:
    source, count = iter(rows), 0
    with connection.cursor() as cursor:
        while batch := list(islice(source, BATCH)):
            cursor.executemany(statement, [_sqlite_values(row) for row in batch])
            count += cursor.rowcount
    return count


def _sqlite_values(row: Sequence[Any]) -> list[Any]:
    # The ORM's form of a moment (naive UTC text), so that raw and ORM writes compare.
    adapt = connection.ops.adapt_datetimefield_value
    return [adapt(value) if hasattr(value, "tzinfo") else value for value in row]
