"""The two things that people do with a release: put its files into a folder, or read its rows."""

import secrets
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm  # type: ignore[import-untyped,unused-ignore]

from errata.hub import Hub, PullError, Release, split_reference
from errata.manifest import (
    MANIFEST,
    SIGNATURE,
    File,
    InvalidManifest,
    Manifest,
    read_rows,
    verify_files,
)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A release that now lies in the folder `path`, and how many files the hub had to send."""

    release: Release
    path: Path
    downloaded: int


def pull(reference: str, to: Path | str | None = None, *, hub: str | None = None) -> Pulled:
    """Put the files of `slug@version` into the folder `to`, by default `slug-version` here.

    The folder appears whole or not at all. One that already holds exactly this release is left as
    it is; anything else in its place is refused. `hub` defaults to ERRATA_HUB. Raises PullError.
    """
    slug, version = split_reference(reference)
    with Hub(hub) as source:
        release = source.release(slug, version)
        target = Path(to or f"{slug}-{release.version}").resolve()
        if _is_in_place(target, release):
            return Pulled(release, target, downloaded=0)
        copies, downloaded = _fetch(source, release, release.files)
    _put_in_place(copies, target)
    return Pulled(release, target, downloaded)


def load(
    reference: str, split: str | None = None, *, hub: str | None = None
) -> list[dict[str, Any]]:
    """The rows of `slug@version`, or of one split of it, in the release's order.

    The files stay in the cache, so a pinned release is downloaded once. `hub` defaults to
    ERRATA_HUB. Raises PullError.
    """
    slug, version = split_reference(reference)
    with Hub(hub) as source:
        release = source.release(slug, version)
        data = release.data
        if split is not None and split not in data:
            message = f"{reference} has no split {split!r}; it has {', '.join(data) or 'none'}."
            raise PullError("not_found", message, asked_wrongly=True)
        wanted = list(data.values()) if split is None else [data[split]]
        copies, _ = _fetch(source, release, [release.manifest, *wanted])
    try:
        return [row for file in wanted for row in read_rows(copies[file.path])]
    except InvalidManifest as error:
        message = f"The rows of {reference} cannot be read. {error} Tell the hub's maintainers."
        raise PullError("bad_answer", message) from None


def _fetch(source: Hub, release: Release, files: Iterable[File]) -> tuple[Mapping[str, Path], int]:
    """Checked copies of files in the cache by path, and how many came from the hub."""
    files = sorted(files, key=lambda file: file.path != MANIFEST)  # the manifest may end it early
    copies, downloaded = {}, 0
    name = f"{release.benchmark}@{release.version}"
    with tqdm(
        total=sum(file.size for file in files),
        desc=name,
        unit="B",
        unit_scale=True,
        file=sys.stderr,
        disable=not sys.stderr.isatty(),
    ) as bar:
        for file in files:
            copies[file.path], fresh = source.fetch(release, file, bar.update)
            downloaded += fresh
            if file.path == MANIFEST:
                _check_manifest(release, copies[MANIFEST])
    return copies, downloaded


def _check_manifest(release: Release, path: Path) -> None:
    """Refuse a manifest that does not say the same as the hub."""
    try:
        manifest = Manifest.from_json(path.read_bytes())
    except InvalidManifest as error:
        raise PullError("bad_answer", f"{MANIFEST}: {error}") from None
    named = (manifest.benchmark.get("slug"), manifest.version)
    listed = {file for file in release.files if file.path not in (MANIFEST, SIGNATURE)}
    if named != (release.benchmark, release.version) or set(manifest.files) != listed:
        message = f"{MANIFEST} and the hub's answer disagree; tell the hub's maintainers."
        raise PullError("bad_answer", message)


def _is_in_place(target: Path, release: Release) -> bool:
    """Whether a folder holds exactly this release; raises PullError if it holds something else."""
    if not target.exists():
        return False
    if target.is_dir() and target != Path.cwd() and not any(target.iterdir()):
        return False
    findings = verify_files(target, release.files)
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
