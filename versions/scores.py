"""Reading scores of predictions: which there are, which are missing, and what moved."""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from errata.contract import Contract

from registry.models import Benchmark
from submissions.models import PredictionSet
from versions.models import Release, Score
from versions.scoring import Marks, read_marks
from versions.selectors import published_releases, snapshot_of


@dataclass(frozen=True, eq=False, slots=True)
class Job:
    """A release to score on, and the contract to read answers by."""

    release: Release
    contract: Contract


def contract_of(release: Release) -> Contract:
    """The contract that a release was frozen with."""
    return _contract(json.dumps(snapshot_of(release)["contract"]))


@lru_cache(maxsize=64)
def _contract(text: str) -> Contract:
    return Contract.from_dict(json.loads(text))


def jobs_of(benchmark: Benchmark) -> list[Job]:
    """Every published release under its own contract, and under that of each later release.

    So any two versions can be compared under the contract of the newer one, and no number that was
    told once changes.
    """
    releases = list(published_releases(benchmark).order_by("sequence"))
    contracts = [contract_of(release) for release in releases]
    found = []
    for place, release in enumerate(releases):
        later = {contract.version: contract for contract in contracts[place:]}
        found += [Job(release, contract) for contract in later.values()]
    return found


def unscored(benchmark: Benchmark, jobs: Sequence[Job]) -> dict[PredictionSet, list[Job]]:
    """The sets that lack a score, with the jobs they lack."""
    kept = defaultdict(set)
    known = Score.objects.filter(release__benchmark=benchmark)
    for found, release, contract in known.values_list("prediction_set", "release", "contract"):
        kept[found].add((release, contract))
    sets = PredictionSet.objects.filter(benchmark=benchmark).select_related("benchmark")
    missing = {}
    for each in sets.order_by("pk"):
        lacks = [j for j in jobs if (j.release.pk, j.contract.version) not in kept[each.pk]]
        if lacks:
            missing[each] = lacks
    return missing


def scores_of(
    sets: Iterable[PredictionSet], releases: Iterable[Release]
) -> dict[tuple[int, int, str], Score]:
    """The scores of sets on releases by set, release and contract, their marks left out."""
    found = Score.objects.filter(prediction_set__in=sets, release__in=releases).defer("marks")
    return {(score.prediction_set_id, score.release_id, score.contract): score for score in found}


def marks_of(score: Score) -> Marks:
    """What each prediction of the set came to, in order of the instances' ids."""
    return read_marks(zlib.decompress(score.marks))
