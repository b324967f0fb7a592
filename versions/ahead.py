"""Fetch the next item while the last one is worked on: reading and working take turns no more."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")


def read_ahead(items: Iterable[_T]) -> Iterator[_T]:
    """The same items; one more than was asked for is made meanwhile, in a thread.

    It pays where making an item waits, or works without Python's lock: for a database, in Arrow.
    The first item is made in the thread that asks, so a query is begun on that one's connection.
    """
    source = iter(items)
    with ThreadPoolExecutor(1) as pool:
        coming = _next(source)
        while coming:
            following = pool.submit(_next, source)
            yield coming[0]
            coming = following.result()


def _next(source: Iterator[_T]) -> list[_T]:
    """The next item alone, or nothing at the end: StopIteration cannot leave a thread."""
    return list(islice(source, 1))
