"""Scoring a model's answers on a release: what each answer comes to, and the figures of them all.

Everything is counted in whole numbers, so that the same answers always come to the same score, in
whatever order they are read. `docs/scores.md` defines each figure.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple, Self

from errata.answers import UnreadableAnswer, parse_answer, parse_prediction
from errata.contract import Contract
from errata.grading import InvalidLimits, Label, Limits, accepts, limits_by_rule
from errata.intervals import Interval, wilson

CONTESTED = "contested"
WHOLE = 1_000_000  # probabilities are counted in millionths
_DIGITS = 6


class Mark(IntEnum):
    """What one prediction comes to; those up to INPUT_CHANGED do not count."""

    NOT_IN_RELEASE = 0
    INPUT_CHANGED = 1
    INCORRECT = 2
    ABSTAINED = 3  # and the question has an answer
    UNPARSABLE = 4
    CORRECT = 5
    RIGHTLY_ABSTAINED = 6


COUNTED = Mark.INCORRECT  # this mark and all above
RIGHT = Mark.CORRECT  # this mark and all above


@dataclass(frozen=True, slots=True)
class Question:
    """A row of a release, as answers are judged by it.

    `posterior` holds the answers that may be right, each as a label (None: that of the row) with
    its probability in millionths. `band` says in which published risk band an answer lies; None
    where none is known.
    """

    label: Label
    group: str
    tier: str
    choices: Sequence[str] = ()
    posterior: Sequence[tuple[Label | None, int]] = ()
    band: Callable[[str], str] | None = None


class Cell(NamedTuple):
    """What all predictions with the same fate are counted under."""

    group: str
    answerable: bool
    contested: bool
    banded: bool
    mark: Mark
    moved: bool  # the error lies in another risk band than the label


class Judged(NamedTuple):
    """One prediction: its cell, and how likely it is right under the posterior, in millionths."""

    cell: Cell
    expected: int


def judge(answer: str, question: Question, contract: Contract) -> Judged:
    """Judge a final answer by a row; never raises, whatever `answer` says."""
    label = question.label
    answerable = not label.answer.unanswerable
    home = question.band(label.text) if question.band and answerable else ""
    expected, moved = 0, False
    # As `errata.grading.grade` does, taken apart so that each answer is read once.
    try:
        kind, words = label.answer.kind, contract.unanswerable
        read = parse_prediction(answer, kind, choices=question.choices, unanswerable=words)
    except UnreadableAnswer:
        mark = Mark.UNPARSABLE
    else:
        right = accepts(label, read)
        mark = _mark(right, read.unanswerable)
        expected = sum(
            share
            for other, share in question.posterior
            if (right if other is None else accepts(other, read))
        )
        if home and question.band and mark is Mark.INCORRECT:
            there = question.band(answer)
            moved = bool(there) and there != home
    cell = Cell(question.group, answerable, question.tier == CONTESTED, bool(home), mark, moved)
    return Judged(cell, expected)


def _mark(right: bool, abstained: bool) -> Mark:
    if right:
        return Mark.RIGHTLY_ABSTAINED if abstained else Mark.CORRECT
    return Mark.ABSTAINED if abstained else Mark.INCORRECT


@lru_cache(maxsize=8192)
def read_posterior(text: str, kind: str, rule: Limits) -> Sequence[tuple[Label | None, int]]:
    """The answers of a label's posterior, its own as None; the others get limits by the rule."""
    found: list[tuple[Label | None, int]] = []
    for number, each in enumerate(json.loads(text)):
        share = round(float(each["probability"] or 0) * WHOLE)
        if each["answer"] is None or not share:
            continue
        other = _other(kind, each["answer"], rule) if number else None
        if other is not None or not number:
            found.append((other, share))
    return found


@lru_cache(maxsize=8192)
def _other(kind: str, text: str, rule: Limits) -> Label | None:
    """Another answer as a label; None where the benchmark's limits do not hold for it."""
    try:
        answer = parse_answer(text, kind)  # type: ignore[arg-type]
        return Label(answer, text, limits_by_rule(answer, rule))
    except (UnreadableAnswer, InvalidLimits):
        return None


@dataclass(slots=True)
class Counted:
    """Predictions that count, and those of them that are right."""

    rows: int = 0
    correct: int = 0

    def add(self, number: int, right: bool) -> None:
        """Count some predictions of one fate."""
        self.rows += number
        self.correct += right * number

    def figures(self) -> dict[str, Any]:
        """Rows, correct ones, their share and its Wilson interval."""
        share = self.correct / self.rows if self.rows else None
        return {
            "rows": self.rows,
            "correct": self.correct,
            "share": rounded(share),
            "interval": rounded_interval(wilson(self.correct, self.rows)),
        }


@dataclass(slots=True)
class Score:
    """How one set of predictions does on one release, in counts.

    `release_rows` are all rows of the release, `band_cost` what an error costs that moves the risk
    band where any other costs 1; empty where the benchmark does not say.
    """

    release_rows: int = 0
    rows: int = 0
    not_in_release: int = 0
    input_changed: int = 0
    correct: int = 0
    abstained: int = 0
    unparsable: int = 0
    expected: int = 0  # millionths
    misjudged: int = 0  # millionths
    banded: int = 0
    moved: int = 0
    band_cost: str = ""
    answerable: Counted = field(default_factory=Counted)
    unanswerable: Counted = field(default_factory=Counted)
    uncontested: Counted = field(default_factory=Counted)
    groups: dict[str, Counted] = field(default_factory=dict)

    @property
    def counted(self) -> int:
        """The rows that were graded."""
        return self.rows - self.not_in_release - self.input_changed

    @property
    def interval(self) -> Interval | None:
        """Wilson's 95 % interval of the accuracy."""
        return wilson(self.correct, self.counted)

    @property
    def accuracy(self) -> float | None:
        """The share of the graded rows that is right; None without any."""
        return self.correct / self.counted if self.counted else None

    @property
    def risk_weighted(self) -> float | None:
        """1 less what the errors cost, as a share of the most they could have cost.

        None where the benchmark says no cost, or no graded row has a published risk band.
        """
        if not self.band_cost or not self.banded:
            return None
        dear, plain = Decimal(self.band_cost), self.counted - self.correct - self.moved
        worst = dear * self.banded + self.counted - self.banded
        return float(1 - (dear * self.moved + plain) / worst)

    def figures(self) -> dict[str, Any]:
        """All figures for programs; shares are rounded to six digits, null where nothing counts."""
        n, most = self.counted, self.release_rows
        return {
            "rows": self.rows,
            "not_in_release": self.not_in_release,
            "input_changed": self.input_changed,
            "counted": n,
            "release_rows": most,
            "coverage": rounded(n / most if most else None),
            "correct": self.correct,
            "abstained": self.abstained,
            "unparsable": self.unparsable,
            "accuracy": rounded(self.accuracy),
            "interval": rounded_interval(self.interval),
            "expected_accuracy": rounded(self.expected / n / WHOLE if n else None),
            "wrong_reward_rate": rounded(self.misjudged / n / WHOLE if n else None),
            "risk_weighted": rounded(self.risk_weighted),
            "band_cost": self.band_cost or None,
            "banded": self.banded,
            "moved_band": self.moved,
            "answerable": self.answerable.figures(),
            "unanswerable": self.unanswerable.figures(),
            "uncontested": self.uncontested.figures(),
            "groups": {name: part.figures() for name, part in sorted(self.groups.items())},
        }

    def to_dict(self) -> dict[str, Any]:
        """The counts, for keeping."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `to_dict` gave."""
        parts = ("answerable", "unanswerable", "uncontested")
        told = {name: Counted(**fields[name]) for name in parts}
        groups = {name: Counted(**part) for name, part in fields["groups"].items()}
        return cls(**{**fields, **told, "groups": groups})


@dataclass(frozen=True, slots=True)
class Provisional:
    """The score if labels were others: of no version, and not to be cited.

    `fixes` are the labels that differ; gained and lost are counted over the predictions that count
    both before and after.
    """

    condition: str
    score: Score
    fixes: int
    gained: int
    lost: int
    common: int
    interval: Interval | None

    @property
    def shift(self) -> float | None:
        """By how much the accuracy over the common predictions moves."""
        return (self.gained - self.lost) / self.common if self.common else None

    def to_dict(self) -> dict[str, Any]:
        """For programs."""
        return {
            "provisional": True,
            "if": self.condition,
            "version": None,
            "citable": False,
            "fixes": self.fixes,
            "gained": self.gained,
            "lost": self.lost,
            "common": self.common,
            "shift": rounded(self.shift),
            "interval": rounded_interval(self.interval),
            "score": self.score.figures(),
        }


@dataclass(slots=True)
class Tally:
    """What is counted of one set of predictions as they go by; `marks` are in that order."""

    cells: Counter[Cell] = field(default_factory=Counter)
    expected: int = 0
    misjudged: int = 0
    marks: bytearray = field(default_factory=bytearray)

    def add(self, judged: Judged) -> Mark:
        """Count a prediction that was judged."""
        self.cells[judged.cell] += 1
        self.expected += judged.expected
        is_right = judged.cell.mark >= RIGHT
        self.misjudged += WHOLE - judged.expected if is_right else judged.expected
        self.marks.append(judged.cell.mark)
        return judged.cell.mark

    def skip(self, mark: Mark) -> None:
        """Count a prediction that is not judged."""
        self.marks.append(mark)

    def score(self, *, release_rows: int, band_cost: str = "") -> Score:
        """The counts of all."""
        score = Score(release_rows=release_rows, rows=len(self.marks), band_cost=band_cost)
        score.not_in_release = self.marks.count(Mark.NOT_IN_RELEASE)
        score.input_changed = self.marks.count(Mark.INPUT_CHANGED)
        score.expected, score.misjudged = self.expected, self.misjudged
        for cell, number in self.cells.items():
            _count(score, cell, number)
        return score


def _count(score: Score, cell: Cell, number: int) -> None:
    right = cell.mark >= RIGHT
    score.correct += right * number
    score.abstained += (cell.mark in (Mark.ABSTAINED, Mark.RIGHTLY_ABSTAINED)) * number
    score.unparsable += (cell.mark is Mark.UNPARSABLE) * number
    score.banded += cell.banded * number
    score.moved += cell.moved * number
    (score.answerable if cell.answerable else score.unanswerable).add(number, right)
    if not cell.contested:
        score.uncontested.add(number, right)
    if cell.group:
        score.groups.setdefault(cell.group, Counted()).add(number, right)


def rounded(value: float | None) -> float | None:
    """A figure as programs get it."""
    return None if value is None else round(value, _DIGITS)


def rounded_interval(ends: Interval | None) -> list[float] | None:
    """An interval as programs get it."""
    return None if ends is None else [round(end, _DIGITS) for end in ends]
