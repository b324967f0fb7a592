"""Background work on releases. Every task may run twice and beside another one."""

from celery import shared_task

from registry.models import Benchmark
from versions.dispatch import publish_soon, score_soon
from versions.locks import benchmark_files
from versions.models import Release
from versions.scores import jobs_of, unscored
from versions.services import publish_release as publishing
from versions.services.score_predictions import score_benchmark as score_sets
from versions.states import ReleaseStatus


@shared_task(name="versions.tasks.publish_release")
def publish_release(release_id: int) -> None:
    """Build and ship one release, unless another process is at it."""
    publishing.publish_release(release_id, wait=False)


@shared_task(name="versions.tasks.sweep_releases")
def sweep_releases() -> None:
    """Send a message for every release that nobody is finishing."""
    unfinished = Release.objects.exclude(status=ReleaseStatus.PUBLISHED)
    for release in unfinished.select_related("benchmark"):
        with benchmark_files(release.benchmark.slug, wait=False) as is_free:
            if is_free:
                publish_soon(release)


@shared_task(name="versions.tasks.score_benchmark")
def score_benchmark(benchmark_id: int) -> None:
    """Score every set of predictions of a benchmark on every release, where that is missing."""
    score_sets(Benchmark.objects.get(pk=benchmark_id))


@shared_task(name="versions.tasks.sweep_scores")
def sweep_scores() -> None:
    """Send a message for every benchmark that lacks a score."""
    for benchmark in Benchmark.objects.exclude(predictions=None).distinct():
        if unscored(benchmark, jobs_of(benchmark)):
            score_soon(benchmark)
