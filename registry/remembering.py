"""Results that follow from rows which never change are worked out once, and kept by their ids."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.core.cache import cache
from errata.manifest import digest_of

_DAY = 86_400  # seconds
_UNKNOWN = object()

T = TypeVar("T")


def remembered(key: Sequence[Any], work_out: Callable[[], T]) -> T:
    """What `work_out` gives, remembered by `key` for a day.

    The key names all that the result depends on, by public ids and never by reader: who may see
    those rows is checked before. What two readers see of one benchmark is then kept apart, since
    they name other rows.
    """
    name = digest_of(list(key))
    known: Any = cache.get(name, _UNKNOWN)
    if known is _UNKNOWN:
        known = work_out()
        cache.set(name, known, _DAY)
    found: T = known
    return found
