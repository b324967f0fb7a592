"""Several people and workers at the same instant, on a database that lets them."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction

from audits.members import members_of
from audits.models import Case, Decision, Ruling
from audits.services import triage_instances as triaging
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.decide_group import decide_group
from audits.services.import_reports import import_reports
from audits.services.open_group_case import open_group_case
from audits.services.preview_ruling import Settled
from audits.services.take_in_reports import take_in_reports
from audits.services.triage_instances import triage_instances
from registry.errors import ErrataError, InvalidInput, WrongState
from registry.labels import read_label
from registry.locks import lock_head
from registry.models import Benchmark, Head, Instance, Role
from registry.presets import load_preset
from registry.selectors import preset_of, system_user
from registry.services import import_benchmark as importing
from registry.services.create_user import create_user
from registry.services.revise_label import revise_label
from registry.services.set_member import set_member
from submissions.models import Report
from submissions.services.file_report import file_report
from tests.audits.recalculating import PATH, audit, faulty_benchmark
from tests.small import SLUG, People, import_file, people, qa_row, small_benchmark, write_csv

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer"),
]


@pytest.fixture
def benchmark(transactional_db: None, tmp_path: Path) -> Benchmark:
    """Forty rows: q1 is 10 (right within 1), q2 is 20, …"""
    return small_benchmark(tmp_path, 40)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    """One person a role."""
    return people(benchmark)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What each work returned, or how it was refused; all start at the same instant."""
    start = threading.Barrier(len(works))
    outcomes: list[Any] = [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            outcomes[number] = work()
        except Exception as error:  # noqa: BLE001  The test looks at it.
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def until_somebody_waits() -> None:
    """Return as soon as one session of this database waits for another's lock."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(1_000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees one moment
            cursor.execute(query)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def report(benchmark: Benchmark, actor: Any, key: str, answer: str = "1") -> Report:
    return file_report(
        actor=actor,
        benchmark=benchmark,
        instance=Instance.objects.get(benchmark=benchmark, key=key),
        category="wrong_answer",
        answer=answer,
        rationale="because",
    )


@pytest.fixture
def case(benchmark: Benchmark, crew: People) -> Case:
    """An open case on q1."""
    report(benchmark, crew.user, "q1")
    take_in_reports(benchmark.pk)
    return Case.objects.get()


@pytest.fixture
def slow_triage(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Triage that holds its heads until somebody waits for them; set: it holds them."""
    holding, write = threading.Event(), triaging._write_cases

    def wait_then_write(*args: Any) -> Any:
        if threading.current_thread() is not threading.main_thread() and not holding.is_set():
            holding.set()
            until_somebody_waits()
        return write(*args)

    monkeypatch.setattr(triaging, "_write_cases", wait_then_write)
    return holding


def ids(benchmark: Benchmark) -> list[int]:
    return list(Instance.objects.filter(benchmark=benchmark).values_list("pk", flat=True))


def test_a_decision_waits_for_an_audit_and_does_not_break_it(
    benchmark: Benchmark, crew: People, case: Case, slow_triage: threading.Event
) -> None:
    """The audit opens cases while it holds heads; the decision holds the benchmark meanwhile."""
    report(benchmark, crew.user, "q2")
    claim_case(actor=crew.expert, case=case)

    def decide() -> Decision:
        slow_triage.wait(10)
        return decide_case(
            actor=crew.expert, case=case, outcome="confirm", rationale="It is right."
        )

    triaged, decided = at_once(
        lambda: triage_instances(benchmark=benchmark, instance_ids=ids(benchmark)), decide
    )
    assert isinstance(decided, Decision), decided
    assert triaged.opened == 1
    assert set(Case.objects.values_list("instance__key", "status")) == {
        ("q1", "decided"),
        ("q2", "open"),
    }


def test_an_import_waits_for_an_audit_and_does_not_break_it(
    benchmark: Benchmark, crew: People, slow_triage: threading.Event, tmp_path: Path
) -> None:
    report(benchmark, crew.user, "q2")
    path = write_csv(tmp_path / "new.csv", [qa_row(n, answer="7") for n in range(1, 41)])

    def bring() -> Any:
        slow_triage.wait(10)
        return import_file(path)

    triaged, imported = at_once(
        lambda: triage_instances(benchmark=benchmark, instance_ids=ids(benchmark)), bring
    )
    assert not isinstance(imported, Exception), imported
    assert imported.counts["changed"] == 40
    assert triaged.opened == 1


def test_one_of_two_experts_gets_a_case(benchmark: Benchmark, crew: People, case: Case) -> None:
    second = create_user(actor=system_user(), username="second")
    set_member(actor=system_user(), benchmark=benchmark, user=second, role=Role.EXPERT)
    outcomes = at_once(
        lambda: claim_case(actor=crew.expert, case=case),
        lambda: claim_case(actor=second, case=case),
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, Case)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, WrongState)]
    assert (len(won), len(lost)) == (1, 1)
    case.refresh_from_db()
    assert case.claimed_by == won[0].claimed_by


def test_one_report_sent_many_times_at_once_is_one(benchmark: Benchmark, crew: People) -> None:
    filed = at_once(*[lambda: report(benchmark, crew.user, "q3")] * 6)
    assert {one.public_id for one in filed} == {Report.objects.get().public_id}


def test_a_report_sees_the_decision_it_waited_for(benchmark: Benchmark, crew: People) -> None:
    """Whoever proposes what was just decided is told so instead of reopening the label."""
    instance = Instance.objects.get(key="q1")
    held = threading.Event()

    def decide() -> None:
        with transaction.atomic():
            head = lock_head(instance)
            held.set()
            until_somebody_waits()
            revise_label(
                actor=system_user(),
                instance=instance,
                label=read_label("12", "number", preset_of(benchmark)),
                expected=head.revision,
                reason="It is 12.",
                cause=("decision", "x"),
                at=head.revision.at,
            )

    def send() -> Report:
        held.wait(10)
        return report(benchmark, crew.user, "q1", "12")

    decided, sent = at_once(decide, send)
    assert decided is None
    assert isinstance(sent, InvalidInput)
    assert sent.code == "no_difference"


def test_bulk_reports_while_an_import_moves_labels(
    benchmark: Benchmark, crew: People, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read against labels that the import then moves is looked at again."""
    path = write_csv(
        tmp_path / "reports.csv", [{"row": f"q{n}", "answer": "7"} for n in range(1, 41)]
    )
    corrected = write_csv(tmp_path / "new.csv", [qa_row(n, answer="7") for n in range(20, 41)])
    writing, write = threading.Event(), importing._write_batch

    def write_slowly(*args: Any) -> None:
        write(*args)
        writing.set()
        until_somebody_waits()

    monkeypatch.setattr(importing, "_write_batch", write_slowly)

    def send() -> dict[str, int]:
        writing.wait(10)
        return import_reports(
            actor=crew.contributor,
            benchmark=benchmark,
            path=path,
            preset=load_preset("question-answer"),
            upstream="v1/test",
        )

    imported, sent = at_once(lambda: import_file(corrected), send)
    assert not isinstance(imported, Exception), imported
    assert (sent["rows"], sent["filed"], sent["no_difference"]) == (40, 19, 21)
    assert Report.objects.count() == 19


def test_the_same_bulk_reports_at_once_are_filed_once(
    benchmark: Benchmark, crew: People, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "reports.csv", [{"row": f"q{n}", "answer": "7"} for n in range(1, 41)]
    )
    counts = at_once(
        *[
            lambda: import_reports(
                actor=crew.contributor,
                benchmark=benchmark,
                path=path,
                preset=load_preset("question-answer"),
                upstream="v1/test",
            )
        ]
        * 3
    )
    assert sorted(count["filed"] for count in counts) == [0, 0, 40]
    assert Report.objects.count() == 40
    assert take_in_reports(benchmark.pk) == 40
    assert Case.objects.count() == 40
    assert Head.objects.filter(benchmark__slug=SLUG).count() == 40


def test_reports_are_taken_in_once_by_many_workers(benchmark: Benchmark, crew: People) -> None:
    for number in range(1, 11):
        report(benchmark, crew.user, f"q{number}")
    done = at_once(*[lambda: take_in_reports(benchmark.pk)] * 4)
    assert not [one for one in done if isinstance(one, ErrataError | Exception)]
    assert Case.objects.count() == 10


def test_one_of_two_rulings_on_a_group_wins(tmp_path: Path, settings: Any) -> None:
    """Whoever comes second finds the case decided, and writes nothing."""
    settings.ERRATA_VERIFIERS = [PATH]
    faulty = faulty_benchmark(tmp_path, slug="faulty")
    crew = people(faulty)
    audit(faulty)
    group = claim_case(actor=crew.expert, case=Case.objects.get(instance=None))
    settles = [Settled(member.key, 1) for member in members_of(group)[:6]]

    def rule() -> Ruling:
        return decide_group(
            actor=crew.expert, case=group, outcome="correct", rationale="So.",
            category="wrong_answer", settles=settles,
        )  # fmt: skip

    outcomes = at_once(rule, rule, rule)
    assert [type(each).__name__ for each in outcomes].count("Ruling") == 1
    assert sum(isinstance(each, WrongState) for each in outcomes) == 2
    assert (Ruling.objects.count(), Decision.objects.count()) == (1, 6)


def test_a_ruling_and_a_single_decision_do_not_block_each_other(
    tmp_path: Path, settings: Any
) -> None:
    """One of them wins the label that both want; neither waits for ever."""
    settings.ERRATA_VERIFIERS = [PATH]
    faulty = faulty_benchmark(tmp_path, slug="faulty")
    crew = people(faulty)
    report(faulty, crew.user, "q1", "10")
    take_in_reports(faulty.pk)
    audit(faulty)
    group = claim_case(actor=crew.expert, case=Case.objects.get(instance=None))
    single = claim_case(actor=crew.expert, case=Case.objects.get(instance__key="q1", status="open"))
    settles = [Settled(member.key, 1) for member in members_of(group) if member.objected]

    def rule() -> Ruling:
        return decide_group(
            actor=crew.expert, case=group, outcome="correct", rationale="So.",
            category="wrong_answer", settles=settles,
        )  # fmt: skip

    def decide() -> Decision:
        return decide_case(actor=crew.expert, case=single, outcome="confirm", rationale="So.")

    ruled, decided = at_once(rule, decide)
    # The ruling leaves labels alone that somebody decides by itself.
    assert isinstance(ruled, WrongState), ruled
    assert isinstance(decided, Decision), decided


def test_two_ends_of_runs_open_one_group_case(tmp_path: Path, settings: Any) -> None:
    settings.ERRATA_VERIFIERS = [PATH]
    faulty = faulty_benchmark(tmp_path, slug="faulty")
    opened = at_once(
        *[lambda: open_group_case(benchmark=faulty, group="coma", reasons=["So."])] * 4
    )
    assert {case.pk for case in opened} == {Case.objects.get(instance=None).pk}
