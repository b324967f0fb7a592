"""Which stored answers are graded differently by a changed label; costs follow the changes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count
from errata.contract import Contract

from registry.models import Benchmark
from registry.selectors import documents
from submissions.models import Prediction, PredictionSet
from submissions.selectors import visible_predictions
from versions.diffing import DiffEntry, Side
from versions.same_meaning import Wordings
from versions.selectors import in_batches, release_rows, releases_of


def count_flips(
    benchmark: Benchmark, entries: Iterable[DiffEntry], contract: Contract
) -> list[dict[str, Any]]:
    """Per set of predictions: its answers, and how many a changed label makes right or wrong.

    Of sets that are published; others are nobody's business.

    Labels whose inputs changed too are left out, since nobody answered those, and so are answers
    to other inputs than theirs; but not where the wordings mean the same.
    """
    sets = visible_predictions(benchmark, None).order_by("model", "pk")
    listed = list(sets.annotate(answers=Count("predictions")))
    asked = _Asked(benchmark, listed)
    gained, lost = Counter[int](), Counter[int]()
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
    return [
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
    """The options of the labels that have any, by content digest."""
    sides: list[Side] = [entry.after for entry in batch if entry.after]
    found = documents(side.content for side in sides if side.kind == "choice")
    return {digest: document["inputs"].get("choices", ()) for digest, document in found.items()}
