"""Which wordings of a row's inputs mean the same, as the maintainers of a benchmark say.

A release lists in `rewordings.jsonl` what it knows of that: a pair of wordings on each line, by the
digests of what a solver saw.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from errata.manifest import digest_of

REWORDINGS = "rewordings.jsonl"
Pair = tuple[str, str]
Pairs = Mapping[str, Collection[Pair]]  # by the rows' keys
Row = Mapping[str, Any]


def wordings_like(wording: str, pairs: Collection[Pair]) -> set[str]:
    """A wording and all that mean the same, by pairs that do: in both directions, over chains."""
    found, grows = {wording}, True
    while grows:
        more = {each for pair in pairs if not found.isdisjoint(pair) for each in pair}
        grows = not more <= found
        found |= more
    return found


def wording_of(row: Row) -> str:
    """The digest of what the row asks; empty where that was removed for somebody's sake."""
    if row.get("inputs") is None:
        return ""
    return digest_of({"format": 1, "inputs": row["inputs"], "kind": row["kind"]})


def asks_the_same(one: Row, other: Row, pairs: Pairs) -> bool:
    """Whether an answer to a row is one to the same row of another release."""
    if one["digest"] == other["digest"]:
        return True
    asked, asks = wording_of(one), wording_of(other)
    return bool(asked) and asks in wordings_like(asked, pairs.get(one["key"], ()))


def pairs_by_key(lines: Iterable[Row]) -> dict[str, list[Pair]]:
    """What the lines of the file say; raises KeyError or ValueError for a line of another form."""
    found: dict[str, list[Pair]] = {}
    for line in lines:
        one, other = line["wordings"]
        found.setdefault(line["key"], []).append((one, other))
    return found
