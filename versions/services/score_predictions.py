"""Grade a set of predictions against the labels of a release."""

from collections.abc import Iterable
from typing import Any

from errata.grading import Grade, grade

from registry.labels import stored_label
from registry.selectors import documents
from submissions.models import PredictionSet
from versions.models import Release
from versions.scoring import Score
from versions.selectors import Row, in_batches, release_rows, snapshot_of


def score_predictions(*, predictions: PredictionSet, release: Release) -> Score:
    """Count how the answers of one model do on a release, by the grading rules of that release."""
    score = Score()
    unanswerable = snapshot_of(release)["grading"]["unanswerable"]
    answers = predictions.predictions.order_by("pk").values_list("instance_id", "answer")
    for batch in in_batches(answers.iterator()):
        rows = {row.instance: row for row in release_rows(release, [pk for pk, _ in batch])}
        choices = _choices(rows.values())
        for pk, answer in batch:
            row = rows.get(pk)
            score.add(row and _grade(answer, row, choices, unanswerable))
    return score


def _grade(answer: str, row: Row, choices: dict[str, list[str]], words: list[str]) -> Grade:
    label = stored_label(row.kind, row.answer, row.limits)
    return grade(answer, label, choices=choices.get(row.content, ()), unanswerable=words)


def _choices(rows: Iterable[Row]) -> dict[str, Any]:
    """The options of the rows that have any, by content digest."""
    found = documents(row.content for row in rows if row.kind == "choice")
    return {digest: document["inputs"].get("choices", ()) for digest, document in found.items()}
