"""Notes that a maintainer writes by hand on top of a release's changelog. Pure."""

import re

from registry.errors import InvalidInput

LONGEST = 20_000
_OWN_HEADING = re.compile(r"^ {0,3}#{1,2}(\s|$)", re.MULTILINE)


def read_notes(text: str) -> str:
    """The Markdown as it goes out; raises InvalidInput for headings that are the changelog's."""
    notes = text.replace("\r\n", "\n").strip()
    if len(notes) > LONGEST:
        raise InvalidInput(f"Shorten the notes: they take {LONGEST} characters.", code="too_long")
    if _OWN_HEADING.search(notes):
        raise InvalidInput(
            "Begin headings in notes with ###: # and ## head the changelog and its versions.",
            code="bad_notes",
        )
    return notes
