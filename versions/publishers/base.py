"""What a publisher is: it brings a built release to where people get it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from errata.manifest import File


@dataclass(frozen=True, slots=True)
class Package:
    """A built release, ready to leave.

    `previous` is the version before it, if there is one, `remote` what
    DVC is told of where readers find its data.
    """

    slug: str
    title: str
    version: str
    previous: str | None
    remote: Mapping[str, str]
    frozen_at: datetime
    folder: Path
    files: tuple[File, ...]


class Publisher(Protocol):
    """Called under the lock of the benchmark's files; both may be called any number of times."""

    def has_shipped(self, slug: str, version: str) -> bool:
        """Whether this version is out."""

    def ship(self, package: Package) -> None:
        """Bring a release out, or finish what a killed call began; shipped again changes nothing.

        Raises Immutable where other bytes are out under the same version.
        """
