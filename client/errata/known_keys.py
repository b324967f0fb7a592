"""Which keys a user met: the key of each benchmark, pinned when it was first seen.

The file is the user's own and worth keeping, unlike the cache: `ERRATA_KNOWN_KEYS`, else
`known_keys.json` in the folder for settings that the system has for each user.
"""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from errata.errors import ErrataError
from errata.signing import Handover, InvalidSignature, is_key
from errata.writing import alone_with, replacing

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Pin:
    """The key that signs a benchmark of a hub, and the handovers that were seen with it.

    `hub` is empty where a folder was checked of which nobody knows where it came from.
    """

    benchmark: str
    hub: str
    key: str
    handovers: tuple[Handover, ...] = ()


def file_of_known_keys() -> Path:
    """Where the known keys of this user are."""
    if path := os.environ.get("ERRATA_KNOWN_KEYS"):
        return Path(path)
    return _settings_folder() / "errata" / "known_keys.json"


def known_pins(benchmark: str, hub: str | None = None) -> list[Pin]:
    """What is known of a benchmark at a hub, or at any hub; raises ErrataError for a bad file."""
    here = (hub, "")
    return [
        pin for pin in _read() if pin.benchmark == benchmark and (hub is None or pin.hub in here)
    ]


def remember_pin(pin: Pin) -> None:
    """Keep a pin in place of what was known of this benchmark at this hub."""
    with alone_with(file_of_known_keys()):
        others = (each for each in _read() if _of(each) != _of(pin))
        _write([*others, pin])


def _of(pin: Pin) -> tuple[str, str]:
    return pin.benchmark, pin.hub


def _read() -> list[Pin]:
    path = file_of_known_keys()
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT:
            raise ValueError("it is of another format")
        return [_pin(entry) for entry in document["keys"]]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (ValueError, KeyError, TypeError, InvalidSignature) as error:
        message = f"{path} cannot be read ({error}). Correct it, or move it away to begin anew."
        raise ErrataError("bad_known_keys", message) from None


def _pin(entry: dict[str, object]) -> Pin:
    benchmark, hub, key = (str(entry[name]) for name in ("benchmark", "hub", "key"))
    if not is_key(key):
        raise ValueError(f"the key of {benchmark} is none")
    told = entry["handovers"]
    if not isinstance(told, list):
        raise ValueError(f"the handovers of {benchmark} are no list")
    return Pin(benchmark, hub, key, tuple(Handover.from_dict(each) for each in told))


def _write(pins: Iterable[Pin]) -> None:
    keys = [
        {
            "benchmark": pin.benchmark,
            "hub": pin.hub,
            "key": pin.key,
            "handovers": [handover.to_dict() for handover in pin.handovers],
        }
        for pin in sorted(pins, key=_of)
    ]
    with replacing(file_of_known_keys()) as stream:
        stream.write(json.dumps({"format": FORMAT, "keys": keys}, indent=2).encode() + b"\n")


def _settings_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
