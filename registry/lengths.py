"""Texts that fit their columns: SQLite would take any length, PostgreSQL break off."""

from django.db import models

from registry.errors import InvalidInput


def require_fits(model: type[models.Model], /, **texts: str) -> None:
    """Refuse the first of `texts`, by field of `model`, that is longer than its column."""
    for name, text in texts.items():
        longest = model._meta.get_field(name).max_length
        if longest is not None and len(text) > longest:
            raise InvalidInput(
                f"Shorten the {name.replace('_', ' ')}: it takes {longest} characters.",
                code="too_long",
                field=name,
            )
