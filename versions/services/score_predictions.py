"""Score sets of predictions on releases, and keep what they come to."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter

import numpy as np
from django.db import transaction
from django.utils import timezone
from errata.contract import Contract
from errata.scoring import Mark, Question, Tally, judge

from registry.importers.base import Progress, no_progress
from registry.models import Benchmark
from registry.presets import Preset
from registry.selectors import preset_of
from submissions.models import Prediction, PredictionSet
from versions.models import Release, Score
from versions.questions import options_of, question_of
from versions.same_meaning import Wordings
from versions.scores import Job, jobs_of, unscored
from versions.scoring import Answers, Cells, Numbers
from versions.selectors import Row, in_batches, rows_by_release, rows_of

_KNOWN = 100_000  # judged answers that are remembered of a batch
_OUT = (Mark.NOT_IN_RELEASE, 0)
_Judged = Callable[[Row, str], tuple[int, int]]


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


class _Scorer:
    """Judges predictions batch by batch; what two releases share is judged once.

    An answer to other words than a release's counts there where both mean the same, as the later
    of the two releases knows it: only that one can know both wordings.
    """

    def __init__(self, benchmark: Benchmark, sets: Mapping[PredictionSet, Sequence[Job]]) -> None:
        self._preset = preset_of(benchmark)
        self._jobs = {found.pk: _by_contract(jobs) for found, jobs in sets.items()}
        versions = {found.made_on for found in sets if found.made_on}
        named = Release.objects.filter(benchmark=benchmark, version__in=versions).defer("snapshot")
        made_on = {release.version: release for release in named}
        self._made_on = {found.pk: made_on.get(found.made_on) for found in sets}
        jobs = {job for each in sets.values() for job in each}
        self._releases = {job.release for job in jobs} | set(made_on.values())
        self._cells = Cells()
        self.answered = {found.pk: array("q") for found in sets}

    def take(self, instances: list[int], tallies: Mapping[tuple[int, Job], Tally]) -> int:
        """Judge the predictions for some instances, whose ids rise; return how many there are."""
        within = {"instance__gte": instances[0], "instance__lte": instances[-1]}
        answers = Prediction.objects.filter(prediction_set__in=list(self._jobs), **within)
        rows = rows_by_release(self._releases, instance__in=answers.values("instance"), **within)
        judges = _Judge(rows, self._preset, self._cells)
        wordings = Wordings(instances)
        count = 0
        ordered = answers.order_by("prediction_set_id", "instance_id").values_list(
            "prediction_set_id", "instance_id", "answer"
        )
        for found, predictions in groupby(ordered.iterator(chunk_size=10_000), key=itemgetter(0)):
            _, answered, given = zip(*predictions, strict=True)
            count += len(given)
            self.answered[found].extend(answered)
            made_on = self._made_on[found]
            asked = list(map(rows[made_on.pk].get, answered)) if made_on else [None] * len(given)
            for jobs in self._jobs[found]:
                outcomes = _Outcomes(given, partial(judges, jobs[0].contract))
                for job in jobs:
                    held = list(map(rows[job.release.pk].get, answered))
                    known = max(made_on.sequence, job.release.sequence) if made_on else 0
                    other = _asks_otherwise(asked, held, partial(wordings.same, sequence=known))
                    told = outcomes.on(held, reworded=other)
                    self._cells.count(tallies[found, job], *told)
        return count


def _asks_otherwise(
    asked: Sequence[Row | None], held: Sequence[Row | None], same: Callable[[int, str, str], bool]
) -> list[int]:
    """The places where what was asked is known, and a release asks something else."""
    return [
        place
        for place, (one, other) in enumerate(zip(asked, held, strict=True))
        if one is not other
        and one
        and other
        and one.content != other.content
        and not same(one.instance, one.content, other.content)
    ]


def _by_contract(jobs: Iterable[Job]) -> list[list[Job]]:
    """The jobs of each contract, oldest release first."""
    ordered = sorted(jobs, key=lambda job: (job.contract.version, job.release.sequence))
    return [list(same) for _, same in groupby(ordered, key=lambda job: job.contract.version)]


class _Judge:
    """Judges answers to the rows of a batch, equal ones once; numbers as `Cells` counts them."""

    def __init__(self, rows: Mapping[int, Mapping[int, Row]], preset: Preset, cells: Cells) -> None:
        self._preset, self._cells = preset, cells
        different = {id(row): row for each in rows.values() for row in each.values()}
        self._choices = options_of(different.values())
        self._questions: dict[int, Question] = {}
        self._known: dict[tuple[str, int, str], tuple[int, int]] = {}

    def __call__(self, contract: Contract, row: Row, answer: str) -> tuple[int, int]:
        """The number of the cell, and how likely the answer is right, in millionths."""
        key = (contract.version, id(row), answer)
        known = self._known.get(key)
        if known is None:
            judged = judge(answer, self._question(row), contract)
            known = self._cells.number(judged.cell), judged.expected
            if len(self._known) < _KNOWN:
                self._known[key] = known
        return known

    def _question(self, row: Row) -> Question:
        question = self._questions.get(id(row))
        if question is None:
            choices = self._choices.get(row.content, ())
            question = self._questions[id(row)] = question_of(row, choices, self._preset)
        return question


class _Outcomes:
    """What some answers come to on one release after the other; a row that stays is judged once."""

    def __init__(
        self, answers: Sequence[str], judge: Callable[[Row, str], tuple[int, int]]
    ) -> None:
        self._answers, self._judge = answers, judge
        self._held: Sequence[Row | None] = [None] * len(answers)
        self._cells = np.full(len(answers), Mark.NOT_IN_RELEASE, dtype=np.int64)
        self._expected = np.zeros(len(answers), dtype=np.int64)

    def on(self, held: Sequence[Row | None], reworded: list[int]) -> tuple[Numbers, Numbers]:
        """The cell of each answer and how likely it is right, by the rows that a release holds."""
        for place, (row, before) in enumerate(zip(held, self._held, strict=True)):
            if row is not before:
                outcome = self._judge(row, self._answers[place]) if row else _OUT
                self._cells[place], self._expected[place] = outcome
        self._held = held
        cells, expected = self._cells.copy(), self._expected.copy()
        cells[reworded], expected[reworded] = Mark.INPUT_CHANGED, 0
        return cells, expected


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
