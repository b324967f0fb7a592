"""Making stored texts readable: derivations and meta as pairs of name and value."""

import ast
import json
from collections.abc import Mapping
from typing import Any

from pages.wording import shown

_LONGEST = 20_000


def pairs_of(document: Mapping[str, Any] | None) -> list[tuple[str, list[tuple[str, str]] | str]]:
    """Each field of a document: as pairs where its text is a dictionary, else as the text."""
    return [(name, _readable(value)) for name, value in (document or {}).items() if value]


def _readable(value: Any) -> list[tuple[str, str]] | str:
    table = _table(value) if isinstance(value, str) else value
    if isinstance(table, dict) and table:
        return [(str(name), shown(_plain(each))) for name, each in table.items()]
    return shown(value)


def _table(text: str) -> Any:
    """The dictionary that a text spells out in JSON or as Python prints it, else None."""
    if not (text.lstrip().startswith("{") and len(text) <= _LONGEST):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            return read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
    return None


def _plain(value: Any) -> Any:
    """Tuples and sets as lists, so that JSON can say them."""
    if isinstance(value, tuple | set | list):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)
