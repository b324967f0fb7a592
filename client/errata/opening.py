"""Opening the release to score on: a pulled folder, `slug@version`, or the one meant here."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from errata.errors import ErrataError
from errata.hub import Hub, Release, split_reference
from errata.lockfile import LOCK, Locked, read_lock
from errata.manifest import (
    MANIFEST,
    File,
    InvalidManifest,
    Manifest,
    file_sha256,
    read_rows,
    sha256_hex,
)
from errata.predictions import ROW_NUMBERS
from errata.pulling import Contents, fetch_files, open_locked, read_contents, read_folder
from errata.tables import read_csv

_TEST = "test"  # the split that MedCalc-Bench's evaluation runs on; each split counts from 1


@dataclass(frozen=True, slots=True)
class Held:
    """A release that is here; `keys` are those of its rows by row number, if asked for."""

    contents: Contents
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def benchmark(self) -> str:
        """The benchmark's name in addresses."""
        return str(self.contents.manifest.benchmark.get("slug", ""))

    @property
    def version(self) -> str:
        """Which of its releases this is."""
        return self.contents.manifest.version


def open_held(
    reference: str, hub: str | None = None, *, offline: bool = False, numbered: bool = False
) -> Held:
    """The release that `reference` names, else the one that is meant here; raises ErrataError.

    That is the only one that `errata.lock` pins, or the only release folder in this folder. With
    `numbered` also the keys of its rows by row number, as its CSV files tell them.
    """
    if reference and not Path(reference).is_dir():
        slug, version = split_reference(reference)
        with Hub(hub, offline=offline) as source:
            return _from_hub(source, source.release(slug, version), numbered=numbered)
    if reference:
        return _from_folder(Path(reference), numbered=numbered)
    pinned, here = read_lock(), _folders_here()
    if len(pinned) == 1:
        [entry] = pinned
        if folder := next((each for each in here if _is_pinned(each, entry)), None):
            return _from_folder(folder, numbered=numbered)
        with Hub(hub or entry.hub, offline=offline) as source:
            release = open_locked(source, entry).release
            return _from_hub(source, release, numbered=numbered)
    if not pinned and len(here) == 1:
        return _from_folder(here[0], numbered=numbered)
    raise ErrataError("no_release", _unclear(pinned, here), asked_wrongly=True)


def _from_hub(source: Hub, release: Release, *, numbered: bool) -> Held:
    held = read_contents(source, release)
    if not numbered:
        return Held(held)
    copies, _ = fetch_files(source, release, _numbering(held.manifest))
    return Held(held, _keys(held.manifest, copies))


def _from_folder(folder: Path, *, numbered: bool) -> Held:
    held = read_folder(folder)
    if not numbered:
        return Held(held)
    wanted = _numbering(held.manifest)
    for file in wanted:
        if not (folder / file.path).is_file() or file_sha256(folder / file.path) != file.sha256:
            message = f"{folder} is no whole release ({file.path} was changed); pull it again."
            raise ErrataError("bad_release", message)
    return Held(held, _keys(held.manifest, {file.path: folder / file.path for file in wanted}))


def _numbering(manifest: Manifest) -> list[File]:
    """The files that tell the row numbers of rows: their data, and the CSV that holds the same."""
    splits = [file.split for file in manifest.files if file.is_data]
    splits = [_TEST] if _TEST in splits else splits
    paths = {path for split in splits for path in _pair(split)}
    return [file for file in manifest.files if file.path in paths]


def _pair(split: str) -> tuple[str, str]:
    return f"data/{split}.jsonl", f"data/csv/{split}.csv"


def _keys(manifest: Manifest, copies: Mapping[str, Path]) -> dict[str, str]:
    keys: dict[str, str] = {}
    try:
        for split in dict.fromkeys(Path(path).stem for path in copies):
            data, table = (copies.get(path) for path in _pair(split))
            if data is None or table is None:
                continue
            for row, cells in zip(read_rows(data), read_csv(table), strict=True):
                number = next((cells[name] for name in ROW_NUMBERS if cells.get(name)), "")
                if number and keys.setdefault(number, row["key"]) != row["key"]:
                    message = f"{number} numbers two rows of {manifest.version}; {_GIVE_KEYS}"
                    raise ErrataError("ambiguous_row_number", message, asked_wrongly=True)
    except (csv.Error, ValueError, InvalidManifest) as error:
        message = f"The rows of {manifest.version} cannot be numbered ({error}); pull it again."
        raise ErrataError("bad_release", message) from None
    if not keys:
        message = (
            f"{manifest.version} does not tell the row numbers of its rows: its data/csv has no "
            f"{' or '.join(ROW_NUMBERS)}; {_GIVE_KEYS}"
        )
        raise ErrataError("no_row_numbers", message, asked_wrongly=True)
    return keys


_GIVE_KEYS = "give each answer the `key` of its row."


def _folders_here() -> list[Path]:
    """The folders in this one that hold a release."""
    return [path.parent for path in sorted(Path().glob(f"*/{MANIFEST}")) if _is_manifest(path)]


def _is_manifest(path: Path) -> bool:
    try:
        Manifest.from_json(path.read_bytes())
    except (InvalidManifest, OSError):
        return False
    return True


def _is_pinned(folder: Path, entry: Locked) -> bool:
    return sha256_hex((folder / MANIFEST).read_bytes()) == entry.manifest


def _unclear(pinned: list[Locked], here: list[Path]) -> str:
    if pinned:
        found = f"The file {LOCK} pins {', '.join(map(str, pinned))}"
    elif here:
        found = f"There are {', '.join(map(str, here))} here"
    else:
        found = f"There is neither {LOCK} nor a pulled release here"
    return (
        f"On which release? {found}. Name one behind the predictions, a pulled folder or "
        "NAME@VERSION, or the one that they were made on with --made-on."
    )
