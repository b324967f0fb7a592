"""Writing to a terminal: only text gets there, whatever a hub or a file says.

Escape sequences could hide or forge lines, so all that is no text is shown as its code.
"""

import json
import os
import re
import sys
from collections.abc import Iterable
from typing import TextIO

_INDENT = " " * 6  # deeper than any line of our own, so that no text passes for one
_BREAK = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
# Controls; marks that turn the direction of what follows; lone surrogates.
_NO_TEXT = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def as_text(line: str) -> str:
    """A line as people may see it: its own line breaks indented, tabs as spaces, the rest coded."""
    broken = _BREAK.sub(f"\n{_INDENT}", line.replace("\t", "    "))
    return _NO_TEXT.sub(_coded, broken)


def json_text(report: object) -> str:
    """A report in ASCII, so that it holds no control characters either; what JSON has no form for
    as its text."""
    return json.dumps(report, default=str).replace("\x7f", "\\u007f")


def show(lines: Iterable[str], stream: TextIO | None) -> None:
    """Write lines for people; raises OSError where that fails."""
    _write("".join(f"{as_text(line)}\n" for line in lines), stream)


def show_json(report: object, stream: TextIO | None) -> None:
    """Write one JSON object for programs."""
    _write(json_text(report) + "\n", stream)


def _write(text: str, stream: TextIO | None) -> None:
    """Write and flush; a reader that went away, as `head` does, is no error."""
    if stream is None:  # closed before we began
        return
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        if any(stream is own for own in (sys.__stdout__, sys.__stderr__)):  # else again at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            raise


def _coded(found: re.Match[str]) -> str:
    char = found[0]
    return char if char == "\n" else char.encode("unicode_escape", "surrogatepass").decode()
