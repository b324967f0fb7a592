"""Have a file of a release at hand, whole; build the release again where it is not."""

import logging
from pathlib import Path

from versions.known_files import KnownFile
from versions.locks import benchmark_files
from versions.models import Release
from versions.services.build_release import build_release
from versions.storage import is_whole, releases_folder

log = logging.getLogger(__name__)


def provide_file(*, known: KnownFile) -> Path:
    """The whole file of a release on disk.

    One that is missing or was changed there is built again from the facts.
    """
    file = releases_folder(known.slug) / known.version / known.path
    if not is_whole(file, known.sha256):
        log.warning("%s %s: %s is not what was built", known.slug, known.version, known.path)
        release = Release.objects.select_related("benchmark").get(
            benchmark__slug=known.slug, version=known.version
        )
        with benchmark_files(known.slug):
            build_release(release)
    return file
