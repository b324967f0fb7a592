"""`errata.lock`: which releases a project uses, by version, digest and key."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from errata.errors import ErrataError
from errata.signing import is_key
from errata.writing import replacing

LOCK = "errata.lock"
FORMAT = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Locked:
    """One release: where it came from, the SHA-256 of its manifest, the key that signed it."""

    benchmark: str
    version: str
    hub: str
    manifest: str
    key: str

    def __str__(self) -> str:
        return f"{self.benchmark}@{self.version}"


def read_lock() -> list[Locked]:
    """The releases that `errata.lock` in this folder pins; none where there is no such file.

    Raises ErrataError for a file that cannot be read.
    """
    try:
        document = json.loads(Path(LOCK).read_bytes())
        if document["format"] != FORMAT:
            raise ValueError("it is of another format; use a newer errata")
        return [_locked(entry) for entry in document["releases"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        message = f"{LOCK} cannot be read ({error}). Take it from version control again."
        raise ErrataError("bad_lock", message) from None


def write_lock(entries: Iterable[Locked]) -> None:
    """Write `errata.lock` in this folder: sorted, so that versions of it compare well."""
    ordered = sorted(entries, key=lambda each: (each.benchmark, each.version))
    document = {"format": FORMAT, "releases": [asdict(each) for each in ordered]}
    with replacing(Path(LOCK)) as stream:
        stream.write(json.dumps(document, indent=2).encode() + b"\n")


def _locked(entry: dict[str, object]) -> Locked:
    found = Locked(**{name: str(entry[name]) for name in Locked.__slots__})
    if not is_key(found.key) or not _SHA256.fullmatch(found.manifest):
        raise ValueError(f"key or manifest of {found} is malformed")
    return found
