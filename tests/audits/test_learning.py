"""What decisions do to the labels that are left: standings, cases, the queue."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audits import selectors
from audits.decided import decided_of
from audits.learned import calibration_of, effort_of
from audits.models import Belief as Learned
from audits.models import Case, Standing
from audits.selectors import benchmarks_to_learn, current_policy
from audits.services import learn_benchmark as learning
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.learn_benchmark import learn_benchmark
from audits.services.set_policy import set_policy
from audits.services.take_in_reports import take_in_reports
from audits.services.triage_instances import triage_instances
from audits.tasks import learn_benchmark as learn_task
from audits.tasks import sweep_audits
from registry.models import Benchmark, Instance
from submissions.services.file_report import file_report
from tests.audits.test_voices import vote
from tests.small import People, import_file, people, qa_row, write_csv

ROWS = 24
GROUPS = ("bad", "good", "new")


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """24 rows, q1 is 10, … in three groups; a weak verifier objects to half of each."""
    return made(tmp_path, "small-qa")


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    """One person a role."""
    return people(benchmark)


def made(folder: Path, slug: str, *, backwards: bool = False) -> Benchmark:
    rows = [qa_row(n, group=GROUPS[(n - 1) // 8]) for n in range(1, ROWS + 1)]
    import_file(write_csv(folder / f"{slug}.csv", rows), slug=slug)
    for n in sorted(range(1, ROWS + 1, 2), reverse=backwards):
        vote(f"q{n}", "object", str(10 * n + 5), verifier="weak", sentence="hm")
    return Benchmark.objects.get(slug=slug)


def decide(benchmark: Benchmark, crew: People, key: str, answer: str = "") -> None:
    """Report a label and let the expert correct it to `answer`, or confirm it."""
    instance = Instance.objects.get(benchmark=benchmark, key=key)
    file_report(
        actor=crew.user,
        benchmark=benchmark,
        instance=instance,
        category="wrong_answer",
        answer=answer or "1",
        rationale="because",
    )
    take_in_reports(benchmark.pk)
    case = Case.objects.get(instance=instance, status="open")
    claim_case(actor=crew.expert, case=case)
    outcome = {"outcome": "correct", "answer": answer, "category": "wrong_answer"}
    decide_case(
        actor=crew.expert,
        case=case,
        rationale="so it is",
        **(outcome if answer else {"outcome": "confirm"}),
    )


def decide_some(benchmark: Benchmark, crew: People) -> None:
    """All of the bad group's objections are right, none of the good group's."""
    for n in (1, 3, 5):
        decide(benchmark, crew, f"q{n}", str(10 * n + 5))
    for n in (9, 11, 13):
        decide(benchmark, crew, f"q{n}")


def scores(benchmark: Benchmark) -> dict[str, float]:
    rows = Standing.objects.filter(benchmark=benchmark)
    return dict(rows.values_list("instance__key", "score"))


def test_decisions_teach_what_is_left(benchmark: Benchmark, crew: People) -> None:
    decide_some(benchmark, crew)
    learn_benchmark(benchmark_id=benchmark.pk)
    score = scores(benchmark)
    assert score["q7"] > score["q17"] > score["q15"], "bad, unseen and good group"
    assert score["q8"] > score["q16"], "where nobody objects as well"
    assert Standing.objects.get(instance__key="q7").bucket == "contested"


def test_decided_labels_come_with_the_evidence_of_before(
    benchmark: Benchmark, crew: People
) -> None:
    decide_some(benchmark, crew)
    decided = {d.evidence.key: d for d in decided_of(benchmark, current_policy(benchmark))}
    assert decided["q1"].evidence.answer == "10"
    assert [v.verifier for v in decided["q1"].evidence.voices] == ["weak"]
    assert (decided["q1"].wrong, decided["q1"].truth) == (True, "15")
    assert (decided["q1"].category, decided["q1"].reason) == ("wrong_answer", "so it is")
    assert (decided["q9"].wrong, decided["q9"].truth) == (False, "90")
    assert not decided["q9"].evidence.open_reports


def test_nothing_new_teaches_nothing(benchmark: Benchmark, crew: People) -> None:
    assert benchmarks_to_learn() == []
    decide(benchmark, crew, "q1", "15")
    assert benchmarks_to_learn() == [benchmark]
    sweep_audits()
    assert benchmarks_to_learn() == []
    before = Learned.objects.get()
    assert not learn_benchmark(benchmark_id=benchmark.pk)
    assert Learned.objects.get().learned_at == before.learned_at


def test_fast_decisions_are_learned_together(benchmark: Benchmark, crew: People) -> None:
    counts = []
    for key, answer in (("q1", "15"), ("q3", "35")):
        decide(benchmark, crew, key, answer)
        learn_task(benchmark.pk)
        counts.append(Learned.objects.get().decisions)
    assert counts == [1, 1]
    sweep_audits()
    assert Learned.objects.get().decisions == 2


def test_a_large_benchmark_rests_between_lessons(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(benchmark, crew, "q1", "15")
    sweep_audits()
    decide(benchmark, crew, "q3", "35")
    with monkeypatch.context() as large:
        large.setattr(selectors, "AT_ONCE", 0)
        large.setattr(selectors, "REST", timedelta(hours=1))
        sweep_audits()
        assert Learned.objects.get().decisions == 1
    sweep_audits()
    assert Learned.objects.get().decisions == 2


def test_whoever_dies_while_learning_leaves_work_for_the_sweep(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide_some(benchmark, crew)

    def die(**_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(learning, "triage_instances", die)
        with pytest.raises(KeyboardInterrupt):
            learn_benchmark(benchmark_id=benchmark.pk)
    assert "q7" not in scores(benchmark)
    assert benchmarks_to_learn() == [benchmark]
    sweep_audits()
    assert Standing.objects.get(instance__key="q7").bucket == "contested"


def test_who_learns_slowly_overwrites_nobody(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker learns from one decision more while this one works it out."""
    decide(benchmark, crew, "q1", "15")
    work_out = learning._work_out

    def slowly(*args: Any) -> Any:
        found = work_out(*args)
        monkeypatch.setattr(learning, "_work_out", work_out)
        decide(benchmark, crew, "q3", "35")
        assert learn_benchmark(benchmark_id=benchmark.pk)
        return found

    monkeypatch.setattr(learning, "_work_out", slowly)
    assert learn_benchmark(benchmark_id=benchmark.pk)
    learned = Learned.objects.get()
    every = next(part for part in learned.state["parts"] if part[0] == ["all"])
    assert (learned.decisions, every[-1]) == (2, 2)
    assert benchmarks_to_learn() == []


def test_who_is_overtaken_while_judging_notes_nothing(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker learns from more and dies before it has judged the labels by that."""
    decide(benchmark, crew, "q1", "15")

    def die(**_: Any) -> None:
        raise KeyboardInterrupt

    def overtaken(_: Benchmark) -> None:
        decide(benchmark, crew, "q3", "35")
        with monkeypatch.context() as other:
            other.setattr(learning, "triage_instances", die)
            with pytest.raises(KeyboardInterrupt):
                learn_benchmark(benchmark_id=benchmark.pk)

    with monkeypatch.context() as patched:
        patched.setattr(learning, "fill_queue", overtaken)
        learn_benchmark(benchmark_id=benchmark.pk)
    assert Learned.objects.get().policy == learning.UNFINISHED
    assert benchmarks_to_learn() == [benchmark]


def test_a_new_policy_moves_labels(benchmark: Benchmark, crew: People) -> None:
    learn_benchmark(benchmark_id=benchmark.pk)
    set_policy(actor=crew.maintainer, benchmark=benchmark, text="[doubt]\nweak = 0.9")
    assert benchmarks_to_learn() == [benchmark]
    sweep_audits()
    contested = Standing.objects.filter(bucket="contested").values_list("instance__key", flat=True)
    assert sorted(contested) == sorted(f"q{n}" for n in range(1, ROWS + 1, 2))


@pytest.mark.django_db
def test_the_same_work_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whether it is learned after every decision or once, in whatever order votes were written."""
    once = story(tmp_path, learn_each=False, backwards=False)
    assert once == story(tmp_path, learn_each=True, backwards=True)
    assert b"probability" in once
    assert b"decided labels of bad were wrong" in once
    assert once != story(tmp_path, learn_each=False, backwards=False, policy='seed = "another"')


def story(folder: Path, *, learn_each: bool, backwards: bool, policy: str = "") -> bytes:
    """A whole life of a benchmark, told and forgotten again."""
    with transaction.atomic():
        benchmark = made(folder, "small-qa", backwards=backwards)
        crew = people(benchmark)
        if policy:
            set_policy(actor=crew.maintainer, benchmark=benchmark, text=policy)
        ids = list(Instance.objects.values_list("pk", flat=True))
        triage_instances(benchmark=benchmark, instance_ids=ids)
        for n, answer in ((1, "15"), (9, ""), (3, "35"), (11, ""), (5, "55"), (13, "")):
            decide(benchmark, crew, f"q{n}", answer)
            if learn_each:
                learn_benchmark(benchmark_id=benchmark.pk)
        learn_benchmark(benchmark_id=benchmark.pk)
        told = dump(benchmark)
        transaction.set_rollback(True)
    return told


def dump(benchmark: Benchmark) -> bytes:
    """Everything triage says, without ids and times."""
    standings = Standing.objects.filter(benchmark=benchmark).order_by("instance__key")
    cases = Case.objects.filter(benchmark=benchmark, status="open").order_by("instance__key")
    learned = Learned.objects.get(benchmark=benchmark)
    return json.dumps(
        [
            list(
                standings.values_list(
                    *("instance__key", "bucket", "tier", "score", "reasons", "posterior"),
                    *("revision__answer", "case__status"),
                )
            ),
            list(
                cases.values_list(
                    "instance__key", "bucket", "score", "reasons", "priority", "priority_reason"
                )
            ),
            [learned.state, learned.reliability, learned.effort, learned.proposals],
        ]
    ).encode()


def test_as_many_queries_for_many_labels_as_for_few(tmp_path: Path, db: None) -> None:
    counts = []
    for rows in (12, 48):
        with transaction.atomic():
            file = write_csv(tmp_path / f"{rows}.csv", [qa_row(n) for n in range(1, rows + 1)])
            import_file(file)
            benchmark = Benchmark.objects.get()
            crew = people(benchmark)
            decide(benchmark, crew, "q1", "15")
            decide(benchmark, crew, "q2")
            with CaptureQueriesContext(connection) as queries:
                learn_benchmark(benchmark_id=benchmark.pk)
            counts.append(len(queries))
            transaction.set_rollback(True)
    assert counts[0] == counts[1] < 60


def test_a_group_whose_errors_look_alike_wants_a_ruling(benchmark: Benchmark, crew: People) -> None:
    decide_some(benchmark, crew)
    learn_benchmark(benchmark_id=benchmark.pk)
    (proposal,) = Learned.objects.get(benchmark=benchmark).proposals
    assert proposal["group"] == "bad"
    assert (proposal["wrong"], proposal["decided"]) == (3, 3)
    assert proposal["sentence"].startswith("3 of 3 decided labels of bad were wrong alike")
    left = {f"q{n}" for n in range(1, 9)} - decided_keys(benchmark)
    assert set(proposal["keys"]) == left
    case = Case.objects.get(benchmark=benchmark, group="bad", status="open")
    assert case.reasons == [proposal["sentence"]]
    assert not Case.objects.filter(instance__key__in=left, status="open").exists()


def decided_keys(benchmark: Benchmark) -> set[str]:
    found = decided_of(benchmark, current_policy(benchmark))
    return {one.evidence.key for one in found}


def test_what_somebody_reported_comes_first(benchmark: Benchmark, crew: People) -> None:
    decide_some(benchmark, crew)
    set_policy(actor=crew.maintainer, benchmark=benchmark, text="sampled = 1.0")
    file_report(
        actor=crew.user,
        benchmark=benchmark,
        instance=Instance.objects.get(key="q16"),
        category="wrong_answer",
        answer="1",
        rationale="because",
    )
    take_in_reports(benchmark.pk)
    for _ in range(2):  # as opened, and as ordered
        first = Case.objects.filter(status="open").order_by("-priority", "pk").first()
        assert first is not None
        assert first.instance.key == "q16"
        learn_benchmark(benchmark_id=benchmark.pk)
    first.refresh_from_db()
    assert first.priority_reason.startswith("reported; ")


def test_no_more_cases_wait_than_the_policy_says(benchmark: Benchmark, crew: People) -> None:
    text = "open_cases = 3\n[doubt]\nweak = 0.9"
    set_policy(actor=crew.maintainer, benchmark=benchmark, text=text)
    vote("q20", "object", "1", verifier="limits")
    sweep_audits()
    waiting = Case.objects.filter(status="open")
    assert waiting.count() == 3
    assert waiting.filter(instance__key="q20").exists(), "the most doubtful first"
    contested = Standing.objects.filter(bucket="contested")
    assert contested.count() == 13, "a label that is held back is contested all the same"
    for key in ("q2", "q4"):
        file_report(
            actor=crew.user,
            benchmark=benchmark,
            instance=Instance.objects.get(key=key),
            category="wrong_answer",
            answer="1",
            rationale="because",
        )
    take_in_reports(benchmark.pk)
    assert waiting.count() == 5, "what somebody asks for is never held back"
    case = Case.objects.get(instance__key="q20")
    claim_case(actor=crew.expert, case=case)
    decide_case(actor=crew.expert, case=case, outcome="confirm", rationale="so")
    assert waiting.count() == 4
    sweep_audits()
    assert waiting.count() == 5


def test_pages_show_effort_order_and_calibration(
    benchmark: Benchmark, crew: People, client: Any
) -> None:
    ids = list(Instance.objects.values_list("pk", flat=True))
    set_policy(actor=crew.maintainer, benchmark=benchmark, text="sampled = 1.0")
    triage_instances(benchmark=benchmark, instance_ids=ids)
    for key, outcome in (("q1", "correct"), ("q3", "correct"), ("q9", "confirm")):
        case = Case.objects.get(instance__key=key)
        claim_case(actor=crew.expert, case=case)
        given = {"answer": "5", "category": "wrong_answer"} if outcome == "correct" else {}
        decide_case(actor=crew.expert, case=case, outcome=outcome, rationale="so", **given)
    learn_benchmark(benchmark_id=benchmark.pk)
    (effort,) = effort_of(benchmark)
    assert (effort["labels"], effort["allowed"]) == (ROWS, 0.05)
    assert 0 < effort["reviews"] < ROWS
    client.force_login(crew.maintainer)
    queue = client.get(f"/b/{benchmark.slug}/cases/").content.decode()
    assert "Reviews still due" in queue
    assert "2 of 2 decided labels of bad were wrong" in queue
    first = Case.objects.filter(status="open").order_by("-priority", "pk").first()
    assert first is not None
    shown = [queue.index(f"/cases/{c.public_id}/") for c in Case.objects.filter(status="open")]
    assert queue.index(f"/cases/{first.public_id}/") == min(shown)
    told = calibration_of(benchmark)
    assert (told["labels"], [dot.bin.wrong for dot in told["dots"]]) == (3, [2])
    cards = client.get(f"/b/{benchmark.slug}/verifiers/").content.decode()
    assert "Do doubts come true?" in cards
    assert "<circle" in cards
