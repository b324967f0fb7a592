"""Have a file of a release at hand, whole; build the release again where it is not."""

import logging
from pathlib import Path

from versions.locks import benchmark_files
from versions.models import Release
from versions.selectors import artifact
from versions.services.build_release import build_release
from versions.storage import folder_of, is_whole

log = logging.getLogger(__name__)


def provide_file(*, release: Release, path: str) -> Path:
    """The whole file at `path` inside a release; NotFound if the release has none there.

    A file that is missing or was changed on disk is built again from the facts.
    """
    known = artifact(release, path)
    file = folder_of(release) / path
    if not is_whole(file, known.sha256):
        log.warning("%s %s: %s is not what was built", release.benchmark.slug, release, path)
        with benchmark_files(release.benchmark.slug):
            build_release(release)
    return file
