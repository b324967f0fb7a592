"""Long lists in pages by key: a page costs the same at the end of a list as at its start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from registry.errors import InvalidInput

SIZE = 50
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list; `after` and `before` are the cursors of its neighbours, or empty."""

    rows: list[Any]
    after: str
    before: str


def page_of(
    rows: QuerySet[Any], *, order: Sequence[str], query: Mapping[str, Any], size: int = SIZE
) -> Page:
    """The page that `after` or `before` in the query asks for.

    `order` names numeric fields, "-" first for descending; the last of them must be unique.
    """
    after, before = query.get("after") or "", query.get("before") or ""
    backwards = bool(before and not after)
    names = [_flipped(name) for name in order] if backwards else list(order)
    cursor = after or before
    if cursor:
        rows = rows.filter(_beyond(names, _read(cursor, len(names))))
    found = list(rows.order_by(*names)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    return Page(
        rows=found,
        after=_cursor(found[-1], order) if found and (more or backwards) else "",
        before=_cursor(found[0], order) if found and (more if backwards else cursor) else "",
    )


def _flipped(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(names: Sequence[str], values: Sequence[float]) -> Q:
    """Rows that come after these values: equal in the first fields, beyond in the next."""
    beyond, equal = Q(), Q()
    for name, value in zip(names, values, strict=True):
        step = f"{name[1:]}__lt" if name.startswith("-") else f"{name}__gt"
        beyond |= equal & Q(**{step: value})
        equal &= Q(**{name.lstrip("-"): value})
    return beyond


def _cursor(row: Any, order: Sequence[str]) -> str:
    values = []
    for name in order:
        value = row
        for part in name.lstrip("-").split("__"):
            value = getattr(value, part)
        values.append(repr(value))
    return "~".join(values)


def _read(cursor: str, count: int) -> list[float]:
    parts = cursor.split("~")
    try:
        if len(cursor) > _LONGEST or len(parts) != count:
            raise ValueError
        values = [float(part) if "." in part or "e" in part else int(part) for part in parts]
        if any(abs(value) >= 2**63 for value in values):
            raise ValueError
    except ValueError:
        raise InvalidInput(
            "This page of the list cannot be found; start from the first one.", code="bad_cursor"
        ) from None
    return values
