"""Which wordings of a row's inputs mean the same, as the maintainers of a benchmark say."""

from collections.abc import Collection

Pair = tuple[str, str]


def wordings_like(wording: str, pairs: Collection[Pair]) -> set[str]:
    """A wording and all that mean the same, by pairs that do: in both directions, over chains."""
    found, grows = {wording}, True
    while grows:
        more = {each for pair in pairs if not found.isdisjoint(pair) for each in pair}
        grows = not more <= found
        found |= more
    return found
