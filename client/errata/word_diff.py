"""How two texts differ, word by word.

Pure, and quick also for long texts: what they begin and end with alike is set aside first, what is
left beyond `MOST` words is told as replaced whole, and words that a long text has often do not
begin a run (else a table of zeros and ones took minutes).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

MOST = 3_000  # words between what both begin and end with
_AROUND = 8  # words of unchanged text on either side of a change
_MARKS = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
_WORD = re.compile(r"\s*\S+|\s+$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words; … stands for unchanged ones far from any change."""

    op: Literal["same", "removed", "added"]
    text: str

    def to_dict(self) -> dict[str, str]:
        """For programs."""
        return {"op": self.op, "text": self.text}


def told_inputs(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """What differs between the `inputs` of two contents or rows, for pages and programs.

    Nothing where they were removed for somebody's sake.
    """
    if not before or not after or before["inputs"] is None or after["inputs"] is None:
        return []
    return [
        {"name": name, "pieces": [piece.to_dict() for piece in pieces]}
        for name, pieces in changed_inputs(before["inputs"], after["inputs"])
    ]


def as_wdiff(pieces: Iterable[Mapping[str, str]]) -> str:
    """The pieces of one input, as `told_inputs` tells them, in the marks of GNU wdiff."""
    return "".join(_MARKS[piece["op"]].format(piece["text"]) for piece in pieces)


def changed_inputs(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, list[Piece]]]:
    """The inputs that differ by name, in the order of the new ones, then those that went."""
    names = [*after, *(name for name in before if name not in after)]
    return [
        (name, word_diff(_as_compared(before.get(name)), _as_compared(after.get(name))))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _as_compared(value: Any) -> str:
    """An input as it is compared: a text itself, a list line by line, else as it is written."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_as_compared(each) for each in value)
    return str(value)


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces of which both texts consist, long unchanged ones shortened."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    middle = _between(old[start : len(old) - end], new[start : len(new) - end])
    pieces = [("same", old[:start]), *middle, ("same", old[len(old) - end :])]
    shown = [(op, words) for op, words in pieces if words]
    return [
        Piece(op, _shortened(words, first=not place, last=place == len(shown) - 1))  # type: ignore[arg-type]
        if op == "same"
        else Piece(op, "".join(words))  # type: ignore[arg-type]
        for place, (op, words) in enumerate(shown)
    ]


def _between(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    if max(len(old), len(new)) > MOST:
        return [("removed", old), ("added", new)]
    pieces: list[tuple[str, Sequence[str]]] = []
    matcher = SequenceMatcher(None, old, new)
    for op, left, left_end, right, right_end in matcher.get_opcodes():
        if op == "equal":
            pieces.append(("same", old[left:left_end]))
        else:
            pieces += [("removed", old[left:left_end]), ("added", new[right:right_end])]
    return pieces


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """With how many of the same words two texts begin."""
    count = 0
    for left, right in zip(old, new, strict=False):
        if left != right:
            break
        count += 1
    return count


def _shortened(words: Sequence[str], *, first: bool, last: bool) -> str:
    """Unchanged words, without those far from any change."""
    head = 0 if first else _AROUND
    tail = 0 if last else _AROUND
    if len(words) <= head + tail + 1:
        return "".join(words)
    kept_tail = words[len(words) - tail :] if tail else []
    return "".join([*words[:head], " …", *kept_tail])
