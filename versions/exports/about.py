"""What every description of a release goes by: the snapshot of its freezing and its data files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from errata.contract import Contract
from errata.manifest import File


@dataclass(frozen=True, slots=True)
class About:
    """A release as its descriptions see it; `splits` by the name of their files."""

    version: str
    frozen_on: str  # the day, as YYYY-MM-DD
    snapshot: Mapping[str, Any]
    splits: Mapping[str, str]
    files: Sequence[File]

    @property
    def benchmark(self) -> Mapping[str, str]:
        """Slug, title, licence and the like."""
        told: Mapping[str, str] = self.snapshot["benchmark"]
        return told

    @property
    def name(self) -> str:
        """`slug@version`."""
        return f"{self.benchmark['slug']}@{self.version}"

    @property
    def address(self) -> str:
        """The release's page on the hub that froze it."""
        return f"{self.snapshot['formats']['hub']}/b/{self.benchmark['slug']}/r/{self.version}/"

    @property
    def inputs(self) -> list[str]:
        """The names of what a solver may see."""
        return list(self.snapshot["formats"]["inputs"])

    @property
    def canary(self) -> str:
        """The benchmark's canary."""
        return canary_of(self.snapshot)

    @property
    def words(self) -> dict[str, str]:
        """Each split's name as programs may have it, by the name of its files; no two the same."""
        found: dict[str, str] = {}
        for name in self.splits:
            word = words(name)
            while word in found.values():
                word += "_"
            found[name] = word
        return found

    @property
    def contract(self) -> Contract:
        """The answer contract that the release was frozen with."""
        return Contract.from_dict(self.snapshot["contract"])

    def role(self, name: str) -> str:
        """The role of the split with these files: train, validation or test."""
        return str(self.snapshot["formats"]["roles"].get(self.splits[name], ""))

    def file(self, path: str) -> File | None:
        """The data file at a path."""
        return next((file for file in self.files if file.path == path), None)


def canary_of(snapshot: Mapping[str, Any]) -> str:
    """The line in every file by which the benchmark's data is found where it does not belong."""
    about = snapshot["benchmark"]
    return f"Errata benchmark {about['slug']}, canary GUID {about['canary']}"


def words(text: str) -> str:
    """A text as names in programs may be: letters, digits and single underscores."""
    return re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "data"
