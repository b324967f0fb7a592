"""Comparing scores: one set of predictions on two versions, and two models on one. Pure.

Both compare marks: an `errata.scoring.Mark`, one byte, for each prediction.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from errata.intervals import Interval, paired_shift
from errata.scoring import (
    COUNTED,
    RIGHT,
    WHOLE,
    Cell,
    Counted,
    Mark,
    Score,
    Tally,
    rounded,
    rounded_interval,
)
from numpy.typing import NDArray
from scipy.special import bdtr

DIFFERS = 0.05  # the p-value below which two models differ
Marks = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Places = Numbers


class Cells:
    """Cells by number, so that predictions are counted as arrays.

    The marks that do not count are numbers of their own.
    """

    def __init__(self) -> None:
        self._cells: dict[Cell, int] = {}
        self._marks = bytearray([Mark.NOT_IN_RELEASE, Mark.INPUT_CHANGED])

    def number(self, cell: Cell) -> int:
        """The number of a cell, always the same one."""
        number = self._cells.setdefault(cell, len(self._marks))
        if number == len(self._marks):
            self._marks.append(cell.mark)
        return number

    def count(self, tally: Tally, cells: Numbers, expected: Numbers) -> None:
        """Count predictions by the numbers of their cells and by how likely each is right, in
        millionths; that is 0 for those that do not count."""
        marks = np.frombuffer(bytes(self._marks), dtype=np.uint8)[cells]
        tally.marks += marks.tobytes()
        found = np.bincount(cells, minlength=len(self._marks)).tolist()
        tally.cells.update({cell: found[at] for cell, at in self._cells.items() if found[at]})
        tally.expected += int(expected.sum())
        tally.misjudged += int(np.where(marks >= RIGHT, WHOLE - expected, expected).sum())


def exchanged(kept: Score, old: Score, new: Score) -> Score:
    """The counts where some predictions come to something else: `old` before, `new` now."""
    told: dict[str, Any] = {"band_cost": kept.band_cost}
    for name in (field.name for field in fields(Score) if field.name != "band_cost"):
        one, two, three = (getattr(each, name) for each in (kept, old, new))
        if name == "groups":
            groups = {each: _exchanged(one, two, three, each) for each in one | three}
            told[name] = {each: part for each, part in groups.items() if part.rows}
        elif isinstance(one, int):
            told[name] = one - two + three
        else:
            told[name] = _exchanged({name: one}, {name: two}, {name: three}, name)
    return Score(**told)


def _exchanged(
    kept: Mapping[str, Counted], old: Mapping[str, Counted], new: Mapping[str, Counted], name: str
) -> Counted:
    one, two, three = (each.get(name, Counted()) for each in (kept, old, new))
    return Counted(one.rows - two.rows + three.rows, one.correct - two.correct + three.correct)


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model's answers on a version come to, by instance: `instances` rise."""

    instances: Places
    marks: Marks

    def packed(self) -> tuple[bytes, bytes]:
        """Ids, as the steps between them, and marks, both compressed."""
        steps = np.diff(self.instances, prepend=0).astype("<i8")
        return zlib.compress(steps.tobytes()), zlib.compress(self.marks.tobytes())

    @classmethod
    def unpacked(cls, instances: bytes, marks: bytes) -> Self:
        """Read what `packed` gave."""
        steps = np.frombuffer(zlib.decompress(instances), dtype="<i8")
        return cls(np.cumsum(steps), np.frombuffer(zlib.decompress(marks), dtype=np.uint8))


@dataclass(frozen=True, slots=True)
class Pairs:
    """How the predictions that count twice came out, and the others.

    From an older to a newer version, `lost` were right and are not, `gained` are right now;
    `only_before` and `only_after` count on one of both. Between two models of one version, `lost`
    are those that only the first got right, `gained` those that only the second did.
    """

    both: int
    lost: int
    gained: int
    neither: int
    only_before: int = 0
    only_after: int = 0

    @property
    def common(self) -> int:
        """Predictions that count on both sides."""
        return self.both + self.lost + self.gained + self.neither

    @property
    def flipped(self) -> int:
        """Those that are right on one side alone."""
        return self.lost + self.gained

    @property
    def shift(self) -> float | None:
        """By how much the accuracy rises, over the common rows."""
        return (self.gained - self.lost) / self.common if self.common else None

    @property
    def interval(self) -> Interval | None:
        """Newcombe's 95 % interval of the shift."""
        return paired_shift(self.both, self.lost, self.gained, self.neither)

    @property
    def p_value(self) -> float:
        """McNemar's exact two-sided p-value; 1 where nothing differs."""
        least = min(self.lost, self.gained)
        if self.lost == self.gained:
            return 1.0
        return min(2 * float(bdtr(least, self.flipped, 0.5)), 1.0)

    def figures(self) -> dict[str, Any]:
        """All figures for programs, rounded to six digits."""
        return {
            "common": self.common,
            "gained": self.gained,
            "lost": self.lost,
            "flipped": self.flipped,
            "flip_rate": rounded(self.flipped / self.common if self.common else None),
            "shift": rounded(self.shift),
            "interval": rounded_interval(self.interval),
            "p_value": rounded(self.p_value),
        }


def pair(before: Marks, after: Marks) -> Pairs:
    """Count the pairs of two rows of marks of the same predictions."""
    was, now = before >= COUNTED, after >= COUNTED
    common = was & now
    one, other = (before >= RIGHT) & common, (after >= RIGHT) & common
    both = int(np.count_nonzero(one & other))
    lost, gained = int(np.count_nonzero(one)) - both, int(np.count_nonzero(other)) - both
    return Pairs(
        both=both,
        lost=lost,
        gained=gained,
        neither=int(np.count_nonzero(common)) - both - lost - gained,
        only_before=int(np.count_nonzero(was & ~now)),
        only_after=int(np.count_nonzero(now & ~was)),
    )


def moved(before: Marks, after: Marks, *, both: bool = False) -> Places:
    """The places of predictions that are graded differently.

    With `both` only those that count on both sides, else also those that count on one alone.
    """
    states = [np.where(marks >= COUNTED, 1 + (marks >= RIGHT), 0) for marks in (before, after)]
    differ = states[0] != states[1]
    return np.flatnonzero(differ & (states[0] > 0) & (states[1] > 0) if both else differ)


def change_of(before: int, after: int) -> str:
    """How one prediction moved: gained, lost, entered (counts only now) or left."""
    if before < COUNTED:
        return "entered"
    if after < COUNTED:
        return "left"
    return "gained" if after >= RIGHT else "lost"


def pair_models(one: Answers, other: Answers) -> Pairs:
    """Compare two models over the instances that both answered."""
    if len(one.instances) == len(other.instances) and (one.instances == other.instances).all():
        return pair(one.marks, other.marks)
    _, first, second = np.intersect1d(
        one.instances, other.instances, assume_unique=True, return_indices=True
    )
    return pair(one.marks[first], other.marks[second])


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a model may stand: from `best` to `worst`, 1 is first."""

    best: int
    worst: int


def rank_models(models: Sequence[int], pairs: Mapping[tuple[int, int], Pairs]) -> dict[int, Rank]:
    """The ranks that the data bear out, given every pair of the models.

    A model stands behind each that does better by McNemar's test at 5 %, Holm's correction over all
    pairs; the others it may be ahead of or behind.
    """
    better = dict.fromkeys(models, 0)
    worse = dict.fromkeys(models, 0)
    for one, other in _differing(pairs):
        lost = pairs[one, other].lost > pairs[one, other].gained
        ahead, behind = (one, other) if lost else (other, one)
        better[behind] += 1
        worse[ahead] += 1
    return {key: Rank(1 + better[key], len(models) - worse[key]) for key in models}


def _differing(pairs: Mapping[tuple[int, int], Pairs]) -> Sequence[tuple[int, int]]:
    """The pairs that differ, by Holm's step-down procedure."""
    ordered = sorted(pairs, key=lambda each: pairs[each].p_value)
    found = []
    for number, each in enumerate(ordered):
        if pairs[each].p_value > DIFFERS / (len(ordered) - number):
            break
        found.append(each)
    return found
