"""`rewordings.jsonl`: which wordings of instances mean the same, as the release knows it."""

from collections.abc import Iterable
from pathlib import Path

from versions.exports.jsonl import JsonLines, json_line
from versions.models import Rewording


def write_rewordings(target: Path, pairs: Iterable[Rewording], canary: str) -> None:
    """Write a line for each pair: the instance's key, and the digests of what either asks."""
    with JsonLines(target) as file:
        for pair in pairs:
            line = {"key": pair.instance.key, "wordings": [pair.one_id, pair.other_id]}
            file.write(json_line(line | {"canary": canary}))
