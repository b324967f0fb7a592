"""Which background work releases ask for."""

from registry.events import dispatch
from registry.models import Benchmark
from versions.models import Release


def publish_soon(release: Release) -> None:
    """Have a worker build and ship the release once the transaction commits."""
    dispatch("versions.tasks.publish_release", release.pk)


def score_soon(benchmark: Benchmark) -> None:
    """Have a worker score what is missing once the transaction commits."""
    dispatch("versions.tasks.score_benchmark", benchmark.pk)
