"""Reading one list in a JSON document item by item, so that the document may be of any size."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

_PIECE = 1 << 20  # characters read at once
_SPACE = re.compile(r"[ \t\n\r]*")
_AFTER = frozenset(" \t\n\r,:]}")
_decode = json.JSONDecoder().raw_decode


def items_of(path: Path, name: str, most: int) -> Iterator[Any]:
    """The items of the list `name` of the object in a file; none where there is no such list.

    What follows the list is not read. Raises ValueError for what is no JSON in UTF-8, and for a
    value of more than `most` characters; RecursionError for one that is nested too deeply.
    """
    with path.open(encoding="utf-8-sig") as file:
        text = _Text(file, most)
        if text.next() != "{":
            text.value()  # it may still be no JSON at all
            return
        while text.take("{,}") != "}" and text.next() != "}":
            key = text.value()
            text.take(":")
            if key == name:
                yield from _items(text)
                return
            text.value()


def _items(text: "_Text") -> Iterator[Any]:
    if text.next() != "[":
        return
    while text.take("[,]") != "]" and text.next() != "]":
        yield text.value()


class _Text:
    """The part of a document that is being read."""

    def __init__(self, file: TextIO, most: int) -> None:
        self._file, self._most = file, most
        self._held, self._at, self._ended = "", 0, False

    def next(self) -> str:
        """The next character but spaces; empty at the end."""
        while True:
            found = _SPACE.match(self._held, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._held):
                return self._held[self._at]
            if self._ended:
                return ""
            self._read()

    def take(self, allowed: str) -> str:
        """Go past the next character, which must be one of these."""
        char = self.next()
        if not char or char not in allowed:
            raise ValueError(f"there is {char or 'nothing'} where one of {allowed} is due")
        self._at += 1
        return char

    def value(self) -> Any:
        """Go past the next value."""
        self.next()
        while True:
            try:
                value, end = _decode(self._held, self._at)
            except ValueError:
                if self._ended:
                    raise
            else:
                if self._ended or self._held[end : end + 1] in _AFTER:  # else a number may go on
                    self._at = end
                    return value
            self._read()

    def _read(self) -> None:
        """Read as much again as is held and not yet used, so that no value is decoded often."""
        self._held = self._held[self._at :]
        self._at = 0
        if len(self._held) > self._most:
            raise ValueError(f"it is damaged, or a value has more than {self._most} characters")
        piece = self._file.read(max(_PIECE, len(self._held)))
        self._held += piece
        self._ended = not piece
