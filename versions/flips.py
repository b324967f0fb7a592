"""Which stored answers are graded differently by a changed label; costs follow the changes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from errata.contract import Contract

from registry.models import Benchmark
from registry.selectors import documents
from submissions.models import Prediction, PredictionSet
from submissions.selectors import visible_predictions
from versions.diffing import DiffEntry, Side
from versions.models import Change, Release
from versions.same_meaning import Wordings
from versions.selectors import counts_by, diff, in_batches, release_rows, releases_of, rows_of


@dataclass(frozen=True, slots=True)
class Flips:
    """Per set of predictions its answers and how many a changed label makes right or wrong; and how
    many of all these there are in each group."""

    sets: list[dict[str, Any]]
    groups: Counter[str]


def count_flips(benchmark: Benchmark, entries: Iterable[DiffEntry], contract: Contract) -> Flips:
    """What changed labels do to stored answers.

    Of sets that are published; others are nobody's business.

    Labels whose inputs changed too are left out, since nobody answered those, and so are answers
    to other inputs than theirs; but not where the wordings mean the same.
    """
    sets = visible_predictions(benchmark, None).order_by("model", "pk")
    listed = list(sets.annotate(answers=Count("predictions")))
    asked = _Asked(benchmark, listed)
    gained, lost, groups = Counter[int](), Counter[int](), Counter[str]()
    for batch in in_batches(entry for entry in entries if _is_regraded(entry)):
        sides = {entry.instance: (entry.before, entry.after) for entry in batch}
        choices, other = _choices(batch), asked.of_others(batch)
        answers = Prediction.objects.filter(
            prediction_set__in=[each.pk for each in listed], instance__in=sides
        ).values_list("prediction_set", "instance", "answer")
        for which, instance, answer in answers.iterator(chunk_size=2_000):
            if (which, instance) in other:
                continue
            was, now = (
                contract.grade_answer(answer, side.label, choices.get(side.content, ())).is_correct
                for side in sides[instance]
                if side
            )
            gained[which] += now and not was
            lost[which] += was and not now
            if now != was:
                groups[sides[instance][1].group] += 1
    told = [
        {
            "predictions": each.public_id,
            "model": each.model,
            "answers": each.answers,
            "gained": gained[each.pk],
            "lost": lost[each.pk],
            "flipped": gained[each.pk] + lost[each.pk],
        }
        for each in listed
    ]
    return Flips(told, groups)


def comparable_answers(release: Release, entries: Iterable[DiffEntry]) -> Counter[str]:
    """By group the stored answers that count on a release and on the one before.

    Of the same sets: their answers to rows that both hold, asking what was answered.
    `entries` are how the two differ.
    """
    sets: dict[str, list[int]] = defaultdict(list)
    for found in visible_predictions(release.benchmark, None):
        sets[found.made_on].append(found.pk)
    named = releases_of(release.benchmark).filter(version__in=sets).defer("snapshot")
    made_on = {each.version: each for each in named}
    new = {e.instance for e in entries if not e.asks_the_same}
    answers = Counter[str]()
    for version, some in sets.items():
        old, other = made_on.get(version), new
        if old is not None and old.sequence < release.sequence - 1:
            since = (e for e in diff(old, release) if e.before is not None)
            other = new | {e.instance for e in since if not e.asks_the_same}
        answers.update(_answers(rows_of(release), some))
        for batch in in_batches(other):
            answers.subtract(_answers(rows_of(release).filter(instance__in=batch), some))
    return answers


def _answers(rows: QuerySet[Change], sets: Sequence[int]) -> dict[str, int]:
    return counts_by(rows.filter(instance__predictions__prediction_set__in=sets), "after__group")


def _is_regraded(entry: DiffEntry) -> bool:
    return entry.asks_the_same and entry.gradable_differently


class _Asked:
    """Which inputs each set was made on, where it names a release."""

    def __init__(self, benchmark: Benchmark, sets: Sequence[PredictionSet]) -> None:
        versions = {each.made_on for each in sets if each.made_on}
        self._releases = list(releases_of(benchmark).filter(version__in=versions).defer("snapshot"))
        self._sets = {
            release.version: [each.pk for each in sets if each.made_on == release.version]
            for release in self._releases
        }

    def of_others(self, batch: Iterable[DiffEntry]) -> set[tuple[int, int]]:
        """Set and instance of the answers to other inputs than those of the entries."""
        contents = {entry.instance: entry.after.content for entry in batch if entry.after}
        wordings = Wordings(contents)
        return {
            (which, row.instance)
            for release in self._releases
            for row in release_rows(release, contents)
            if not wordings.same(row.instance, row.content, contents[row.instance])
            for which in self._sets[release.version]
        }


def _choices(batch: Iterable[DiffEntry]) -> dict[str, Any]:
    """The options of the labels that have any, by content digest; two wordings have two."""
    sides: list[Side] = [side for e in batch for side in (e.before, e.after) if side]
    found = documents(side.content for side in sides if side.kind == "choice")
    return {digest: document["inputs"].get("choices", ()) for digest, document in found.items()}
