"""Bring a built release out, after those before it."""

import re

from errata.manifest import File

from registry.errors import ErrataError, WrongState
from registry.importers.base import Progress, no_progress
from versions.models import Release
from versions.publishers.base import Package, Publisher
from versions.publishers.dvc import DvcPublisher, public_remote
from versions.selectors import snapshot_of
from versions.services.build_release import build_release
from versions.snapshot_format import has
from versions.storage import artifacts_of, folder_of

PUBLISHER: Publisher = DvcPublisher()
_SIGN_IN = re.compile(r"//[^/@\s]*@")


def ship_release(release: Release, *, progress: Progress = no_progress) -> None:
    """Ship a built release. The caller holds `benchmark_files`.

    Earlier versions that a lost repository no longer has are shipped first, so that the line of
    versions is whole and has the same commits as before. Raises WrongState where the place that
    they go to does not take them; the release stays as it is and can be shipped again.
    """
    line = Release.objects.filter(
        benchmark=release.benchmark_id, sequence__lt=release.sequence
    ).select_related("benchmark")
    missing = [
        earlier
        for earlier in line.order_by("sequence")
        if not PUBLISHER.has_shipped(earlier.benchmark.slug, earlier.version)
    ]
    for number, each in enumerate((*missing, release)):
        build_release(each, progress=progress)
        progress("shipping", number, len(missing) + 1)
        _ship(_package(each))
    progress("shipping", len(missing) + 1, len(missing) + 1)


def _ship(package: Package) -> None:
    try:
        PUBLISHER.ship(package)
    except ErrataError:
        raise
    except Exception as error:  # each kind of remote fails in ways of its own
        reason = _SIGN_IN.sub("//", str(error)) or type(error).__name__
        raise WrongState(
            f"{package.version} is frozen and built but could not be shipped ({reason}). "
            "The hub tries again by itself; once the cause is gone you may also run: "
            f"manage.py cut_release {package.slug} --finish",
            code="not_shipped",
        ) from error


def _package(release: Release) -> Package:
    snapshot = snapshot_of(release)
    about, hub = snapshot["benchmark"], snapshot["formats"]["hub"]
    noted = has(snapshot, "remote")
    return Package(
        slug=about["slug"],
        title=about["title"],
        version=release.version,
        previous=snapshot["previous"],
        remote=snapshot["remote"] if noted else public_remote(about["slug"], hub),
        frozen_at=release.frozen_at,
        folder=folder_of(release),
        files=tuple(File(a.path, a.sha256, a.size) for a in artifacts_of(release)),
    )
