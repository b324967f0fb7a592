"""Keeping a benchmark alive: what makes it due, and what a scheduled audit does."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from audits.due import due_of
from audits.models import AuditRun, Schedule
from audits.services.set_schedule import keep_schedule, set_schedule
from audits.services.start_audit import start_audit
from audits.services.start_due_audits import look_at_predictions, start_due_audits
from audits.services.work_on_run import work_on_run
from registry.errors import InvalidInput, NotAllowed
from registry.models import Benchmark, Event, Instance
from registry.presets import load_preset
from registry.selectors import system_user
from submissions.services.file_report import file_report
from submissions.services.publish_predictions import publish_predictions
from submissions.services.store_predictions import store_predictions
from tests.audits.verifiers import EvenVerifier
from tests.small import import_file, people, qa_row, small_benchmark, write_csv, write_jsonl

EVEN = "tests.audits.verifiers.EvenVerifier"


@pytest.fixture
def benchmark(db: None, tmp_path: Path, settings: Any) -> Benchmark:
    """Six rows and one verifier."""
    settings.ERRATA_VERIFIERS = [EVEN]
    return small_benchmark(tmp_path)


def audit(benchmark: Benchmark) -> AuditRun:
    """A whole run that somebody asked for."""
    run = start_audit(actor=system_user(), benchmark=benchmark)
    return finished(run)


def finished(run: AuditRun) -> AuditRun:
    """The run, worked to its end."""
    assert work_on_run(run_id=run.pk)
    run.refresh_from_db()
    return run


def make_due(benchmark: Benchmark) -> None:
    """The date has passed."""
    set_schedule(
        actor=system_user(), benchmark=benchmark, next_at=timezone.now() - timedelta(days=1)
    )


def test_by_default_a_benchmark_is_audited_half_yearly(benchmark: Benchmark) -> None:
    due = due_of(benchmark)
    assert (due.schedule.next_at - benchmark.created_at).days == 182
    assert not due.reasons
    assert start_due_audits() == []


def test_what_is_due_by_date_is_audited_once_and_brings_something_new(
    benchmark: Benchmark,
) -> None:
    audit(benchmark)
    make_due(benchmark)
    assert due_of(benchmark).overdue
    (run,) = start_due_audits()
    assert (run.trigger, run.round, run.budget) == ("schedule", 1, 0)
    assert start_due_audits() == []  # it is running


def test_the_date_moves_on_when_something_new_was_looked_at(benchmark: Benchmark) -> None:
    make_due(benchmark)
    (run,) = start_due_audits()
    finished(run)
    due = due_of(benchmark)
    assert not due.overdue
    assert (due.schedule.next_at - run.created_at).days in (181, 182)


def test_with_nothing_new_it_says_so_and_stays_due(
    benchmark: Benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audits.services.finish_run.draw_control", lambda run: 0, raising=False)
    audit(benchmark)
    make_due(benchmark)
    (run,) = start_due_audits()
    finished(run)
    assert due_of(benchmark).overdue
    assert Event.objects.filter(kind="audit.nothing_new", subject_id=run.public_id).exists()
    assert start_due_audits() == []  # not again and again
    row = qa_row(9)
    import_file(write_csv(tmp_path / "more.csv", [row]), upstream="v1/test")
    (run,) = start_due_audits()
    finished(run)
    assert not due_of(benchmark).overdue


def test_a_new_version_of_a_verifier_asks_for_an_audit(
    benchmark: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit(benchmark)
    assert not due_of(benchmark).reasons
    monkeypatch.setattr(EvenVerifier, "version", "2")
    assert [code for code, _ in due_of(benchmark).reasons] == ["verifier"]
    (run,) = start_due_audits()
    assert run.trigger == "verifier"
    finished(run)
    assert not due_of(benchmark).reasons


def test_many_reports_ask_for_an_audit(benchmark: Benchmark) -> None:
    audit(benchmark)
    crew = people(benchmark)
    set_schedule(actor=crew.maintainer, benchmark=benchmark, after_reports=2)
    for key, answer in (("q1", "12"), ("q3", "33")):
        assert not due_of(benchmark).reasons
        file_report(
            actor=crew.user,
            benchmark=benchmark,
            instance=Instance.objects.get(key=key),
            category="wrong_answer",
            answer=answer,
            rationale="By the book.",
        )
    assert [code for code, _ in due_of(benchmark).reasons] == ["reports"]
    assert start_due_audits()[0].trigger == "reports"


def test_odd_new_predictions_ask_for_an_audit(db: None, tmp_path: Path, settings: Any) -> None:
    settings.ERRATA_VERIFIERS = [EVEN]
    rows = [qa_row(n, group="fine" if n <= 40 else "odd") for n in range(1, 53)]
    import_file(write_csv(tmp_path / "b.csv", rows), upstream="v1/test")
    benchmark = Benchmark.objects.get()
    audit(benchmark)
    found, newer = (
        store_predictions(
            actor=system_user(),
            benchmark=benchmark,
            path=write_jsonl(
                tmp_path / "p.jsonl",
                [
                    {"id": f"q{n}", "answer": str(10 * n if n <= right else n), "model": model}
                    for n in range(1, 53)
                ],
            ),
            model=model,
            preset=load_preset("question-answer"),
            upstream="v1/test",
        )
        for model, right in (("m", 40), ("newer", 52))
    )
    assert look_at_predictions(benchmark) == ""  # private still
    publish_predictions(actor=system_user(), found=newer)
    assert look_at_predictions(benchmark) == ""
    assert Schedule.objects.get().judged_sets == [newer.pk]
    publish_predictions(actor=system_user(), found=found)  # older, and not yet looked at
    assert "odd: 12 of 12 new predictions disagree" in look_at_predictions(benchmark)
    (run,) = start_due_audits()
    assert run.trigger == "predictions"
    finished(run)
    assert "predictions" not in [code for code, _ in due_of(benchmark).reasons]


def test_only_maintainers_change_the_schedule(benchmark: Benchmark) -> None:
    crew = people(benchmark)
    for actor in (crew.user, crew.contributor, crew.expert):
        with pytest.raises(NotAllowed):
            set_schedule(actor=actor, benchmark=benchmark, every_days=30)
    assert not Schedule.objects.exists()
    with pytest.raises(InvalidInput, match="3650"):
        set_schedule(actor=crew.maintainer, benchmark=benchmark, every_days=0)


def test_the_command_shows_and_changes(benchmark: Benchmark) -> None:
    audit(benchmark)
    out = StringIO()
    call_command(
        "schedule_audits", benchmark.slug, next="2020-05-03", budget="2.50", json=True, stdout=out
    )
    told = json.loads(out.getvalue())
    assert told["overdue"]
    assert told["reasons"] == ["The regular audit was due on 03 May 2020."]
    assert told["budget"] == "2.50 USD"
    assert told["recommended"]


def test_recommendation_follows_what_was_found(benchmark: Benchmark) -> None:
    run = audit(benchmark)
    AuditRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(days=100))
    # Six labels and none found wrong in 100 days: 1 % of six takes 36 days at (0 + 1/6)/100 a day.
    assert due_of(benchmark).recommended_days == 36


def test_what_is_said_meanwhile_of_other_columns_stays(benchmark: Benchmark) -> None:
    make_due(benchmark)
    before = due_of(benchmark).schedule
    set_schedule(actor=system_user(), benchmark=benchmark, budget=7)
    keep_schedule(before, odd="told by a worker that read the schedule earlier")
    after = Schedule.objects.get(benchmark=benchmark)
    assert (after.budget, after.odd) == (7, "told by a worker that read the schedule earlier")
