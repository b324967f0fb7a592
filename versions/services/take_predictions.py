"""Take in a model's answers, with the release that they were made on."""

from pathlib import Path

from registry.importers.base import Progress, no_progress
from registry.models import Benchmark, User
from registry.presets import Preset
from submissions.models import PredictionSet
from submissions.services.store_predictions import store_predictions
from versions.selectors import get_release, latest_releases


def take_predictions(
    *,
    actor: User,
    benchmark: Benchmark,
    path: Path,
    model: str,
    preset: Preset,
    upstream: str = "",
    family: str = "",
    made_on: str = "",
    progress: Progress = no_progress,
) -> PredictionSet:
    """Store the predictions of one file; a worker scores them.

    Where nobody names the release whose inputs the model was given, it is the latest one of now;
    before the first release there is none, and no inputs are compared.
    """
    latest = latest_releases([benchmark]).defer("snapshot").first()
    release = get_release(benchmark, made_on) if made_on else latest
    return store_predictions(
        actor=actor,
        benchmark=benchmark,
        path=path,
        model=model,
        preset=preset,
        upstream=upstream,
        family=family,
        made_on=release.version if release else "",
        progress=progress,
    )
