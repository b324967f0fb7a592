"""System checks: a fact table without its locks stops `migrate` and `check --database`."""

from typing import Any

from django.core import checks
from django.db import connections

from registry.dialects import missing_locks
from registry.facts import fact_tables


@checks.register(checks.Tags.database)
def facts_are_locked(databases: list[str] | None = None, **kwargs: Any) -> list[checks.Error]:
    """Report every existing fact table that has lost a lock."""
    errors = []
    for alias in databases or []:
        db = connections[alias]
        existing = set(db.introspection.table_names())
        errors += [
            checks.Error(
                f"The fact table {table} has no lock against changes.",
                hint="A migration that touches it must end with dialects.install_locks.",
                id="errata.E001",
            )
            for table in missing_locks(db, existing.intersection(fact_tables()))
        ]
    return errors
