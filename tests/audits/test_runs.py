"""Audit runs: resumable, repeatable, no vote twice, a broken verifier breaks nothing else."""

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from audits import catalog
from audits.items import load_items
from audits.lease import Lease, LeaseLost
from audits.models import Attempt, AuditRun, Case, Chunk, Look, Standing, Vote
from audits.services import start_audit as starting
from audits.services.audit_chunk import audit_chunk
from audits.services.start_audit import start_audit
from audits.services.take_in_reports import take_in_reports
from audits.services.triage_instances import triage_instances
from audits.services.work_on_run import work_on_run
from audits.summary import summary_of
from audits.tasks import sweep_audits
from audits.verifiers.base import Ballot
from registry.errors import InvalidInput, NotAllowed
from registry.models import Benchmark, Event, Head, Instance, User
from registry.presets import load_preset
from registry.selectors import system_user
from registry.services.retire_instance import retire_instance, revive_instance
from submissions.models import PredictionSet
from submissions.services.file_report import file_report
from submissions.services.publish_predictions import publish_predictions
from submissions.services.store_predictions import store_predictions
from tests.audits.verifiers import MoodyVerifier
from tests.small import import_file, people, qa_row, small_benchmark, write_csv, write_jsonl

EVEN, MOODY, SLOW = (f"tests.audits.verifiers.{name}Verifier" for name in ("Even", "Moody", "Slow"))


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Six rows: q1 is 10 (right within 1), q2 is 20, …"""
    return small_benchmark(tmp_path)


def audit(benchmark: Benchmark, *names: str) -> AuditRun:
    """A whole run of the named verifiers, or of all."""
    run = start_audit(actor=system_user(), benchmark=benchmark, verifiers=list(names) or None)
    assert work_on_run(run_id=run.pk)
    run.refresh_from_db()
    return run


def doubted() -> Any:
    """The cases that objections and reports opened: all but the control sample."""
    return Case.objects.filter(control=False)


def written() -> tuple[int, ...]:
    """How many facts and cases there are."""
    return tuple(model.objects.count() for model in (Vote, Look, Case, Standing))


@pytest.fixture
def plugged(settings: Any) -> Any:
    """Only these verifiers, for one test."""

    def plug(*paths: str) -> None:
        settings.ERRATA_VERIFIERS = list(paths)

    return plug


def test_a_verifier_is_plugged_in_by_its_path(benchmark: Benchmark, plugged: Any) -> None:
    plugged(EVEN)
    run = audit(benchmark)
    assert run.status == "finished"
    table = summary_of(run)["verifiers"]["even"]
    assert (table["objections"], table["abstentions"], table["failures"]) == (3, 3, 0)
    doubted = Standing.objects.exclude(bucket="clear").values_list("instance__key", "bucket")
    assert set(doubted) == {(f"q{n}", "possible") for n in (2, 4, 6)}


@pytest.mark.parametrize(
    "path",
    [
        "tests.audits.verifiers.NamelessVerifier",
        "tests.audits.verifiers.NoSuchVerifier",
        "no.such.module.Verifier",
    ],
)
def test_a_bad_path_is_refused_by_name(plugged: Any, path: str) -> None:
    plugged(path)
    with pytest.raises(InvalidInput, match=path):
        catalog.verifiers()


def test_two_verifiers_of_one_name_are_refused(plugged: Any) -> None:
    plugged(EVEN, EVEN)
    with pytest.raises(InvalidInput, match="even"):
        catalog.verifiers()


def test_an_unknown_verifier_starts_nothing(benchmark: Benchmark) -> None:
    with pytest.raises(InvalidInput, match="nonsense"):
        start_audit(actor=system_user(), benchmark=benchmark, verifiers=["nonsense"])
    assert not AuditRun.objects.exists()


def test_only_maintainers_audit(benchmark: Benchmark) -> None:
    crew = people(benchmark)
    for actor in (crew.user, crew.contributor, crew.expert):
        with pytest.raises(NotAllowed):
            start_audit(actor=actor, benchmark=benchmark)
    assert not AuditRun.objects.exists()
    assert start_audit(actor=crew.maintainer, benchmark=benchmark).actor == (
        crew.maintainer.public_id
    )


def test_a_second_run_does_nothing(benchmark: Benchmark) -> None:
    first = audit(benchmark)
    before, events = written(), Event.objects.filter(kind="cases.triaged").count()
    second = audit(benchmark)
    assert written() == before
    assert Event.objects.filter(kind="cases.triaged").count() == events
    one, two = summary_of(first), summary_of(second)
    assert one["votes"] > 0
    assert (two["votes"], two["reused"]) == (0, one["votes"] + one["reused"])
    assert one["verifiers"] == two["verifiers"]
    assert two["cases"]["opened"] == 0


def test_equal_inputs_share_one_vote(db: None, tmp_path: Path, plugged: Any) -> None:
    rows = [qa_row(n, answer="20", lower="19", upper="21") for n in range(1, 4)]
    import_file(write_csv(tmp_path / "same.csv", rows), upstream="v1/test")
    plugged(EVEN)
    audit(Benchmark.objects.get())
    assert (Vote.objects.count(), Look.objects.count()) == (1, 3)


def test_a_failure_is_an_attempt_and_is_tried_again(
    benchmark: Benchmark, plugged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged(MOODY, EVEN)
    monkeypatch.setattr(MoodyVerifier, "fails", frozenset({"30"}))
    first = summary_of(audit(benchmark))
    attempt = Attempt.objects.get()
    assert (attempt.verifier, attempt.instance.key) == ("moody", "q3")
    assert "no opinion on 30" in attempt.error
    assert first["verifiers"]["moody"]["failures"] == 1
    assert first["verifiers"]["moody"]["votes"] == 5
    assert first["verifiers"]["even"]["votes"] == 6
    monkeypatch.setattr(MoodyVerifier, "fails", frozenset())
    second = summary_of(audit(benchmark))
    assert second["votes"] == 1
    assert second["verifiers"]["moody"]["votes"] == 6
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize(
    "ballot",
    [
        Ballot("object", "a NUL\0"),
        Ballot("object", "half a \ud800 pair"),
        Ballot("object", "so", category="c" * 51),
        Ballot("maybe"),
    ],
)
def test_a_vote_that_cannot_be_kept_harms_no_other(
    benchmark: Benchmark, plugged: Any, monkeypatch: pytest.MonkeyPatch, ballot: Ballot
) -> None:
    plugged(MOODY, EVEN)
    monkeypatch.setattr(MoodyVerifier, "judge", lambda self, given: ballot)
    run = audit(benchmark)
    assert run.status == "finished"
    table = summary_of(run)["verifiers"]
    assert (table["moody"]["votes"], table["moody"]["failures"]) == (0, 6)
    assert table["even"]["votes"] == 6


def test_a_worker_that_was_taken_over_writes_nothing(benchmark: Benchmark) -> None:
    run = start_audit(actor=system_user(), benchmark=benchmark)
    chunk = Chunk.objects.get(run=run)
    Chunk.objects.filter(pk=chunk.pk).update(status="claimed", token="mine")
    chunk.refresh_from_db()
    lease = Lease(chunk)
    Chunk.objects.filter(pk=chunk.pk).update(token="somebody else's")
    before = written()
    with pytest.raises(LeaseLost):
        audit_chunk(run=run, chunk=chunk, lease=lease)
    assert written() == before
    assert Chunk.objects.get().status == "claimed"
    lease.renew()
    with pytest.raises(LeaseLost):
        lease.check()


def test_an_expired_chunk_is_taken_over(benchmark: Benchmark) -> None:
    run = start_audit(actor=system_user(), benchmark=benchmark)
    expired = {"status": "claimed", "token": "dead", "claims": 1}
    Chunk.objects.update(**expired, lease_until=Now() + timedelta(seconds=60))
    assert not work_on_run(run_id=run.pk)
    Chunk.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert work_on_run(run_id=run.pk)
    chunk = Chunk.objects.get()
    assert (chunk.status, chunk.claims) == ("done", 2)


def test_a_chunk_that_breaks_five_times_is_failed_and_shown(
    benchmark: Benchmark, plugged: Any, capsys: Any
) -> None:
    plugged(EVEN)
    run = start_audit(actor=system_user(), benchmark=benchmark)
    plugged(MOODY)  # The verifier of the run is gone.
    assert work_on_run(run_id=run.pk)
    run.refresh_from_db()
    chunk = Chunk.objects.get()
    assert (run.status, chunk.status, chunk.claims) == ("failed", "failed", 5)
    assert summary_of(run)["failed_chunks"] == 1
    assert Event.objects.get(kind="audit.finished").data["failed_chunks"] == 1


def test_an_empty_benchmark_has_an_audit_that_ends(benchmark: Benchmark) -> None:
    Head.objects.update(retired=True)
    run = start_audit(actor=system_user(), benchmark=benchmark)
    assert run.status == "finished"


def test_queries_do_not_grow_with_the_chunk(db: None, tmp_path: Path) -> None:
    small = small_benchmark(tmp_path, 3, slug="three")
    large = small_benchmark(tmp_path, 30, slug="thirty")
    counts = []
    for one in (small, large):
        for key in ("q1", "q2"):
            report(one, key)
        run = start_audit(actor=system_user(), benchmark=one)
        with CaptureQueriesContext(connection) as queries:
            work_on_run(run_id=run.pk)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def report(benchmark: Benchmark, key: str, answer: str = "17") -> None:
    file_report(
        actor=system_user(),
        benchmark=benchmark,
        instance=Instance.objects.get(benchmark=benchmark, key=key),
        category="wrong_answer",
        answer=answer,
        rationale="because",
    )


def test_reports_are_contested_and_share_one_case(benchmark: Benchmark) -> None:
    report(benchmark, "q1", "12")
    report(benchmark, "q1", "13")
    assert take_in_reports(benchmark.pk) == 1
    assert take_in_reports(benchmark.pk) == 0
    case = Case.objects.get()
    assert (case.bucket, case.reasons[0]) == ("contested", "2 open reports.")
    audit(benchmark)
    assert doubted().get().pk == case.pk
    standing = Standing.objects.get(instance__key="q1")
    assert (standing.bucket, standing.tier, standing.case_id) == (
        "contested",
        "contested",
        case.pk,
    )


def test_a_report_raises_a_case_that_was_only_possible(benchmark: Benchmark, plugged: Any) -> None:
    """A sampled case is there already: it becomes contested at once, claimed or not."""
    plugged(EVEN)
    audit(benchmark)
    instance = Instance.objects.get(key="q2")
    assert Standing.objects.get(pk=instance.pk).bucket == "possible"
    Standing.objects.update(case=None)
    Case.objects.all().delete()
    sampled = Case.objects.create(
        benchmark=benchmark, instance=instance, bucket="possible", score=0.2, status="claimed"
    )
    report(benchmark, "q2")
    sweep_audits()
    case = Case.objects.get()
    assert (case.pk, case.bucket, case.score) == (sampled.pk, "contested", 1.0)
    assert case.reasons[0] == "1 open report."
    assert Standing.objects.get(pk=instance.pk).bucket == "contested"


def test_the_sweep_takes_in_reports_and_ends_runs(benchmark: Benchmark) -> None:
    report(benchmark, "q2")
    run = start_audit(actor=system_user(), benchmark=benchmark)
    Chunk.objects.update(status="done")
    sweep_audits()
    run.refresh_from_db()
    assert run.status == "finished"
    assert doubted().get().instance.key == "q2"


def predict(
    actor: User, benchmark: Benchmark, path: Path, model: str, *, publish: bool = True, **more: str
) -> PredictionSet:
    """Upload the answers of a model."""
    preset = load_preset("question-answer")
    found = store_predictions(
        actor=actor, benchmark=benchmark, path=path, model=model, preset=preset, **more
    )
    if publish:
        publish_predictions(actor=actor, found=found)
    return found


def test_consensus_sees_new_predictions(benchmark: Benchmark, tmp_path: Path) -> None:
    preset = load_preset("question-answer")
    rows = {"one": ["10", "25"], "two": ["10", "25"]}
    audit(benchmark)
    for model, answers in rows.items():
        lines = [
            {preset.predictions["id"][0]: f"q{n}", preset.predictions["answer"][0]: answer}
            for n, answer in enumerate(answers, start=1)
        ]
        path = write_jsonl(tmp_path / f"{model}.jsonl", lines)
        predict(system_user(), benchmark, path, model, upstream="v1/test")
    table = summary_of(audit(benchmark))
    assert table["votes"] == 2
    said = Vote.objects.filter(verifier="consensus").values_list("looks__instance__key", "verdict")
    assert dict(said) == {"q1": "support", "q2": "object"}
    path = write_jsonl(tmp_path / "three.jsonl", [{"id": "q2", "prediction": "25"}])
    private = predict(system_user(), benchmark, path, "three", publish=False)
    assert audit(benchmark, "consensus").survey["consensus"]["families"].keys() == {"one", "two"}
    publish_predictions(actor=system_user(), found=private)
    again = audit(benchmark, "consensus")
    assert sorted(again.survey["consensus"]["families"]) == ["one", "three", "two"]
    assert Look.objects.filter(instance__key="q2", vote__verifier="consensus").count() == 2
    doubted = dict(Standing.objects.values_list("instance__key", "bucket"))
    assert doubted.pop("q1") == "clear"
    assert doubted.pop("q2") != "clear"  # how much, depends on what the survey finds


def test_no_party_is_a_witness_of_its_own_report(benchmark: Benchmark, tmp_path: Path) -> None:
    """Predictions of whoever reported a label are left out there, and nowhere else."""
    crew = people(benchmark)
    told = [("one", "pines", crew.maintainer), ("two", "", system_user()), ("three", "", None)]
    for model, family, owner in told:
        path = write_jsonl(
            tmp_path / f"{model}.jsonl", [{"id": f"q{n}", "prediction": "15"} for n in (1, 2)]
        )
        predict(owner or crew.contributor, benchmark, path, model, family=family)
    instance = Instance.objects.get(key="q1")
    file_report(
        actor=crew.maintainer, benchmark=benchmark, instance=instance, category="wrong_answer",
        answer="15", rationale="because",
    )  # fmt: skip
    ids = sorted(Instance.objects.values_list("pk", flat=True))
    items = {one.item.key: one.item for one in load_items(benchmark, ids[0], ids[-1])}
    assert items["q1"].predictions == {"two": "15"}
    assert items["q2"].predictions == {"one": "15", "two": "15"}  # three was never admitted
    assert items["q2"].families == {"one": "pines"}


def test_an_input_that_changes_back_brings_its_vote_back(db: None, tmp_path: Path) -> None:
    """A twin with another answer goes, comes back and goes: what was said last counts each time."""
    rows = [qa_row(1), qa_row(2, question="What is ten times 1?", explanation="20")]
    import_file(write_csv(tmp_path / "twins.csv", rows), upstream="v1/test")
    benchmark, twin = Benchmark.objects.get(), Instance.objects.get(key="q2")
    buckets, votes = [], []
    for turn in (None, retire_instance, revive_instance, retire_instance):
        if turn:
            turn(actor=system_user(), instance=twin, reason="So.")
        audit(benchmark, "contradiction")
        buckets.append(Standing.objects.get(instance__key="q1").bucket)
        votes.append(Vote.objects.filter(looks__instance__key="q1").distinct().count())
    assert buckets == ["contested", "clear", "contested", "clear"]
    assert votes == [1, 2, 2, 2]  # no vote is asked for twice
    looks = Look.objects.filter(instance__key="q1").order_by("pk")
    said = list(looks.values_list("vote__verdict", flat=True))
    assert said == ["object", "abstain", "object", "abstain"]
    before = written()
    audit(benchmark, "contradiction")
    assert written() == before


def test_an_objection_ends_with_its_reason(db: None, tmp_path: Path) -> None:
    """Of two that contradict each other one is retired: the other one's open case closes."""
    rows = [qa_row(1), qa_row(2, question="What is ten times 1?", explanation="20")]
    import_file(write_csv(tmp_path / "twins.csv", rows), upstream="v1/test")
    benchmark = Benchmark.objects.get()
    audit(benchmark)
    assert set(Case.objects.values_list("status", "bucket")) == {("open", "contested")}
    assert Case.objects.count() == 2
    twin = Instance.objects.get(key="q2")
    retire_instance(actor=system_user(), instance=twin, reason="a duplicate")
    triage_instances(benchmark=benchmark, instance_ids=[twin.pk])
    audit(benchmark)
    assert set(doubted().values_list("status", flat=True)) == {"closed"}
    assert set(Standing.objects.values_list("bucket", "tier")) == {("clear", "unreviewed")}
    before = written()
    audit(benchmark)
    assert written() == before
    revive_instance(actor=system_user(), instance=twin, reason="no duplicate after all")


def test_claimed_cases_are_left_to_their_expert(benchmark: Benchmark, plugged: Any) -> None:
    report(benchmark, "q1")
    take_in_reports(benchmark.pk)
    Case.objects.update(status="claimed", claimed_by="expert")
    benchmark.reports.update(status="declined")
    triage_instances(benchmark=benchmark, instance_ids=[Instance.objects.get(key="q1").pk])
    case = Case.objects.get()
    assert (case.status, case.claimed_by) == ("claimed", "expert")


def test_run_audit_prints_one_json_object(benchmark: Benchmark, capsys: Any) -> None:
    call_command("run_audit", benchmark.slug, "--wait", "--json")
    result = json.loads(capsys.readouterr().out)
    assert result["status"] == "finished"
    assert result["instances"] == 6
    call_command("run_audit", benchmark.slug, "--wait", "--verifier", "limits")
    out = capsys.readouterr().out
    assert ": 6 instances, 0 new votes, 6 reused." in out
    assert "explanation" not in out


def test_run_audit_refuses_with_exit_2(benchmark: Benchmark, capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("run_audit", benchmark.slug, "--verifier", "nonsense")
    assert ended.value.code == 2
    assert "nonsense" in capsys.readouterr().err


def test_rebuild_mends_heads_and_standings(benchmark: Benchmark, capsys: Any) -> None:
    report(benchmark, "q1")
    take_in_reports(benchmark.pk)
    audit(benchmark)
    call_command("rebuild_heads", benchmark.slug, "--json")
    assert json.loads(capsys.readouterr().out) == {
        "instances": 6, "heads": 0, "standings": 0, "keys": [],
    }  # fmt: skip
    Head.objects.filter(instance__key="q2").update(retired=True)
    Head.objects.filter(instance__key="q3").delete()
    Standing.objects.update(bucket="clear", tier="expert")
    with pytest.raises(SystemExit) as ended:
        call_command("rebuild_heads", benchmark.slug, "--json")
    assert ended.value.code == 1
    result = json.loads(capsys.readouterr().out)
    assert (result["heads"], result["standings"], result["keys"]) == (2, 6, ["q2", "q3"])
    assert Standing.objects.get(instance__key="q1").tier == "contested"
    assert Head.objects.filter(retired=False).count() == 6


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_and_doubles_nothing(
    tmp_path: Path, plugged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker is killed in its second chunk; another one finishes what it left."""
    plugged(SLOW)
    monkeypatch.setattr(starting, "CHUNK_SIZE", 2)
    benchmark = small_benchmark(tmp_path)
    run = start_audit(actor=system_user(), benchmark=benchmark)
    judged = tmp_path / "judged"
    judged.touch()
    monkeypatch.setenv("ERRATA_TEST_JUDGED", str(judged))
    monkeypatch.setenv("ERRATA_TEST_SECONDS", "0.3")
    monkeypatch.setenv("ERRATA_VERIFIERS", SLOW)
    name = connection.settings_dict["NAME"]
    worker = subprocess.Popen([sys.executable, "-m", "tests.audits.worker", str(name), str(run.pk)])
    try:
        while len(judged.read_text().split()) < 3 and worker.poll() is None:
            time.sleep(0.01)
    finally:
        worker.kill()
        worker.wait()
    assert sorted(run.chunks.values_list("status", flat=True)) == ["claimed", "done", "waiting"]
    assert Vote.objects.count() == 2
    assert not work_on_run(run_id=run.pk)  # the lease of the dead one still runs
    Chunk.objects.filter(status="claimed").update(lease_until=Now() - timedelta(seconds=1))
    sweep_audits()
    assert work_on_run(run_id=run.pk)
    assert Vote.objects.count() == 6
    assert Look.objects.count() == 6
    times = judged.read_text().split()
    assert sorted(set(times)) == ["10", "20", "30", "40", "50", "60"]
    assert times.count("10") == times.count("20") == 1  # what was written is not asked again
