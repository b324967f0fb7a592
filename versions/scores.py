"""Reading scores of predictions: which there are, which are missing, and what moved."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import combinations, pairwise

from django.db.models import QuerySet
from errata.contract import Contract
from errata.scoring import Score as Counts

from registry.errors import InvalidInput
from registry.models import Benchmark
from registry.permissions import Reader
from registry.remembering import remembered
from submissions.models import Prediction, PredictionSet
from submissions.selectors import visible_predictions
from versions.models import Release, Score
from versions.scoring import (
    Answers,
    Pairs,
    Places,
    Rank,
    change_of,
    moved,
    pair,
    pair_models,
    rank_models,
)
from versions.selectors import (
    counts_by,
    in_batches,
    published_releases,
    release_rows,
    rows_of,
)

MODELS, RELEASES = 50, 12
SHOWN = 200


@dataclass(frozen=True, eq=False, slots=True)
class Job:
    """A release to score on, and the contract to read answers by."""

    release: Release
    contract: Contract


def contracts_of(releases: Iterable[Release]) -> dict[int, Contract]:
    """The contracts of several releases by their ids, whose snapshots need not be loaded.

    One snapshot at a time and once only, since each holds the whole changelog of its release.
    """

    def told(release: Release) -> str:
        snapshot = Release.objects.values_list("snapshot", flat=True).get(pk=release.pk)
        return json.dumps(json.loads(snapshot)["contract"])

    return {
        release.pk: _contract(remembered(["contract", release.public_id], partial(told, release)))
        for release in releases
    }


@lru_cache(maxsize=64)
def _contract(text: str) -> Contract:
    return Contract.from_dict(json.loads(text))


def jobs_of(benchmark: Benchmark) -> list[Job]:
    """Every published release under its own contract, and under that of each later release.

    So any two versions can be compared under the contract of the newer one, and no number that was
    told once changes.
    """
    releases = list(published_releases(benchmark).order_by("sequence").defer("snapshot"))
    known = contracts_of(releases)
    contracts = [known[release.pk] for release in releases]
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
    """The scores of sets on releases by set, release and contract, answers left out."""
    found = Score.objects.filter(prediction_set__in=sets, release__in=releases).defer(*_HEAVY)
    return {(score.prediction_set_id, score.release_id, score.contract): score for score in found}


def answers_of(score: Score) -> Answers:
    """What each prediction of the set came to."""
    return Answers.unpacked(score.instances, score.marks)


def parts_of(score: Score) -> Counts:
    """The counts of a score."""
    return Counts.from_dict(score.counts)


@dataclass(frozen=True, slots=True)
class Cell:
    """A model on a release: its score, None where it is not scored yet.

    `old` and `new` are the versions between which to look for what moved: the release before and
    this one; of the oldest, this one and the newest. Empty where there is one release alone.
    """

    release: Release
    score: Counts | None
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Line:
    """A model in the grid: its score on each release.

    `rank` speaks of the newest release, None where the model is not scored there.
    """

    found: PredictionSet
    cells: list[Cell]
    rank: Rank | None


@dataclass(frozen=True, slots=True)
class Grid:
    """Models by releases, oldest release first, and every pair of models on the newest one.

    `more` says that there are more models or releases than are shown.
    """

    releases: list[tuple[Release, str]]  # with the version of its contract
    lines: list[Line]
    pairs: list[tuple[PredictionSet, PredictionSet, Pairs]]
    more: bool


def grid_of(benchmark: Benchmark, reader: Reader) -> Grid:
    """The newest MODELS sets that the reader may see, on the newest RELEASES releases.

    Each release is scored under its own contract.
    """
    found = list(published_releases(benchmark).defer("snapshot")[: RELEASES + 1])
    contracts = contracts_of(found)
    sets = list(visible_predictions(benchmark, reader).order_by("-pk")[: MODELS + 1])
    more = len(found) > RELEASES or len(sets) > MODELS
    releases = [(each, contracts[each.pk].version) for each in reversed(found[:RELEASES])]
    sets = sets[:MODELS]
    scores = scores_of(sets, [release for release, _ in releases])
    ranks, pairs = _compared(sets, *releases[-1]) if releases else ({}, {})
    versions, lines = [release.version for release, _ in releases], []
    between = list(pairwise(versions))
    between = [(versions[0], versions[-1]) if between else ("", ""), *between] if versions else []
    for each in sets:
        known = [scores.get((each.pk, release.pk, contract)) for release, contract in releases]
        cells = [
            Cell(release, score and parts_of(score), *steps)
            for (release, _), score, steps in zip(releases, known, between, strict=True)
        ]
        lines.append(Line(each, cells, ranks.get(each.pk)))
    lines.sort(key=_standing)
    by_id = {each.pk: each for each in sets}
    told = [(by_id[one], by_id[other], pair) for (one, other), pair in pairs.items()]
    return Grid(releases, lines, told, more)


def _standing(line: Line) -> tuple[float, str]:
    """Best first; equal ones by name."""
    last = line.cells[-1].score if line.cells else None
    return -(last.accuracy or 0.0 if last else -1.0), line.found.model


def _compared(
    sets: Iterable[PredictionSet], release: Release, contract: str
) -> tuple[dict[int, Rank], dict[tuple[int, int], Pairs]]:
    """The ranks of the sets on a release, and each pair of them, which is compared once for all."""
    found = Score.objects.filter(prediction_set__in=sets, release=release, contract=contract)
    named = dict(found.order_by("prediction_set").values_list(*_NAMED))
    answers = _Answers(found)
    pairs = {
        (one, other): remembered(
            ["pair", named[one], named[other], release.public_id, contract],
            partial(answers.pair, one, other),
        )
        for one, other in combinations(named, 2)
    }
    return rank_models(list(named), pairs), pairs


_NAMED = ("prediction_set", "prediction_set__public_id")


class _Answers:
    """The answers behind some scores of one release, loaded once two are to be compared."""

    def __init__(self, scores: QuerySet[Score]) -> None:
        self._scores = scores

    def pair(self, one: int, other: int) -> Pairs:
        """Compare those of two sets."""
        return pair_models(self._loaded[one], self._loaded[other])

    @cached_property
    def _loaded(self) -> dict[int, Answers]:
        """By set; sets that answer the same instances share what names them."""
        loaded, same = {}, dict[bytes, Places]()
        for score in self._scores.iterator(chunk_size=1):
            answers = answers_of(score)
            instances = same.setdefault(bytes(score.instances), answers.instances)
            loaded[score.prediction_set_id] = Answers(instances, answers.marks)
        return loaded


def history_of(found: PredictionSet) -> list[tuple[Release, str, Counts | None]]:
    """The score of a set on each release under the contract of that, newest first."""
    releases = list(published_releases(found.benchmark).defer("snapshot")[:RELEASES])
    scores, contracts = scores_of([found], releases), contracts_of(releases)
    told = []
    for release in releases:
        contract = contracts[release.pk].version
        score = scores.get((found.pk, release.pk, contract))
        told.append((release, contract, score and parts_of(score)))
    return told


@dataclass(frozen=True, slots=True)
class Move:
    """A prediction that is graded differently on two releases, with the label of each.

    `how` is gained, lost, or, where it counts on one of both alone, entered or left.
    """

    key: str
    group: str
    answer: str
    before: str | None
    after: str | None
    how: str


@dataclass(frozen=True, slots=True)
class Movement:
    """What moved between two releases under one contract; `groups` are (name, flips, rows)."""

    contract: str
    pairs: Pairs
    groups: list[tuple[str, int, int]]
    moves: list[Move]
    total: int


def movement_of(
    found: PredictionSet, old: Release, new: Release, *, start: int = 0, size: int = SHOWN
) -> Movement | None:
    """What moved for a set from one release to a newer one; None while it is not scored on both.

    Both are read by the contract of the newer one. `moves` are `size` of them from `start` on.
    """
    if old.sequence > new.sequence:
        raise InvalidInput(
            f"{old.version} is newer than {new.version}; name the older one first.",
            code="wrong_order",
        )
    contract = contracts_of([new])[new.pk].version
    scores = Score.objects.filter(prediction_set=found, contract=contract)
    kept = {s.release_id: s for s in scores.filter(release__in=[old.pk, new.pk]).defer(*_HEAVY)}
    if not kept.keys() >= {old.pk, new.pk}:
        return None
    # Neither a score nor a release ever changes, so what moved is worked out once.
    key = [found.public_id, old.public_id, new.public_id, contract]
    steps = _Steps(found, old, new, kept[old.pk], kept[new.pk])
    pairs, groups, total = remembered(["movement", *key], steps.summary)
    # Only the first ones: whoever asks names the start, and would fill the memory with answers.
    moves = (
        steps.moves(start, size)
        if start
        else remembered(["moves", *key, size], partial(steps.moves, 0, size))
    )
    return Movement(contract, pairs, groups, moves, total)


@dataclass(frozen=True)
class _Steps:
    """A set's scores on two releases, whose answers are loaded once they are looked at."""

    found: PredictionSet
    old: Release
    new: Release
    before: Score
    after: Score

    @cached_property
    def _answers(self) -> tuple[Answers, Answers]:
        return answers_of(self.before), answers_of(self.after)

    def summary(self) -> tuple[Pairs, list[tuple[str, int, int]], int]:
        """The pairs, the flips by group, and how many answers moved."""
        before, after = self._answers
        flipped = after.instances[moved(before.marks, after.marks, both=True)]
        groups = _flips(flipped.tolist(), self.new, parts_of(self.after))
        pairs = pair(before.marks, after.marks)
        return pairs, groups, len(moved(before.marks, after.marks))

    def moves(self, start: int, size: int) -> list[Move]:
        """Those from `start` on."""
        before, after = self._answers
        places = moved(before.marks, after.marks)[start : start + size]
        return _moves(self.found, self.old, self.new, before, after, places)


def _flips(instances: list[int], release: Release, counts: Counts) -> list[tuple[str, int, int]]:
    flips = Counter[str]()
    for batch in in_batches(instances):
        flips.update(counts_by(rows_of(release).filter(instance__in=batch), "after__group"))
    rows = {name: part.rows for name, part in counts.groups.items()}
    told = [(name, flips[name], rows.get(name, 0)) for name in flips if name]
    return sorted(told, key=lambda each: (-each[1], each[0]))


def _moves(
    found: PredictionSet,
    old: Release,
    new: Release,
    before: Answers,
    after: Answers,
    places: Places,
) -> list[Move]:
    instances = after.instances[places].tolist()
    was, now = ({row.instance: row for row in release_rows(r, instances)} for r in (old, new))
    told = Prediction.objects.filter(prediction_set=found, instance__in=instances)
    answers = {pk: (key, raw) for pk, key, raw in told.values_list(*_ANSWER)}
    moves = []
    for place, instance in zip(places.tolist(), instances, strict=True):
        key, answer = answers[instance]
        one, other = was.get(instance), now.get(instance)
        row = other or one
        moves.append(
            Move(
                key=key,
                group=row.group if row else "",
                answer=answer,
                before=one.answer if one else None,
                after=other.answer if other else None,
                how=change_of(before.marks[place], after.marks[place]),
            )
        )
    return moves


_HEAVY = ("marks", "instances")
_ANSWER = ("instance_id", "instance__key", "answer")
