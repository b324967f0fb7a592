"""Filing one report: what is refused, what a retry does, what is recorded."""

from typing import Any

import pytest

from registry.errors import InvalidInput, NotAllowed, NotFound, WrongState
from registry.models import Benchmark, Event, Instance
from registry.services.retire_instance import retire_instance
from submissions.models import Report
from submissions.selectors import get_report
from submissions.services.file_report import file_report
from tests.small import People, hide


def report(crew: People, benchmark: Benchmark, instance: Instance, **changed: Any) -> Report:
    fields = {"actor": crew.user, "category": "wrong_answer", "rationale": "It is 12."}
    return file_report(
        **(fields | {"answer": "12"} | changed), benchmark=benchmark, instance=instance
    )


def test_a_report_is_open_and_recorded(crew: People, benchmark: Benchmark, q1: Instance) -> None:
    filed = report(crew, benchmark, q1, evidence="page 3", seen_in="1.0.0")
    assert (filed.status, filed.answer, filed.author) == ("open", "12", crew.user.public_id)
    event = Event.objects.get(kind="report.filed")
    assert event.subject_id == filed.public_id
    assert event.actor == crew.user.public_id


def test_a_retry_files_nothing_twice(crew: People, benchmark: Benchmark, q1: Instance) -> None:
    assert report(crew, benchmark, q1) == report(crew, benchmark, q1, rationale="again")
    assert Report.objects.count() == 1
    report(crew, benchmark, q1, actor=crew.expert)
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"answer": "twelve"}, "unreadable_answer"),
        ({"answer": "10"}, "no_difference"),
        ({"answer": "10.0"}, "no_difference"),
        ({"answer": "10.9"}, "no_difference"),
        ({"category": "nonsense"}, "invalid_input"),
        ({"rationale": "  "}, "invalid_input"),
        ({"rationale": "x" * 20_001}, "invalid_input"),
    ],
)
def test_what_makes_no_sense_is_refused(
    crew: People, benchmark: Benchmark, q1: Instance, changed: dict[str, str], code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        report(crew, benchmark, q1, **changed)
    assert refusal.value.code == code
    assert not Report.objects.exists()


@pytest.mark.parametrize(("answer", "stored"), [("", ""), ("n/a", "N/A"), (" 12 ", "12")])
def test_answers_are_kept_in_stored_form(
    crew: People, benchmark: Benchmark, q1: Instance, answer: str, stored: str
) -> None:
    assert report(crew, benchmark, q1, answer=answer).answer == stored


def test_a_stranger_may_not_report(crew: People, benchmark: Benchmark, q1: Instance) -> None:
    with pytest.raises(NotAllowed):
        report(crew, benchmark, q1, actor=None)
    assert not Report.objects.exists()


def test_a_hidden_benchmark_does_not_show(crew: People, benchmark: Benchmark, q1: Instance) -> None:
    hide(benchmark)
    with pytest.raises(NotFound):
        report(crew, benchmark, q1)
    assert report(crew, benchmark, q1, actor=crew.contributor).pk


def test_a_retired_label_takes_no_reports(crew: People, benchmark: Benchmark, q1: Instance) -> None:
    retire_instance(actor=crew.maintainer, instance=q1, reason="flawed")
    with pytest.raises(WrongState):
        report(crew, benchmark, q1)


@pytest.mark.parametrize("name", ["", "none", "\0", "0" * 26, "x" * 500])
def test_what_is_no_report_is_not_found(benchmark: Benchmark, name: str) -> None:
    with pytest.raises(NotFound):
        get_report(name, None)
