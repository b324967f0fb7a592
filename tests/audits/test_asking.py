"""Models are asked within the hub's limits, and nothing that was paid for is lost or paid twice."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import close_old_connections
from django.db.models import Sum
from django.db.models.functions import Now
from django.utils import timezone

from audits.estimating import estimate
from audits.models import Attempt, AuditRun, Call, Chunk, Endpoint, Look, Share, Vote
from audits.progress import progress_of
from audits.selectors import current_looks
from audits.services import ask_models as asking
from audits.services import start_audit as starting
from audits.services import work_on_run as working
from audits.services.set_schedule import set_schedule
from audits.services.start_audit import start_audit
from audits.services.start_due_audits import start_due_audits
from audits.services.stop_run import resume_run, stop_run
from audits.services.work_on_run import work_on_run
from audits.summary import summary_of
from audits.tasks import sweep_audits
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.labels import read_label
from registry.models import Benchmark, Event, Instance
from registry.selectors import preset_of, system_user
from registry.services.revise_label import revise_label
from tests.audits.asking import DOUBT, GUESS, audit, right, workers, write_panel
from tests.audits.endpoint import Answer, Request, ScriptedEndpoint, fails, says
from tests.small import hide, people, small_benchmark

COST = 15_000  # 15 tokens at 1 per million, in billionths
WAIT = 60.0  # seconds that a test waits at most for what other processes do


@pytest.fixture
def endpoint() -> Iterator[ScriptedEndpoint]:
    """Answers every question rightly."""
    with ScriptedEndpoint(right) as serving:
        yield serving


@pytest.fixture
def panel(endpoint: ScriptedEndpoint, tmp_path: Path, settings: Any) -> Callable[..., Path]:
    """Write the panel and let only these verifiers be asked."""

    def write(*verifiers: str, **more: Any) -> Path:
        settings.ERRATA_PANEL = write_panel(tmp_path, endpoint, **more)
        settings.ERRATA_VERIFIERS = list(verifiers or (GUESS,))
        return settings.ERRATA_PANEL

    return write


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Six rows: q1 is 10 (right within 1), q2 is 20, …"""
    return small_benchmark(tmp_path)


def until(condition: Callable[[], Any]) -> None:
    """Wait until something in the database holds."""
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        close_old_connections()
        time.sleep(0.01)


def samples() -> dict[str, list[int]]:
    """The samples that voted, by question."""
    found: dict[str, list[int]] = {}
    looks = Look.objects.order_by("instance", "vote__sample")
    for key, sample in looks.values_list("instance__key", "vote__sample"):
        found.setdefault(key, []).append(sample)
    return found


def test_every_input_gets_its_samples_once(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    panel()
    run = audit(benchmark)
    assert run.status == "finished"
    assert len(endpoint.requests) == 18
    assert samples() == {f"q{n}": [0, 1, 2] for n in range(1, 7)}
    assert summary_of(run)["hosts"] == [f"127.0.0.1:{endpoint.port}"]
    again = audit(benchmark)
    assert (len(endpoint.requests), summary_of(again)["votes"]) == (18, 0)
    assert Look.objects.count() == 18


def test_a_fresh_round_asks_for_new_samples_and_all_count(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    panel()
    audit(benchmark)
    run = audit(benchmark, fresh=True)
    assert (run.round, len(endpoint.requests)) == (1, 36)
    assert current_looks(benchmark).count() == 36
    assert samples()["q1"] == [0, 1, 2, 3, 4, 5]
    assert summary_of(audit(benchmark))["votes"] == 0  # the round goes on, nothing is new


def test_a_label_only_revision_pays_no_blind_call(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    panel()
    audit(benchmark)
    audit(benchmark, fresh=True)
    instance = Instance.objects.get(key="q1")
    head = instance.head
    revise_label(
        actor=system_user(),
        instance=instance,
        label=read_label("12", "number", preset_of(benchmark)),
        expected=head.revision,
        reason="It is 12.",
        cause=("decision", "x"),
        at=head.revision.at,
    )
    run = audit(benchmark)
    assert len(endpoint.requests) == 36
    assert summary_of(run)["votes"] == 0
    instance.head.refresh_from_db()
    looks = current_looks(benchmark).filter(revision=instance.head.revision_id)
    assert looks.count() == 6  # the votes of both rounds count for the new label too


def test_a_later_stage_hears_the_stage_before(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    def script(request: Request) -> Answer:
        if request.text.startswith("doubt"):
            return says("yes")
        return says("77") if "times 2?" in request.text else right(request)

    endpoint.script = script
    panel(GUESS, DOUBT)
    run = audit(benchmark)
    doubts = [request.text for request in endpoint.requests if request.text.startswith("doubt")]
    assert doubts == ["doubt 77"]
    assert len(endpoint.requests) == 19
    assert summary_of(run)["verifiers"]["doubt"]["objections"] == 1
    audit(benchmark)
    assert len(endpoint.requests) == 19


def test_a_500_is_an_attempt_and_is_asked_again_later(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint, monkeypatch: Any
) -> None:
    monkeypatch.setattr("audits.asking._FIRST_WAIT", 0.01)
    panel()
    endpoint.script = lambda r: fails(500) if "times 3?" in r.text else right(r)
    first = audit(benchmark)
    assert first.status == "finished"
    assert set(Attempt.objects.values_list("instance__key", "verifier")) == {("q3", "guess")}
    assert Vote.objects.count() == 15
    assert len([r for r in endpoint.requests if "times 3?" in r.text]) == 3 * 5
    endpoint.script = right
    asked = len(endpoint.requests)
    audit(benchmark)
    assert len(endpoint.requests) == asked + 3
    assert Vote.objects.count() == 18


def test_a_500_that_passes_is_no_failure(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint, monkeypatch: Any
) -> None:
    monkeypatch.setattr("audits.asking._FIRST_WAIT", 0.01)
    panel(price="1")
    endpoint.script = lambda r: fails(500) if r.number <= 4 else right(r)
    run = audit(benchmark)
    assert (Vote.objects.count(), Attempt.objects.count()) == (18, 0)
    assert run.spent == 18 * COST
    assert Call.objects.filter(outcome="answered").count() == 18


def test_a_refusal_is_an_attempt_and_costs_what_it_cost(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    panel(price="1")
    endpoint.script = lambda r: Answer(refusal="No.", tokens_in=10, tokens_out=5)
    run = audit(benchmark)
    assert (Vote.objects.count(), Attempt.objects.count()) == (0, 18)
    assert run.spent == 18 * COST
    assert set(Call.objects.values_list("outcome", flat=True)) == {"failed"}


def test_an_estimate_is_what_is_then_asked(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    panel(price="2")
    told = estimate(benchmark)
    assert (told.new, told.full_cost, len(endpoint.requests)) == (18, told.cost, 0)
    assert not AuditRun.objects.exists()
    assert told.hosts == [f"127.0.0.1:{endpoint.port}"]
    audit(benchmark)
    assert len(endpoint.requests) == told.new
    assert Call.objects.aggregate(sum=Sum("reserved"))["sum"] == told.cost
    after = estimate(benchmark)
    assert (after.new, after.cost, after.full_cost) == (0, 0, told.cost)
    fresh = estimate(benchmark, fresh=True)
    assert (fresh.round, fresh.new, fresh.cost) == (1, 18, told.cost)


def test_the_command_tells_hosts_and_the_estimate(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint, capsys: Any
) -> None:
    panel(price="1000")
    call_command("schedule_audits", benchmark.slug, "--building-cost", "1000")
    call_command("run_audit", benchmark.slug, "--estimate")
    out = capsys.readouterr().out
    assert f"The text goes to 127.0.0.1:{endpoint.port}." in out
    assert "18 new questions" in out
    assert "that the benchmark cost to build" in out
    call_command("run_audit", benchmark.slug, "--estimate", "--json")
    assert json.loads(capsys.readouterr().out)["new"] == 18
    assert not endpoint.requests
    call_command("run_audit", benchmark.slug, "--wait")
    told = capsys.readouterr()
    assert f"The text goes to 127.0.0.1:{endpoint.port}." in told.err
    assert f"Calls of 127.0.0.1:{endpoint.port} cost 0.2700 USD." in told.out


def test_text_of_a_members_benchmark_leaves_for_nobody(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    panel("audits.verifiers.limits.LimitsVerifier", GUESS)
    hide(benchmark)
    with pytest.raises(NotAllowed, match=f"127.0.0.1:{endpoint.port}"):
        start_audit(actor=system_user(), benchmark=benchmark, verifiers=["guess"])
    assert not AuditRun.objects.exists()
    run = audit(benchmark)  # all that may be asked
    assert run.verifiers == ["limits"]
    assert "policy does not allow" in run.panel["guess"]["left_out"]
    assert not endpoint.requests


def test_a_budget_of_nothing_asks_no_model(benchmark: Benchmark, panel: Any) -> None:
    panel("audits.verifiers.limits.LimitsVerifier", GUESS)
    assert audit(benchmark, budget=0).verifiers == ["limits"]
    with pytest.raises(InvalidInput, match="budget"):
        start_audit(actor=system_user(), benchmark=benchmark, verifiers=["guess"], budget=0)


def test_a_spent_budget_stops_the_run_and_a_higher_one_resumes_it(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    panel(price="1", connections=1)
    highest = estimate(benchmark).cost // 18
    budget = 5 * COST + highest
    run = audit(benchmark, budget=budget)
    assert (run.status, run.spent <= budget) == ("stopped", True)
    assert "budget of 0.000" in run.stopped_because
    assert Vote.objects.count() == len(endpoint.requests) == 6
    assert not Look.objects.exists()
    assert Chunk.objects.get().status == "waiting"
    with pytest.raises(InvalidInput, match="spent"):
        resume_run(actor=system_user(), run=run, budget=run.spent)
    resume_run(actor=system_user(), run=run, budget=10**9)
    assert work_on_run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.stopped_because) == ("finished", "")
    assert len(endpoint.requests) == 18
    assert (Chunk.objects.get().votes, Chunk.objects.get().reused) == (18, 0)
    kinds = Event.objects.filter(kind__startswith="audit.").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == [
        "audit.started", "audit.stopped", "audit.resumed", "audit.finished",
    ]  # fmt: skip


def test_only_maintainers_stop_and_resume(benchmark: Benchmark, panel: Any) -> None:
    panel()
    crew = people(benchmark)
    run = start_audit(actor=system_user(), benchmark=benchmark)
    for actor in (crew.user, crew.contributor, crew.expert):
        with pytest.raises(NotAllowed):
            stop_run(actor=actor, run=run)
    stop_run(actor=crew.maintainer, run=run)
    with pytest.raises(WrongState):
        stop_run(actor=crew.maintainer, run=run)
    with pytest.raises(NotAllowed):
        resume_run(actor=crew.expert, run=run)
    run.refresh_from_db()
    assert run.status == "stopped"
    assert work_on_run(run_id=run.pk)  # a stopped run is left alone
    assert Chunk.objects.get().status == "waiting"


def test_the_page_names_hosts_estimates_stops_and_resumes(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint, client: Any
) -> None:
    panel(price="1")
    client.force_login(people(benchmark).maintainer)
    address, host = f"/b/{benchmark.slug}/audits/", f"127.0.0.1:{endpoint.port}"
    assert host in client.get(address).content.decode()
    form = {"verifiers": ["guess"], "budget": "1"}
    shown = client.post(address, form | {"action": "estimate"}).content.decode()
    assert "18 new questions" in shown
    assert not AuditRun.objects.exists()
    page = client.post(address, form)["Location"]
    assert host in client.get(page).content.decode()
    client.post(page, {"action": "stop"})
    assert AuditRun.objects.get().status == "stopped"
    odd = client.post(page, {"action": "resume", "budget": "much"})
    assert odd.status_code == 400
    client.post(page, {"action": "resume", "budget": "2"})
    run = AuditRun.objects.get()
    assert (run.status, run.budget) == ("running", 2 * 10**9)
    assert work_on_run(run_id=run.pk)
    text = client.get(page).content.decode()
    assert "18 of 18 questions answered" in text
    assert "0.0003" in text  # what the calls cost


def test_a_survey_is_made_once_before_anything_is_judged(
    benchmark: Benchmark, settings: Any, monkeypatch: Any
) -> None:
    settings.ERRATA_VERIFIERS = ["tests.audits.verifiers.SurveyVerifier"]
    monkeypatch.setattr(starting, "CHUNK_SIZE", 2)
    assert estimate(benchmark).new == 6
    run = audit(benchmark)
    assert (run.status, run.survey) == ("finished", {"surveyed": 6})
    assert Vote.objects.count() == 6
    assert summary_of(audit(benchmark))["votes"] == 0


def test_a_stopped_scheduled_audit_is_not_started_over(benchmark: Benchmark, settings: Any) -> None:
    settings.ERRATA_VERIFIERS = ["audits.verifiers.limits.LimitsVerifier"]
    set_schedule(actor=system_user(), benchmark=benchmark, next_at=timezone.now())
    (run,) = start_due_audits()
    stop_run(actor=system_user(), run=run)
    assert start_due_audits() == []
    resume_run(actor=system_user(), run=run)
    assert work_on_run(run_id=run.pk)
    assert AuditRun.objects.get().status == "finished"


def test_a_failed_scheduled_audit_is_not_paid_for_each_hour(
    benchmark: Benchmark, settings: Any, monkeypatch: Any
) -> None:
    settings.ERRATA_VERIFIERS = ["audits.verifiers.limits.LimitsVerifier"]
    set_schedule(actor=system_user(), benchmark=benchmark, next_at=timezone.now())
    (run,) = start_due_audits()
    with monkeypatch.context() as broken:
        broken.setattr(working, "audit_chunk", lambda **_: 1 / 0)
        assert work_on_run(run_id=run.pk)
    run.refresh_from_db()
    assert run.status == "failed"
    assert start_due_audits() == []
    start_audit(actor=system_user(), benchmark=benchmark)  # People saw it and start another.
    assert work_on_run(run_id=AuditRun.objects.latest("pk").pk)
    assert AuditRun.objects.latest("pk").status == "finished"


def test_progress_moves_within_a_chunk(benchmark: Benchmark, panel: Any, monkeypatch: Any) -> None:
    panel()
    monkeypatch.setattr(asking, "KEEP_COUNT", 1)
    seen = []
    run = start_audit(actor=system_user(), benchmark=benchmark)
    work_on_run(run_id=run.pk, progress=lambda _, done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert {done for done, _ in seen} - {0, 6}
    assert progress_of(run)["questions"] == progress_of(run)["answered"] == 18


# --- Workers in processes of their own ---


@pytest.fixture
def large(transactional_db: None, tmp_path: Path, monkeypatch: Any) -> Benchmark:
    """Twenty rows in chunks of ten."""
    monkeypatch.setattr(starting, "CHUNK_SIZE", 10)
    return small_benchmark(tmp_path, 20)


def test_a_killed_worker_loses_no_vote_and_doubles_none(
    large: Benchmark, panel: Any, endpoint: ScriptedEndpoint, settings: Any
) -> None:
    path = panel(price="1", connections=4)
    endpoint.latency = 0.2
    run = start_audit(actor=system_user(), benchmark=large)
    with workers(run, 1, path, GUESS) as (worker,):
        until(lambda: Vote.objects.count() >= 12)
        worker.kill()
        worker.wait()
    kept, asked = Vote.objects.count(), len(endpoint.requests)
    # Four were in flight; the others were answered since votes were kept last, a moment ago.
    assert 0 < asked - kept <= 20
    assert not work_on_run(run_id=run.pk)  # its lease still runs, the other chunk is done here
    Chunk.objects.filter(status="claimed").update(lease_until=Now() - timedelta(seconds=1))
    Share.objects.update(lease_until=Now() - timedelta(seconds=1))
    sweep_audits()
    assert work_on_run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, Vote.objects.count(), Look.objects.count()) == ("finished", 60, 60)
    assert summary_of(run)["votes"] == 60
    assert len(endpoint.requests) == asked + 60 - kept  # what was kept is not asked again
    unsettled = Call.objects.filter(outcome="reserved")
    told = Call.objects.aggregate(cost=Sum("cost", default=0))["cost"]
    assert run.spent == told + (unsettled.aggregate(sum=Sum("reserved"))["sum"] or 0)


def test_limits_hold_over_two_workers(
    large: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    path = panel(connections=3)
    endpoint.latency = 0.1
    run = start_audit(actor=system_user(), benchmark=large)
    with workers(run, 2, path, GUESS) as started:
        until(lambda: Share.objects.count() == 2)
        for worker in started:
            assert worker.wait(WAIT) == 0
    run.refresh_from_db()
    assert (run.status, Vote.objects.count(), len(endpoint.requests)) == ("finished", 60, 60)
    assert endpoint.most_at_once == 3
    assert set(Chunk.objects.values_list("claims", "votes")) == {(1, 30)}  # each did one
    assert not Share.objects.exists()


def test_retry_after_holds_for_two_workers(
    large: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    path = panel(connections=4)
    endpoint.latency = 0.05
    busy: list[float] = []

    def script(request: Request) -> Answer:
        if not busy and request.number >= 12:
            busy.append(request.at)
            return fails(429, "slow down", retry_after="4")
        return right(request)

    endpoint.script = script
    run = start_audit(actor=system_user(), benchmark=large)
    with workers(run, 2, path, GUESS) as started:
        for worker in started:
            assert worker.wait(WAIT) == 0
    assert Vote.objects.count() == 60
    assert Endpoint.objects.get().paused_until is not None
    late = [r for r in endpoint.requests if busy[0] + 2.5 < r.at < busy[0] + 4.0]
    assert not late
    assert [r for r in endpoint.requests if r.at >= busy[0] + 2.0]


def test_the_budget_holds_over_two_workers(
    large: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    path = panel(price="1", connections=4)
    endpoint.latency = 0.05
    highest = estimate(large).cost // 60
    budget = 25 * COST + highest
    run = start_audit(actor=system_user(), benchmark=large, budget=budget)
    with workers(run, 2, path, GUESS) as started:
        for worker in started:
            assert worker.wait(WAIT) == 0
    run.refresh_from_db()
    assert run.status == "stopped"
    assert run.spent <= budget
    assert 25 <= len(endpoint.requests) <= 26  # not stopped while calls in flight got cheaper
    assert Vote.objects.count() == len(endpoint.requests)


def test_a_stopped_run_ends_its_calls_and_goes_on_later(
    large: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    path = panel(connections=2)
    endpoint.latency = 0.05
    run = start_audit(actor=system_user(), benchmark=large)
    with workers(run, 1, path, GUESS) as (worker,):
        until(lambda: Vote.objects.exists())
        stop_run(actor=system_user(), run=run)
        assert worker.wait(WAIT) == 0
    asked = len(endpoint.requests)
    assert 0 < asked < 60
    assert Vote.objects.count() == asked  # what was paid for is kept
    assert set(Chunk.objects.values_list("status", flat=True)) <= {"waiting", "done"}
    resume_run(actor=system_user(), run=run)
    assert work_on_run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, len(endpoint.requests), Vote.objects.count()) == ("finished", 60, 60)


def test_a_rate_holds_and_the_share_of_a_dead_worker_comes_back(
    benchmark: Benchmark, panel: Any, endpoint: ScriptedEndpoint
) -> None:
    panel(connections=4, requests_per_minute=600)
    Endpoint.objects.create(name="loop")
    dead = {"endpoint_id": "loop", "connections": 4}
    Share.objects.create(token="dead", **dead, lease_until=Now() - timedelta(seconds=1))
    audit(benchmark)
    times = [request.at for request in endpoint.requests]
    assert len(times) == 18
    assert times[-1] - times[0] >= 17 * 0.1 * 0.95
    assert not Share.objects.exists()
