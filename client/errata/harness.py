"""What the tasks of a release need: its own rows, pinned by digest, its prompts and its grades.

The task files in a release (for lm-evaluation-harness and Inspect AI) are a few lines each and
call this, so that every harness asks and grades as the hub does.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errata.contract import Contract, Outcome, pack_label
from errata.manifest import file_sha256, read_rows


class NotPinned(ValueError):
    """A file that is not the one the task was made for; the message says which."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """A release that a task was made for: its folder, `slug@version`, digests, and contract."""

    folder: Path
    release: str
    files: Mapping[str, str]  # path in the release -> SHA-256
    contract: Contract

    def questions(self, split: str) -> list[dict[str, Any]]:
        """What is asked of a split, named as its files are, in the release's order.

        Each has key, group, tier, prompt, answer, and the packed label. Labels on the exclusion
        list are left out. Raises NotPinned where a file is not the release's.
        """
        rows = read_rows(self._checked(f"data/{split}.jsonl"))
        excluded = {row["key"] for row in read_rows(self._checked(f"data/excluded/{split}.jsonl"))}
        return [self._question(row) for row in rows if row["key"] not in excluded]

    def grade(self, question: Mapping[str, Any], response: str) -> Outcome:
        """Grade a full response to a question."""
        return self.contract.grade_packed(response, question["label"])

    def _question(self, row: Mapping[str, Any]) -> dict[str, Any]:
        fields = {name: row[name] for name in ("key", "group", "tier", "answer")}
        prompt = self.contract.prompt(row["inputs"] or {}, row["kind"])
        return fields | {"prompt": prompt, "label": pack_label(row)}

    def _checked(self, path: str) -> Path:
        file = self.folder / path
        if path not in self.files:
            raise NotPinned(f"{self.release} has no {path}; name a split that the task pins.")
        if not file.is_file() or file_sha256(file) != self.files[path]:
            raise NotPinned(
                f"{file} is missing or not the one of {self.release}; pull the release again and "
                "leave the task in its folder."
            )
        return file


def pinned(task: str, pins: str) -> Pinned:
    """The release around the task file `task` (two folders down), by the JSON that it holds."""
    given = json.loads(pins)
    contract = Contract.from_dict(given["contract"])
    return Pinned(Path(task).resolve().parents[2], given["release"], given["files"], contract)
