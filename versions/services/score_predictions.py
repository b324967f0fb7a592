"""Score sets of predictions on releases, and keep what they come to."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from django.db import transaction
from django.utils import timezone
from errata.contract import Contract
from errata.scoring import Judged, Mark, Question, Tally, judge, read_posterior

from audits.calculators.base import band_of, find
from registry.importers.base import Progress, no_progress
from registry.labels import stored_label
from registry.models import Benchmark
from registry.presets import Preset
from registry.selectors import documents, preset_of
from submissions.models import Prediction, PredictionSet
from versions.models import Release, Score
from versions.scores import Job, jobs_of, unscored
from versions.scoring import Answers
from versions.selectors import Row, in_batches, posterior_of, rows_by_release, rows_of

BANDED_KINDS = ("number", "integer")
_CACHED = 1_000  # answers to one question


def score_benchmark(benchmark: Benchmark, *, progress: Progress = no_progress) -> int:
    """Score each set on each published release where that was not done yet; how many scores.

    May run again and beside itself, and may be killed: a score is written whole or not at all.
    """
    releases = jobs_of(benchmark)
    missing = unscored(benchmark, releases)
    return score_predictions(missing, progress=progress)


def score_predictions(
    missing: Mapping[PredictionSet, Sequence[Job]], *, progress: Progress = no_progress
) -> int:
    """Score each set on its jobs, all in one pass over the instances; how many scores were kept."""
    if not missing:
        return 0
    tallies = {(found.pk, job): Tally() for found, jobs in missing.items() for job in jobs}
    benchmark = next(iter(missing)).benchmark
    preset, scorer = preset_of(benchmark), _Scorer(benchmark, missing)
    total = Prediction.objects.filter(prediction_set__in=[each.pk for each in missing]).count()
    done = 0
    for instances in in_batches(_instances(missing)):
        done += scorer.take(instances, tallies)
        progress("scoring", done, total)
    releases = {job.release for jobs in missing.values() for job in jobs}
    sizes = {release.pk: rows_of(release).count() for release in releases}
    return _keep(missing, tallies, scorer.answered, sizes, preset)


class _Seen(NamedTuple):
    """A row of one release in a batch: its content, and a judge for each contract."""

    content: str
    judges: Mapping[str, Callable[[str], Judged]]


class _Scorer:
    """Judges predictions batch by batch; what two releases share is judged once."""

    def __init__(self, benchmark: Benchmark, sets: Mapping[PredictionSet, Sequence[Job]]) -> None:
        self._preset = preset_of(benchmark)
        self._jobs = {found.pk: jobs for found, jobs in sets.items()}
        versions = {found.made_on for found in sets if found.made_on}
        named = Release.objects.filter(benchmark=benchmark, version__in=versions).defer("snapshot")
        made_on = {release.version: release for release in named}
        self._made_on = {found.pk: made_on.get(found.made_on) for found in sets}
        jobs = {job for each in sets.values() for job in each}
        releases = {job.release for job in jobs} | set(made_on.values())
        self._releases = sorted(releases, key=lambda release: release.sequence)
        self.answered = {found.pk: array("q") for found in sets}
        self._contracts = {job.contract.version: job.contract for job in jobs}

    def take(self, instances: list[int], tallies: Mapping[tuple[int, Job], Tally]) -> int:
        """Judge the predictions for some instances, whose ids rise; return how many there are."""
        rows = self._rows(instances)
        within = {"instance__gte": instances[0], "instance__lte": instances[-1]}
        answers = Prediction.objects.filter(prediction_set__in=list(self._jobs), **within)
        count = 0
        told = answers.order_by("instance_id").values_list(
            "prediction_set_id", "instance_id", "answer"
        )
        for found, instance, answer in told.iterator(chunk_size=10_000):
            count += 1
            self.answered[found].append(instance)
            asked = rows[made_on.pk].get(instance) if (made_on := self._made_on[found]) else None
            for job in self._jobs[found]:
                seen = rows[job.release.pk].get(instance)
                tally = tallies[found, job]
                if seen is None:
                    tally.skip(Mark.NOT_IN_RELEASE)
                elif asked is not None and asked.content != seen.content:
                    tally.skip(Mark.INPUT_CHANGED)
                else:
                    tally.add(seen.judges[job.contract.version](answer))
        return count

    def _rows(self, instances: list[int]) -> dict[int, dict[int, _Seen]]:
        """The rows of each release that has some of the instances, by release and instance."""
        loaded = rows_by_release(self._releases, instances)
        different = {id(row): row for rows in loaded.values() for row in rows.values()}
        choices = _choices(different.values())
        seen = {
            key: _Seen(row.content, self._judges(row, choices.get(row.content, ())))
            for key, row in different.items()
        }
        return {
            release: {instance: seen[id(row)] for instance, row in rows.items()}
            for release, rows in loaded.items()
        }

    def _judges(self, row: Row, choices: Sequence[str]) -> dict[str, Callable[[str], Judged]]:
        question = question_of(row, choices, self._preset)
        return {
            version: _Remembering(question, contract)
            for version, contract in self._contracts.items()
        }


class _Remembering:
    """Judges answers to one question, equal ones once."""

    __slots__ = ("_contract", "_known", "_question")

    def __init__(self, question: Question, contract: Contract) -> None:
        self._question, self._contract = question, contract
        self._known: dict[str, Judged] = {}

    def __call__(self, answer: str) -> Judged:
        judged = self._known.get(answer)
        if judged is None:
            judged = judge(answer, self._question, self._contract)
            if len(self._known) < _CACHED:
                self._known[answer] = judged
        return judged


def question_of(row: Row, choices: Sequence[str], preset: Preset) -> Question:
    """A row of a release, as answers are judged by it."""
    label = stored_label(row.kind, row.answer, row.limits)
    calculator = find(row.group) if row.kind in BANDED_KINDS else None
    return Question(
        label=label,
        group=row.group,
        tier=row.tier,
        choices=choices,
        posterior=read_posterior(posterior_of(row), label, preset.rule(row.kind)),
        band=partial(band_of, row.group, kind=row.kind) if calculator is not None else None,
    )


def _choices(rows: Iterable[Row]) -> dict[str, Sequence[str]]:
    """The options of the rows that have any, by content digest."""
    found = documents(row.content for row in rows if row.kind == "choice")
    return {digest: document["inputs"].get("choices", ()) for digest, document in found.items()}


def _instances(sets: Iterable[PredictionSet]) -> Iterator[int]:
    """The instances that any of the sets answers, by rising id."""
    answered = Prediction.objects.filter(prediction_set__in=[found.pk for found in sets])
    ids = answered.order_by("instance_id").values_list("instance_id", flat=True).distinct()
    return ids.iterator(chunk_size=10_000)


@transaction.atomic
def _keep(
    missing: Mapping[PredictionSet, Sequence[Job]],
    tallies: Mapping[tuple[int, Job], Tally],
    answered: Mapping[int, "array[int]"],
    sizes: Mapping[int, int],
    preset: Preset,
) -> int:
    """Write the scores of the sets that are still there, unless another process was first."""
    sets = PredictionSet.objects.filter(pk__in=[found.pk for found in missing]).order_by("pk")
    there = set(sets.select_for_update().values_list("pk", flat=True))
    kept = set(
        Score.objects.filter(prediction_set__in=there).values_list(
            "prediction_set", "release", "contract"
        )
    )
    now, scores = timezone.now(), []
    for (found, job), tally in tallies.items():
        if found not in there or (found, job.release.pk, job.contract.version) in kept:
            continue
        counts = tally.score(release_rows=sizes[job.release.pk], band_cost=preset.band_cost)
        marks = np.frombuffer(bytes(tally.marks), dtype=np.uint8)
        instances, packed = Answers(np.array(answered[found]), marks).packed()
        scores.append(
            Score(
                prediction_set_id=found,
                release=job.release,
                contract=job.contract.version,
                counts=counts.to_dict(),
                instances=instances,
                marks=packed,
                at=now,
            )
        )
    return len(Score.objects.bulk_create(scores, batch_size=500))
