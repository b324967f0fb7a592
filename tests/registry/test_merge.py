"""Importing over labels that people have moved since: decisions stay, upstream's news arrives."""

from pathlib import Path
from typing import Any

import pytest

from registry.errors import InvalidInput
from registry.labels import read_label
from registry.models import Benchmark, Head, Instance, Revision
from registry.selectors import inputs_of, preset_of, system_user
from registry.services.retire_instance import retire_instance, reword_instance
from registry.services.revise_label import revise_label
from tests.small import import_file, qa_row, small_benchmark, write_csv


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Six rows: q1 is 10, q2 is 20, …"""
    return small_benchmark(tmp_path)


def decide(benchmark: Benchmark, key: str, answer: str) -> Revision:
    instance = Instance.objects.get(benchmark=benchmark, key=key)
    return revise_label(
        actor=system_user(),
        instance=instance,
        label=read_label(answer, "number", preset_of(benchmark)),
        expected=None,
        reason="decided",
        cause=("decision", "d"),
        at=instance.head.revision.at,
    )


def again(tmp_path: Path, **changed: str) -> dict[str, int]:
    """Import the file again, its first row changed."""
    rows = [qa_row(1, **changed), *(qa_row(number) for number in range(2, 7))]
    return dict(import_file(write_csv(tmp_path / "again.csv", rows), upstream="v1/test").counts)


def head(key: str) -> Any:
    return Head.objects.select_related("revision__content").get(instance__key=key)


def test_the_same_file_never_undoes_a_decision(benchmark: Benchmark, tmp_path: Path) -> None:
    decide(benchmark, "q1", "12")
    counts = again(tmp_path)
    assert counts["revisions"] == counts["decisions_kept"] == 0
    assert counts["identical"] == 6
    assert head("q1").revision.answer == "12"


def test_a_decided_label_stays_when_upstream_changes_it(
    benchmark: Benchmark, tmp_path: Path
) -> None:
    decide(benchmark, "q1", "12")
    counts = again(tmp_path, answer="14", lower="13", upper="15")
    assert (counts["changed"], counts["decisions_kept"], counts["revisions"]) == (1, 1, 0)
    assert head("q1").revision.answer == "12"


def test_other_news_reaches_a_decided_instance(benchmark: Benchmark, tmp_path: Path) -> None:
    decide(benchmark, "q1", "12")
    counts = again(tmp_path, question="What is 10 times 1?", group="ones")
    assert (counts["inputs_changed"], counts["revisions"]) == (1, 1)
    new = head("q1").revision
    assert (new.number, new.answer, new.group, new.origin) == (3, "12", "ones", "upstream")
    assert (inputs_of(new) or {})["question"] == "What is 10 times 1?"
    assert again(tmp_path, question="What is 10 times 1?", group="ones")["revisions"] == 0


def test_a_reworded_question_stays_reworded(benchmark: Benchmark, tmp_path: Path) -> None:
    instance = Instance.objects.get(benchmark=benchmark, key="q1")
    inputs = {"question": "Ten times one?"}
    reword_instance(
        actor=system_user(),
        instance=instance,
        inputs=inputs,
        expected=instance.head.revision,
        reason="unclear",
    )
    assert again(tmp_path)["revisions"] == 0
    assert inputs_of(head("q1").revision) == inputs
    assert again(tmp_path, answer="11", lower="10", upper="12")["revisions"] == 1
    assert (head("q1").revision.answer, inputs_of(head("q1").revision)) == ("11", inputs)
    assert again(tmp_path, answer="11", lower="10", upper="12")["revisions"] == 0


def test_what_a_maintainer_retired_stays_retired(benchmark: Benchmark, tmp_path: Path) -> None:
    instance = Instance.objects.get(benchmark=benchmark, key="q1")
    retire_instance(actor=system_user(), instance=instance, reason="flawed")
    assert again(tmp_path, answer="11", lower="10", upper="12")["revisions"] == 0
    assert head("q1").retired is True


def test_another_answer_kind_for_a_decided_label_is_a_conflict(
    benchmark: Benchmark, tmp_path: Path
) -> None:
    decide(benchmark, "q1", "12")
    with pytest.raises(InvalidInput) as refusal:
        again(tmp_path, kind="text", answer="ten", lower="", upper="")
    assert refusal.value.details["problems"] == [{"line": 2, "field": "kind"}]
