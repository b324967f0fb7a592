"""What a release has of all that releases can have: its snapshot's format number says it. Pure.

A release builds and ships to the same bytes for ever, whatever the code and the settings of later.
So its files follow from three things alone: facts, its snapshot, and what is constant for its
format. Whoever adds a file, a column or a line to what releases hold

1. names it in SINCE with the next number; a number that a hub has frozen releases by is closed;
2. writes it only where `has(snapshot, name)`, and leaves alone what older releases hold;
3. has `versions.snapshot` note at freezing whatever it takes beside facts: settings, addresses,
   preset, policy, figures that may be tuned, the state of anything that moves on.

What stands in `quality` and `methods` is noted as the files say it and takes no number. That
releases of every format keep their bytes is shown by tests/versions/test_rebuilding.py; Parquet
also takes the version of pyarrow that requirements/runtime.lock names.
"""

from collections.abc import Mapping
from typing import Any

SINCE = {
    "remote": 2,  # where DVC finds the data, as the repository says it
    "rewordings": 2,  # how many pairs of wordings mean the same; they stand in rewordings.jsonl
    "withdrawn": 2,  # versions that were withdrawn before; CHANGELOG.md marks them
    "gates": 2,  # which gates the policy asked for; contested labels go out unwaived without theirs
    "trust": 2,  # posterior and mask also in CSV, Croissant and rewards; CSV quotes every line end
    "headings": 2,  # CHANGELOG.md has the headings of Keep a Changelog and no others
    "authors": 2,  # who is cited where a citation names no authors: those of the benchmark
}
FORMAT = max(SINCE.values())


def has(snapshot: Mapping[str, Any], name: str) -> bool:
    """Whether a release with this snapshot has what SINCE calls by that name."""
    return bool(snapshot["format"] >= SINCE[name])
