"""Scores of random answers beside the plainest way to score them: one by one, nothing shared."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from errata.answers import UnreadableAnswer, parse_answer
from errata.contract import Contract
from errata.grading import InvalidLimits, Label, Verdict, grade, limits_by_rule
from errata.scoring import Counted, Mark
from errata.scoring import Score as Counts

from audits.calculators.base import band_of
from audits.states import Bucket
from registry.contracts import changed_contract, contract_in_force
from registry.labels import stored_label
from registry.models import Benchmark, Instance, User
from registry.presets import Preset
from registry.selectors import documents, preset_of
from registry.services.set_contract import set_contract
from submissions.models import Prediction, PredictionSet
from tests.versions.test_trust import believe
from versions.models import Release, Score
from versions.scores import answers_of, jobs_of
from versions.selectors import Row, posterior_of, release_rows
from versions.services import score_predictions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
BANDED = "Child-Pugh Score for Cirrhosis Mortality"
COST = '[scoring]\nband_cost = "4"\n'
SAID = {
    "number": ("10.5", "10.6", "-2", "4e2", "0", "about 3"),
    "integer": ("5", "6", "6.0", "8", "12", "6.5"),
    "choice": ("A", "b", "one", "(B) two", "C", "three"),
    "date": ("2024-02-29", "2/29/2024", "2023-02-29", "2024-03-01"),
    "text": ("Ada", "ada  ", "Lovelace", ""),
}
ALIKE = ("N/A", "Unknown", "no way to tell", "x\u0301" * 40)


def made_up(draw: random.Random, number: int, *, asks: str = "How much?") -> tuple[str, ...]:
    """A row whose label may be any that its kind allows."""
    kind = draw.choice(list(SAID))
    group = draw.choice(["g", "", BANDED if kind in ("number", "integer") else "h"])
    answer = draw.choice((*SAID[kind][:2], "N/A"))
    choices = '["one","two","three"]' if kind == "choice" else ""
    return (f"r{number}", "test", group, kind, asks, choices, answer, "", "")


@pytest.fixture
def scored(
    small: Benchmark,
    bring: Any,
    cut: Callable[..., Release],
    correct: Any,
    system: User,
    monkeypatch: pytest.MonkeyPatch,
) -> Benchmark:
    """Random rows in three releases under two contracts, and three models' random answers."""
    monkeypatch.setattr(score_predictions, "in_batches", lambda ids: _by_seven(list(ids)))
    draw = random.Random(5)
    rows = [made_up(draw, number) for number in range(60)]
    bring(rows, COST)
    numbers = [row for row in rows if row[3] == "number" and row[6] != "N/A"]
    for row in numbers[:4]:
        believe(small, row[0], (row[6], 0.6), ("12", 0.25), ("N/A", 0.1))
    believe(small, rows[0][0], (rows[0][6], 0.31234), bucket=Bucket.CONTESTED)
    cut(waiver="known")
    again = [(*row[:4], "How much of it?", *row[5:]) for row in rows[::7]]
    kept = [row for place, row in enumerate(rows) if place % 7 and place % 11]
    bring(
        [*again, *kept, *(made_up(draw, number) for number in range(60, 70))],
        COST,
        missing="retire",
    )
    for row in numbers[4:8]:
        if Instance.objects.filter(key=row[0], head__retired=False).exists():
            correct(row[0], "11", lower="9", upper="20")
    cut(waiver="known")
    words = {"version": "1.1.0", "unanswerable": ["no way to tell"]}
    contract = changed_contract(contract_in_force(small), words)
    set_contract(actor=system, benchmark=small, contract=contract)
    bring(rows[:30], COST)
    cut(waiver="known")
    kinds = {row[0]: row[3] for row in rows}
    for model, made_on in (("free", ""), ("early", "1.0.0"), ("late", "2.0.0")):
        found = PredictionSet.objects.create(
            benchmark=small, model=model, file_digest="0" * 64, made_on=made_on, owner=""
        )
        asked = [each for each in Instance.objects.filter(benchmark=small) if draw.random() < 0.8]
        told = [draw.choice(SAID[kinds.get(each.key, "number")] + ALIKE) for each in asked]
        Prediction.objects.bulk_create(
            Prediction(prediction_set=found, instance=each, raw=text, answer=text)
            for each, text in zip(asked, told, strict=True)
        )
    score_predictions.score_benchmark(small)
    return small


def _by_seven(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + 7] for start in range(0, len(ids), 7)]


def test_scores_are_those_of_the_plainest_way(scored: Benchmark) -> None:
    preset = preset_of(scored)
    jobs = {(job.release.version, job.contract.version): job for job in jobs_of(scored)}
    kept = Score.objects.select_related("prediction_set", "release")
    assert (len(jobs), len(kept)) == (5, 15)
    seen = set[int]()
    for score in kept:
        contract = jobs[score.release.version, score.contract].contract
        counts, marks = plainly(score.prediction_set, score.release, contract, preset)
        assert score.counts == counts.to_dict()
        answers = answers_of(score)
        assert answers.marks.tolist() == list(marks.values())
        assert answers.instances.tolist() == list(marks)
        seen |= set(marks.values())
    assert seen == set(Mark)
    totals = [Counts.from_dict(score.counts) for score in kept]
    assert all(sum(getattr(each, name) for each in totals) for name in ("moved", "banded"))


def plainly(
    found: PredictionSet, release: Release, contract: Contract, preset: Preset
) -> tuple[Counts, dict[int, Mark]]:
    """The score and the mark of each instance, grading every answer by itself."""
    held = {row.instance: row for row in release_rows(release)}
    made_on = Release.objects.filter(benchmark=found.benchmark, version=found.made_on).first()
    asked = {row.instance: row.content for row in release_rows(made_on)} if made_on else {}
    counts, marks = Counts(release_rows=len(held), band_cost="4"), {}
    for each in found.predictions.order_by("instance"):
        row, pk = held.get(each.instance_id), each.instance_id
        counts.rows += 1
        if row is None:
            marks[pk] = Mark.NOT_IN_RELEASE
            counts.not_in_release += 1
        elif asked.get(pk, row.content) != row.content:
            marks[pk] = Mark.INPUT_CHANGED
            counts.input_changed += 1
        else:
            marks[pk] = _count(counts, row, each.answer, contract, preset)
    return counts, marks


def _count(counts: Counts, row: Row, answer: str, contract: Contract, preset: Preset) -> Mark:
    label = stored_label(row.kind, row.answer, row.limits)
    choices = ()
    if row.kind == "choice":
        choices = documents([row.content])[row.content]["inputs"]["choices"]

    def graded(by: Label) -> Any:
        return grade(answer, by, choices=choices, unanswerable=contract.unanswerable)

    given = graded(label)
    right = given.verdict is Verdict.CORRECT
    expected = sum(
        round(float(share) * 1_000_000)
        for other, share in _posterior(row, label, preset)
        if graded(other).verdict is Verdict.CORRECT
    )
    home = band_of(row.group, row.answer, row.kind) if row.answer != "N/A" else ""
    there = band_of(row.group, answer, row.kind)
    wrong = given.verdict is Verdict.INCORRECT and not given.abstained
    counts.correct += right
    counts.abstained += given.abstained
    counts.unparsable += given.verdict is Verdict.UNPARSABLE
    counts.expected += expected
    counts.misjudged += 1_000_000 - expected if right else expected
    counts.banded += bool(home)
    counts.moved += bool(home and wrong and there and there != home)
    (counts.unanswerable if row.answer == "N/A" else counts.answerable).add(1, right)
    if row.tier != "contested":
        counts.uncontested.add(1, right)
    if row.group:
        counts.groups.setdefault(row.group, Counted()).add(1, right)
    if given.verdict is Verdict.UNPARSABLE:
        return Mark.UNPARSABLE
    if right:
        return Mark.RIGHTLY_ABSTAINED if given.abstained else Mark.CORRECT
    return Mark.ABSTAINED if given.abstained else Mark.INCORRECT


def _posterior(row: Row, label: Label, preset: Preset) -> list[tuple[Label, str]]:
    told = []
    for number, each in enumerate(json.loads(posterior_of(row))):
        if each["answer"] is None:
            continue
        if not number:
            told.append((label, each["probability"]))
            continue
        try:
            answer = parse_answer(each["answer"], row.kind)  # type: ignore[arg-type]
            limits = limits_by_rule(answer, preset.rule(row.kind))
            told.append((Label(answer, each["answer"], limits), each["probability"]))
        except (UnreadableAnswer, InvalidLimits):
            continue
    return told
