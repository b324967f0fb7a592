"""Which part of a file a request wants: RFC 9110's validators and single byte ranges, no HTTP."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer: a status (200, 206, 304 or 416) and which bytes, `stop` excluded."""

    status: int
    start: int
    stop: int


def answer_for(method: str, headers: Mapping[str, str], etag: str, size: int) -> Answer:
    """What a GET or HEAD of a file with this ETag (quoted) and size (bytes) is answered with."""
    if _matches(headers.get("If-None-Match", ""), etag):
        return Answer(304, 0, 0)
    wanted = headers.get("Range", "") if method == "GET" else ""
    if not wanted or headers.get("If-Range", etag) != etag:
        return Answer(200, 0, size)
    return _part(wanted, size)


def _matches(header: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag in tags


def _part(wanted: str, size: int) -> Answer:
    """A single range; several ranges or an unreadable header are answered with the whole file."""
    found = _RANGE.fullmatch(wanted)
    if found is None or found.groups() == ("", ""):
        return Answer(200, 0, size)
    first, last = found.groups()
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return Answer(200, 0, size)
    if start >= size:
        return Answer(416, 0, 0)
    return Answer(206, start, stop)
