"""System checks: a table without its locks stops `migrate` and `check --database`."""

from typing import Any

from django.core import checks
from django.db import connections

from registry.dialects import missing_locks
from registry.facts import fact_tables, row_locked_tables


@checks.register(checks.Tags.database)
def facts_are_locked(databases: list[str] | None = None, **kwargs: Any) -> list[checks.Error]:
    """Report every existing table of facts, or of rows that become final, that lost a lock."""
    errors = []
    for alias in databases or []:
        db = connections[alias]
        existing = set(db.introspection.table_names())
        missing = missing_locks(
            db,
            existing.intersection(fact_tables()),
            rows_of=existing.intersection(row_locked_tables()),
        )
        errors += [
            checks.Error(
                f"The table {table} has no lock against changes.",
                hint="A migration that touches it must end with install_locks or lock_rows.",
                id="errata.E001",
            )
            for table in missing
        ]
    return errors
