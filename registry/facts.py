"""Facts: rows that are written once. New knowledge is a new row.

Three locks hold: services offer no edit, the models here refuse one, and triggers in the database
(`registry.dialects.install_locks`) refuse what passes by the models.
"""

from collections.abc import Iterable
from typing import Any, NoReturn

from django.apps import apps
from django.db import models

from registry.errors import Immutable


def _refuse(model: type[models.Model]) -> NoReturn:
    raise Immutable(
        f"{model._meta.verbose_name.capitalize()} rows are facts and never change; "
        "record what is new as a new row.",
        code="fact",
    )


class FactQuerySet(models.QuerySet[Any]):
    """A query set that can read and append, nothing else."""

    def update(self, **kwargs: Any) -> NoReturn:
        _refuse(self.model)

    def delete(self) -> NoReturn:
        _refuse(self.model)

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(self.model)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        # ignore_conflicts also swallows CHECK and NOT NULL errors on SQLite:
        # use dialects.insert_missing, which names the key.
        if kwargs.get("ignore_conflicts") or kwargs.get("update_conflicts"):
            _refuse(self.model)
        return super().bulk_create(objs, *args, **kwargs)


class Fact(models.Model):
    """Base of every append-only model."""

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse(type(self))
        super().save(*args, **(kwargs | {"force_insert": True}))

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse(type(self))


def row_locked_tables() -> list[str]:
    """Names of the work tables of which some rows are final: models that say `locked_when`."""
    return sorted(m._meta.db_table for m in apps.get_models() if hasattr(m, "locked_when"))


def fact_tables() -> list[str]:
    """Names of all tables that hold facts, link tables of facts included, sorted."""
    tables = set()
    for model in apps.get_models():
        if issubclass(model, Fact):
            tables.add(model._meta.db_table)
            tables.update(
                field.remote_field.through._meta.db_table for field in model._meta.many_to_many
            )
    return sorted(tables)
