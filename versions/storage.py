"""Where the files of built releases lie, and whether they are still what was built."""

import os
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from errata.manifest import MANIFEST, SIGNATURE, File, Finding, file_sha256, verify_files

from versions.models import Artifact, Release


def releases_folder(slug: str) -> Path:
    """The folder with one folder per built version of a benchmark."""
    return settings.ERRATA_HOME / "releases" / slug


def folder_of(release: Release) -> Path:
    """The folder of a built release; there only once it is whole."""
    return releases_folder(release.benchmark.slug) / release.version


def damage_of(release: Release) -> list[Finding]:
    """What is missing from a built release's folder, or was changed in it since it was built."""
    files = [File(a.path, a.sha256, a.size) for a in artifacts_of(release)]
    folder = folder_of(release)
    listed = [file for file in files if file.path not in (MANIFEST, SIGNATURE)]
    findings = verify_files(folder, listed)
    for file in files:
        if file not in listed and not is_whole(folder / file.path, file.sha256):
            findings.append(Finding(file.path, "digest", "It is missing or was changed."))
    return findings


def artifacts_of(release: Release) -> list[Artifact]:
    """The files of a release as they were first built, by path."""
    return sorted(Artifact.objects.filter(release=release), key=lambda artifact: artifact.path)


def is_whole(path: Path, sha256: str) -> bool:
    """Whether a file is there with this digest. An unchanged file is read once per process."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return False
    return _digest(path, stat.st_ino, stat.st_size, stat.st_mtime_ns) == sha256


@lru_cache(maxsize=1024)
def _digest(path: Path, *_identity: int) -> str:
    return file_sha256(path)


def sync_to_disk(folder: Path) -> None:
    """Have the disk hold everything below a folder before its name says that it is whole."""
    for base, _, names in os.walk(folder):
        for path in (base, *(os.path.join(base, name) for name in names)):  # noqa: PTH118
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
