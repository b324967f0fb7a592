"""Which releases have a file, by its digest alone."""

from dataclasses import dataclass

from registry.models import ImportBatch
from registry.permissions import Reader, readable_benchmarks
from versions.diffing import total
from versions.models import Artifact, Release
from versions.selectors import LATEST, diff, get_release, published_releases
from versions.states import ReleaseStatus

SHOWN = 20


@dataclass(frozen=True, slots=True)
class FileMatch:
    """A release that has the file at `path`, or that was the first after its import.

    `upstream` is the space of row ids that it was imported under. `corrected_since` counts the
    labels that are other ones in the latest release.
    """

    benchmark: str
    version: str
    path: str
    upstream: str
    corrected_since: int


def file_matches(sha256: str, reader: Reader) -> list[FileMatch]:
    """The published releases with this file that `reader` may see, newest first; 20 at most."""
    mine = readable_benchmarks(reader)
    artifacts = Artifact.objects.filter(
        sha256=sha256, release__benchmark__in=mine, release__status=ReleaseStatus.PUBLISHED
    )
    batches = ImportBatch.objects.filter(file_digest=sha256, benchmark__in=mine)
    found = [
        (artifact.release, artifact.path, "")
        for artifact in artifacts.select_related("release__benchmark").order_by("-release")[:SHOWN]
    ]
    for batch in batches.select_related("benchmark").order_by("-pk")[:SHOWN]:
        later = published_releases(batch.benchmark).filter(frozen_at__gte=batch.at)
        if first := later.select_related("benchmark").last():
            found.append((first, "", batch.upstream))
    return [_match(*each) for each in found[:SHOWN]]


def _match(release: Release, path: str, upstream: str) -> FileMatch:
    benchmark = release.benchmark
    latest = get_release(benchmark, LATEST)  # an older one where the newest is withdrawn
    older, newer = sorted((release, latest), key=lambda each: each.sequence)
    changes = total(diff(older, newer)).to_dict()
    return FileMatch(benchmark.slug, release.version, path, upstream, changes["label_changes"])
