"""The lines with which people get a release, ready to copy."""

from dataclasses import dataclass

from django.conf import settings

from registry.models import Benchmark
from versions.models import Artifact, Release


@dataclass(frozen=True, slots=True)
class PullLine:
    """A way to get a release and the line for it."""

    way: str
    line: str


def pull_lines(benchmark: Benchmark, release: Release) -> list[PullLine]:
    """The same bytes in four ways: client, Python, DVC, curl."""
    pinned = f"{benchmark.slug}@{release.version}"
    data = Artifact.objects.filter(release=release, path__startswith="data/")
    paths = list(data.values_list("path", flat=True))
    lines = [
        PullLine("Errata's client", f"errata pull {pinned} --hub {settings.ERRATA_HUB}"),
        PullLine("Python", f'rows = errata.load("{pinned}", hub="{settings.ERRATA_HUB}")'),
    ]
    if paths:
        # Splits of evaluation come first where there are several files.
        path = min(paths, key=lambda each: ("test" not in each, not each.endswith(".jsonl"), each))
        repository = f"{settings.ERRATA_HUB}/git/{benchmark.slug}.git"
        api = f"{settings.ERRATA_HUB}/api/v1/benchmarks/{benchmark.slug}/releases/{release.version}"
        lines += [
            PullLine("DVC", f"dvc get {repository} {path} --rev v{release.version}"),
            PullLine("curl", f"curl -O {api}/files/{path}"),
        ]
    return lines
