"""Places in the inputs that a report points to, and reports that come back with new evidence."""

from typing import Any

import pytest
from django.utils import timezone

from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.models import Benchmark, Instance
from submissions.models import Report
from submissions.services.file_report import file_report
from submissions.services.resolve_report import resolve_reports
from tests.small import People


def report(crew: People, benchmark: Benchmark, q1: Instance, **changed: Any) -> Report:
    fields: dict[str, Any] = {"actor": crew.user, "category": "other", "rationale": "See."}
    return file_report(**(fields | changed), benchmark=benchmark, instance=q1)


def declined(crew: People, benchmark: Benchmark, q1: Instance, **changed: Any) -> Report:
    filed = report(crew, benchmark, q1, **changed)
    resolve_reports(
        actor=crew.expert,
        instance=q1,
        accepted=False,
        outcome="No.",
        decision="",
        at=timezone.now(),
    )
    filed.refresh_from_db()
    return filed


@pytest.mark.parametrize(
    ("quote", "start", "text"),
    [
        ({"text": "ten times"}, 8, "ten times"),
        ({"text": " ten\n  times "}, 8, "ten times"),
        ({"text": "t", "input": "question", "start": 11}, 12, "t"),  # the nearest one
        ({"text": "t", "input": "question", "start": 9}, 8, "t"),
        ({"text": "1?", "input": "no such input"}, 18, "1?"),
    ],
)
def test_a_span_is_found_where_it_stands(
    quote: dict[str, Any], start: int, text: str, crew: People, benchmark: Benchmark, q1: Instance
) -> None:
    filed = report(crew, benchmark, q1, spans=[quote])
    assert filed.spans == [
        {"input": "question", "start": start, "end": start + len(text), "text": text}
    ]
    assert "What is ten times 1?"[start : start + len(text)] == text


@pytest.mark.parametrize(
    "spans", [[{"text": "eleven times"}], [{"text": "x" * 2_001}], [{"text": "t"}] * 21]
)
def test_a_span_that_does_not_stand_there_is_refused(
    spans: list[dict[str, Any]], crew: People, benchmark: Benchmark, q1: Instance
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        report(crew, benchmark, q1, spans=spans)
    assert refusal.value.details["field"] == "quotes"
    assert not Report.objects.exists()


def test_empty_quotes_are_none(crew: People, benchmark: Benchmark, q1: Instance) -> None:
    filed = report(crew, benchmark, q1, spans=[{"text": "  "}], affects_model=True)
    assert (filed.spans, filed.affects_model) == ([], True)


def test_a_declined_report_comes_back_once_with_new_evidence(
    crew: People, benchmark: Benchmark, q1: Instance
) -> None:
    old = declined(crew, benchmark, q1, evidence="Page 3.")
    for evidence in ("", " Page  3. "):
        with pytest.raises(InvalidInput) as refusal:
            report(crew, benchmark, q1, reopens=old, evidence=evidence)
        assert refusal.value.code == "no_new_evidence"
    again = report(crew, benchmark, q1, reopens=old, evidence="Page 4.")
    assert again.reopens == old
    again_declined = declined(crew, benchmark, q1)  # the same open one: resolved
    assert again_declined == again
    with pytest.raises(WrongState) as second:
        report(crew, benchmark, q1, reopens=old, evidence="Page 5.")
    assert second.value.code == "reopened_already"


def test_a_quote_is_new_evidence(crew: People, benchmark: Benchmark, q1: Instance) -> None:
    old = declined(crew, benchmark, q1)
    assert report(crew, benchmark, q1, reopens=old, spans=[{"text": "ten times"}]).reopens == old


def test_what_cannot_be_reopened(crew: People, benchmark: Benchmark, q1: Instance) -> None:
    new: dict[str, Any] = {"evidence": "Page 4."}
    open_one = report(crew, benchmark, q1)
    q2 = Instance.objects.get(key="q2")
    with pytest.raises(WrongState):
        report(crew, benchmark, q1, reopens=open_one, category="wrong_answer", **new)
    old = declined(crew, benchmark, q1)
    with pytest.raises(NotAllowed):
        report(crew, benchmark, q1, reopens=old, actor=crew.contributor, **new)
    with pytest.raises(InvalidInput):
        report(crew, benchmark, q2, reopens=old, **new)
    assert Report.objects.count() == 1
