"""The lock files: every file pinned by its digest, no host named, one version of everything."""

import re
from pathlib import Path

import pytest

FOLDER = Path("requirements")
_PINNED = re.compile(r"([a-z0-9-]+)==([^\s;]+)(?: ; [^\\]+)? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def _versions(name: str) -> dict[str, set[str]]:
    """Each package's versions; several only where they are for different machines."""
    found: dict[str, set[str]] = {}
    hashes = {"": 0}
    package = ""
    for line in (FOLDER / name).read_text().splitlines():
        if pinned := _PINNED.fullmatch(line):
            package = pinned[1]
            found.setdefault(package, set()).add(pinned[2])
            hashes[package] = 0
        else:
            assert _HASH.fullmatch(line), f"{name}: {line}"
            hashes[package] += 1
    assert all(hashes[package] for package in found)
    return found


@pytest.mark.parametrize("name", ["runtime.lock", "dev.lock", "formats.lock"])
def test_locks_hold_pins_and_digests_and_nothing_else(name: str) -> None:
    assert _versions(name)


def test_developers_run_what_hubs_run() -> None:
    runtime, dev = _versions("runtime.lock"), _versions("dev.lock")
    assert {package: dev.get(package) for package in runtime} == runtime
    assert {"pytest", "ruff", "mypy"} <= dev.keys() - runtime.keys()
