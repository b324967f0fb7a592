"""Seeded choices that come out the same on every Python version."""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of choices named by its seed.

    Only `random()` is promised to stay the same between Python versions, so
    everything here is built on it. Each group of the sample has a stream of
    its own: a change in one group leaves the others as they are.
    """

    def __init__(self, name: str) -> None:
        self._random = random.Random(f"errata sample 1: {name}")  # noqa: S311 no secret is drawn

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        return int(self._random.random() * count)

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def tenths(self, low: str, high: str) -> Decimal:
        """A number with one decimal place from low to high, both included."""
        first, last = int(Decimal(low) * 10), int(Decimal(high) * 10)
        return Decimal(self.whole(first, last)).scaleb(-1)

    def one(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """The same things in another order."""
        rest = list(things)
        return [rest.pop(self.below(len(rest))) for _ in things]
