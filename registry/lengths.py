"""Texts that fit their columns: SQLite would take any length, PostgreSQL break off."""

from pathlib import Path

from django.db import models

from registry.errors import InvalidInput

_LONGEST_NAME = 255  # bytes, on the disks of all systems


def named_on_disk(name: str) -> str:
    """The name of an uploaded file without folders; InvalidInput where no disk takes it."""
    name = Path(name).name
    if len(name.encode()) > _LONGEST_NAME:
        raise InvalidInput(
            f"Shorten the name of the file: disks take {_LONGEST_NAME} bytes.",
            code="too_long",
            field="file",
        )
    return name


def require_fits(model: type[models.Model], /, **texts: str) -> None:
    """Refuse the first of `texts`, by field of `model`, that its column does not take.

    That is one that is too long, or that holds NUL.
    """
    for name, text in texts.items():
        if "\0" in text:
            raise InvalidInput(
                f"Take the NUL character out of the {name.replace('_', ' ')}.",
                code="nul",
                field=name,
            )
        longest = model._meta.get_field(name).max_length
        if longest is not None and len(text) > longest:
            raise InvalidInput(
                f"Shorten the {name.replace('_', ' ')}: it takes {longest} characters.",
                code="too_long",
                field=name,
            )
