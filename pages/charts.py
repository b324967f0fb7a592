"""Small charts as numbers that a template draws: stacked columns, and shares with their intervals.

Nothing here knows colours: a segment's name is the class that the stylesheet fills.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HIGH = 120  # of the tallest column, in the chart's own units
STEP, WIDE = 44, 30  # from one column to the next, and how wide one is
LEFT, TOP = 8, 18
ROW, TEXT, LINE = 40, 15, 26  # of a share: its height, and where name and interval stand in it
MARKS = (0, 25, 50, 75, 100)  # per cent


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a column, from the top down."""

    name: str
    count: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One column with its label and the number above it."""

    label: str
    x: int
    middle: float
    top: float
    total: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """A chart of columns; `empty` where all of them are nothing."""

    width: int
    height: int
    base: int
    columns: tuple[Column, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(column.total for column in self.columns)


@dataclass(frozen=True, slots=True)
class Interval:
    """A share below its name; `x` and the ends `low` and `high` of its interval in per cent."""

    label: str
    share: float
    text_y: int
    y: int
    x: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Intervals:
    """A chart of shares, as wide as there is room."""

    height: int
    base: int
    rows: tuple[Interval, ...]
    marks: tuple[int, ...] = MARKS


def columns(rows: Sequence[tuple[str, Mapping[str, int]]], *, shares: bool = False) -> Columns:
    """Stacked columns from label and counts by name; with `shares` all are as tall."""
    tallest = max((sum(parts.values()) for _, parts in rows), default=0)
    made = []
    for place, (label, parts) in enumerate(rows):
        total = sum(parts.values())
        unit = HIGH / ((total if shares else tallest) or 1)
        x, y, segments = LEFT + place * STEP, float(TOP + HIGH), list[Segment]()
        for name, count in parts.items():
            y -= count * unit
            if count:
                segments.append(Segment(name, count, round(y, 2), round(count * unit, 2)))
        made.append(Column(label, x, x + WIDE / 2, round(y - 5, 2), total, tuple(segments)))
    width = 2 * LEFT + max(len(made), 1) * STEP - (STEP - WIDE)
    return Columns(width, TOP + HIGH + 24, TOP + HIGH, tuple(made))


def intervals(rows: Sequence[tuple[str, float, float, float]]) -> Intervals:
    """Shares from label, value, lower and upper end of the interval."""
    made = tuple(
        Interval(
            label,
            share,
            place * ROW + TEXT,
            place * ROW + LINE,
            *(round(100 * each, 2) for each in (share, low, high)),
        )
        for place, (label, share, low, high) in enumerate(rows)
    )
    base = len(made) * ROW
    return Intervals(base + 24, base, made)
