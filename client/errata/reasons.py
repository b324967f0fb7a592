"""Why labels changed, as the CHANGELOG.md in a release says it of single instances."""

import re
from collections import defaultdict
from collections.abc import Iterator

CHANGELOG = "CHANGELOG.md"
_RELEASE = re.compile(r"## (\S+) – \d")
_ENTRY = re.compile(r"- (?:`` (?P<fenced>.+?) ``|`(?P<key>[^`]+)`)(?: \(.*?\))?: (?P<said>.+)")
_CHANGES = (
    "same answer",
    "same value, written differently",
    "inside the old limits",
    "changed",
    "became unanswerable",
    "became answerable",
)
# The step from one answer to the next, which stands before what is said of it.
_STEP = re.compile(rf".*?(?: → removed| \((?:{'|'.join(_CHANGES)})\))\.\s*")
_ESCAPED = re.compile(r"\\(.)")


def reasons(changelog: str, after: str, until: str) -> dict[str, str]:
    """What is said of each key in the versions after one, up to and with another, oldest first.

    What changed many labels by one ruling names no keys, and is not among it.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for version, key, said in _entries(changelog, after, until):
        found[key].insert(0, f"{version}: {said}")
    return {key: " ".join(several) for key, several in found.items()}


def as_written(key: str) -> str:
    """A key as a changelog writes it."""
    return " ".join(key.split())


def _entries(changelog: str, after: str, until: str) -> Iterator[tuple[str, str, str]]:
    version, is_wanted = "", False
    for line in changelog.splitlines():
        if release := _RELEASE.match(line):
            version = release[1]
            if version == after:
                return
            is_wanted = is_wanted or version == until
        elif is_wanted and (entry := _ENTRY.fullmatch(line)):
            said = _ESCAPED.sub(r"\1", _STEP.sub("", entry["said"], count=1))
            if said:
                yield version, entry["fenced"] or entry["key"], said
