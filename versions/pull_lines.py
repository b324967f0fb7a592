"""The lines with which people get a release, ready to copy."""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.conf import settings

from registry.models import Benchmark
from versions.models import Artifact, Release


@dataclass(frozen=True, slots=True)
class PullLine:
    """A way to get a release and the line for it."""

    way: str
    line: str


def pull_lines(benchmark: Benchmark, release: Release) -> list[PullLine]:
    """The same bytes in five ways: client, Python, `datasets`, DVC, curl."""
    pinned = f"{benchmark.slug}@{release.version}"
    data = Artifact.objects.filter(release=release, path__startswith="data/")
    found = data.values_list("path", flat=True)
    paths = [path for path in found if path.count("/") == 1]  # every row, not other formats
    lines = [
        PullLine("Errata's client", f"errata pull {pinned} --hub {settings.ERRATA_HUB}"),
        PullLine("Python", f'rows = errata.load("{pinned}", hub="{settings.ERRATA_HUB}")'),
    ]
    if paths:
        # Splits of evaluation come first where there are several files.
        path = min(paths, key=lambda each: ("test" not in each, not each.endswith(".jsonl"), each))
        repository = f"{settings.ERRATA_HUB}/repos/{benchmark.slug}"
        api = f"{settings.ERRATA_HUB}/api/v1/benchmarks/{benchmark.slug}/releases/{release.version}"
        lines += [
            PullLine("datasets", _dataset_line(paths, api)),
            PullLine("DVC", f"dvc get {repository} {path} --rev v{release.version}"),
            PullLine("curl", f"curl -O {api}/files/{path}"),
        ]
    return lines


def cite_line(benchmark: Benchmark, release: Release) -> str:
    """How to cite one version: the work itself, then the release with its address and date."""
    work = " ".join(benchmark.citation.split()).rstrip(".") or benchmark.title
    day = f"{release.published_at or release.frozen_at:%-d %B %Y}"
    address = f"{settings.ERRATA_HUB}/b/{benchmark.slug}/r/{release.version}/"
    return f"{work}. Errata release {release.version}, {day}. {address}"


def _dataset_line(paths: list[str], api: str) -> str:
    """Parquet where there is some, for all splits; each file is named, so nothing is guessed."""
    found = [path for path in paths if path.endswith(".parquet")]
    form = "parquet" if found else "json"
    found = found or [path for path in paths if path.endswith(".jsonl")]
    splits = {PurePosixPath(path).stem: f"{api}/files/{path}" for path in sorted(found)}
    return f"datasets.load_dataset({json.dumps(form)}, data_files={json.dumps(splits)})"
