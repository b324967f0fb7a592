"""The two things that people do with a release: put its files into a folder, or read its rows."""

import secrets
import shutil
import sys
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped,unused-ignore]

from errata.hub import Hub, PullError, Release, split_reference
from errata.lockfile import LOCK, Locked
from errata.manifest import (
    MANIFEST,
    SIGNATURE,
    File,
    InvalidManifest,
    Manifest,
    NoTier,
    file_sha256,
    files_of_tiers,
    read_rows,
    verify_files,
)
from errata.rewordings import REWORDINGS, Pair, pairs_by_key
from errata.trust import Source, Vouched, pins_for, require_key, vouch


@dataclass(frozen=True, slots=True)
class Pulled:
    """A release that now lies in the folder `path`, and how many files the hub had to send.

    `files` are those that were asked for, manifest and signature among them. `vouched` says whose
    signature it bears; None for a release that is not signed.
    """

    release: Release
    path: Path
    files: tuple[File, ...]
    downloaded: int
    vouched: Vouched | None


@dataclass(frozen=True, slots=True)
class Opened:
    """A release whose manifest is here, checked and vouched for."""

    release: Release
    manifest: Manifest
    copies: dict[str, Path]
    downloaded: int
    vouched: Vouched | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What a release holds: its manifest, its rows in order, and which wordings mean the same."""

    manifest: Manifest
    rows: list[dict[str, Any]]
    rewordings: dict[str, list[Pair]]


def pull(
    reference: str,
    to: Path | str | None = None,
    *,
    hub: str | None = None,
    key: str | None = None,
    offline: bool = False,
    tiers: Collection[str] = (),
) -> Pulled:
    """Put the files of `slug@version` into the folder `to`, by default `slug-version` here.

    With `tiers` only the files of their rows are pulled, by default to `slug-version-TIER`; of a
    tier without rows there is nothing, with a warning. The folder appears whole or not at all. One
    that already holds exactly this is left as it is; anything else in its place is refused. `hub`
    defaults to ERRATA_HUB; `key` is the key that must have signed it, by default the pinned one
    (see `errata.trust`). Raises ErrataError.
    """
    require_key(key)
    slug, version = split_reference(reference)
    with Hub(hub, offline=offline) as source:
        return _pull(source, open_release(source, source.release(slug, version), key), to, tiers)


def pull_locked(
    entry: Locked,
    to: Path | str | None = None,
    *,
    hub: str | None = None,
    offline: bool = False,
    tiers: Collection[str] = (),
) -> Pulled:
    """Put a release that `errata.lock` pins into a folder, or fail if it is another by now."""
    with Hub(hub or entry.hub, offline=offline) as source:
        return _pull(source, open_locked(source, entry), to, tiers)


def load(
    reference: str, split: str | None = None, *, hub: str | None = None, offline: bool = False
) -> list[dict[str, Any]]:
    """The rows of `slug@version`, or of one split of it, in the release's order.

    The files stay in the cache, so a pinned release is downloaded once. `hub` defaults to
    ERRATA_HUB. Raises ErrataError.
    """
    slug, version = split_reference(reference)
    with Hub(hub, offline=offline) as source:
        return read_release(source, source.release(slug, version), split)


def read_release(source: Hub, release: Release, split: str | None = None) -> list[dict[str, Any]]:
    """The same for a release that the hub told of."""
    data = release.data
    if split is None:
        return read_contents(source, release).rows
    if split not in data:
        name = f"{release.benchmark}@{release.version}"
        message = f"{name} has no split {split!r}; it has {', '.join(data) or 'none'}."
        raise PullError("not_found", message, asked_wrongly=True)
    return _read(source, release, [data[split]]).rows


def read_contents(source: Hub, release: Release) -> Contents:
    """All that a release holds to compare it with others and to score answers."""
    return _read(source, release, [file for file in release.files if _is_content(file)])


def read_folder(folder: Path) -> Contents:
    """The same of a pulled folder, without a hub.

    Raises PullError for a changed file, and for a folder that was pulled with tiers: its rows are
    a part, of which nobody can say what else changed or how much of the release they cover.
    """
    try:
        manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
        wanted = [file for file in manifest.files if _is_content(file)]
        if not any((folder / file.path).exists() for file in wanted):
            _refuse_part(folder, manifest)
        for file in wanted:
            if file_sha256(folder / file.path) != file.sha256:
                raise InvalidManifest(f"{file.path} was changed")
        return _contents(manifest, {file: folder / file.path for file in wanted})
    except (InvalidManifest, OSError) as error:
        message = f"{folder} is no whole release ({error}); pull it again."
        raise PullError("bad_release", message) from None


def _refuse_part(folder: Path, manifest: Manifest) -> None:
    there = {f.tier: None for f in manifest.files if f.tier and (folder / f.path).is_file()}
    if there:
        message = (
            f"{folder} holds only the rows of the tier {', '.join(there)}, and this takes a whole "
            f"release. Without --tier: errata pull {manifest.benchmark.get('slug')}@"
            f"{manifest.version} --to DIR, and name that folder."
        )
        raise PullError("part_of_release", message, asked_wrongly=True)


def _is_content(file: File) -> bool:
    return file.is_data or file.path == REWORDINGS


def _read(source: Hub, release: Release, wanted: Sequence[File]) -> Contents:
    opened = open_release(source, release)
    copies, _ = fetch_files(source, release, wanted)
    try:
        return _contents(opened.manifest, {file: copies[file.path] for file in wanted})
    except InvalidManifest as error:
        name = f"{release.benchmark}@{release.version}"
        message = f"The rows of {name} cannot be read. {error} Tell the hub's maintainers."
        raise PullError("bad_answer", message) from None


def _contents(manifest: Manifest, places: Mapping[File, Path]) -> Contents:
    rows = [row for file, path in places.items() if file.is_data for row in read_rows(path)]
    said = [line for file, path in places.items() if not file.is_data for line in read_rows(path)]
    try:
        return Contents(manifest, rows, pairs_by_key(said))
    except (KeyError, TypeError, ValueError):
        raise InvalidManifest(f"{REWORDINGS} holds a line of another form.") from None


def open_release(source: Hub, release: Release, key: str | None = None) -> Opened:
    """Fetch and check the manifest of a release and its signature, before anything else.

    A release that is not signed is taken with a warning where no key is pinned.
    """
    own = [file for file in release.files if file.path in (MANIFEST, SIGNATURE)]
    copies, downloaded = fetch_files(source, release, own)
    body = copies[MANIFEST].read_bytes()
    manifest = _check_manifest(release, body)
    signature = copies[SIGNATURE].read_bytes() if SIGNATURE in copies else None
    of = Source(release.benchmark, release.version, source.address, key)
    if signature is None and not pins_for(of)[1]:
        message = f"{release.benchmark}@{release.version} is not signed: nothing says who made it."
        warnings.warn(message, stacklevel=3)
        return Opened(release, manifest, copies, downloaded, None)
    return Opened(release, manifest, copies, downloaded, vouch(of, body, signature))


def open_locked(source: Hub, entry: Locked, key: str | None = None) -> Opened:
    """The same for a release that `errata.lock` pins; another manifest than that is refused."""
    release = source.release(entry.benchmark, entry.version)
    if release.manifest.sha256 != entry.manifest:
        message = (
            f"{source.address} has another {entry} than {LOCK} pins: its manifest is "
            f"{release.manifest.sha256}, not {entry.manifest}. A release never changes, so do "
            "not use this one; tell the hub's maintainers."
        )
        raise PullError("other_manifest", message)
    return open_release(source, release, key)


def fetch_files(
    source: Hub, release: Release, files: Sequence[File]
) -> tuple[dict[str, Path], int]:
    """Checked copies of files in the cache by path, and how many came from the hub."""
    copies, downloaded = {}, 0
    with tqdm(
        total=sum(file.size for file in files),
        desc=f"{release.benchmark}@{release.version}",
        unit="B",
        unit_scale=True,
        file=sys.stderr,
        leave=False,
        disable=not sys.stderr.isatty(),
    ) as bar:
        for file in files:
            copies[file.path], fresh = source.fetch(release, file, bar.update)
            downloaded += fresh
    return copies, downloaded


def _pull(source: Hub, opened: Opened, to: Path | str | None, tiers: Collection[str]) -> Pulled:
    release = opened.release
    wanted = _of_tiers(release, tiers) if tiers else release.files
    name = "-".join((release.benchmark, release.version, *sorted(set(tiers))))
    target = Path(to or name).resolve()
    if _is_in_place(target, release, wanted):
        return Pulled(release, target, wanted, 0, opened.vouched)
    rest = [file for file in wanted if file.path not in opened.copies]
    copies, downloaded = fetch_files(source, release, rest)
    _put_in_place(opened.copies | copies, target)
    return Pulled(release, target, wanted, opened.downloaded + downloaded, opened.vouched)


def _of_tiers(release: Release, tiers: Collection[str]) -> tuple[File, ...]:
    """Manifest, signature, and the files of the tiers; a tier without rows is told of."""
    name = f"{release.benchmark}@{release.version}"
    try:
        wanted = files_of_tiers(release.files, tiers)
    except NoTier as error:
        raise PullError("not_found", f"{name}: {error}", asked_wrongly=True) from None
    if without := sorted(set(tiers) - {file.tier for file in wanted}):
        warnings.warn(f"{name} has no rows of the tier {', '.join(without)}.", stacklevel=4)
    own = (file for file in release.files if file.path in (MANIFEST, SIGNATURE))
    return (*own, *wanted)


def _check_manifest(release: Release, body: bytes) -> Manifest:
    """The manifest; one that does not say the same as the hub is refused."""
    try:
        manifest = Manifest.from_json(body)
    except InvalidManifest as error:
        raise PullError("bad_answer", f"{MANIFEST}: {error}") from None
    named = (manifest.benchmark.get("slug"), manifest.version)
    listed = {file for file in release.files if file.path not in (MANIFEST, SIGNATURE)}
    if named != (release.benchmark, release.version) or set(manifest.files) != listed:
        message = f"{MANIFEST} and the hub's answer disagree; tell the hub's maintainers."
        raise PullError("bad_answer", message)
    return manifest


def _is_in_place(target: Path, release: Release, wanted: Sequence[File]) -> bool:
    """Whether a folder holds exactly this release; raises PullError if it holds something else."""
    if not target.exists():
        return False
    if target.is_dir() and target != Path.cwd() and not any(target.iterdir()):
        return False
    findings = verify_files(target, wanted)
    if not findings:
        return True
    name = f"{release.benchmark}@{release.version}"
    first = f"{findings[0].path}: {findings[0].message}"
    more = f" ({len(findings) - 1} more)" if len(findings) > 1 else ""
    message = f"{target} exists and is not {name}. {first}{more} Or give another folder with --to."
    raise PullError("target_differs", message)


def _put_in_place(copies: Mapping[str, Path], target: Path) -> None:
    """Copy into a folder beside the target, then give it the target's name."""
    stage = target.parent / f".{target.name}-{secrets.token_hex(8)}"
    stage.mkdir(parents=True)
    try:
        for path, copy in copies.items():
            (stage / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(copy, stage / path)
        if target.exists():
            target.rmdir()  # only ever an empty one
        stage.rename(target)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
