"""Cases and audits by API: claimed by one, decided once, started by maintainers."""

from typing import Any

import pytest

from audits.models import AuditRun, Case, Decision
from audits.services.take_in_reports import take_in_reports
from audits.services.work_on_run import work_on_run
from registry.models import Benchmark, Event, Instance, Revision
from registry.selectors import system_user
from registry.services.retire_instance import reword_instance
from submissions.models import Report
from submissions.services.file_report import file_report
from tests.api.conftest import Api
from tests.small import SLUG, People, hide

DECISION: dict[str, Any] = {
    "outcome": "correct",
    "answer": "25",
    "category": "wrong_answer",
    "rationale": "Counted again.",
    "blind": {"outcome": "answer", "answer": "25"},
}


@pytest.fixture
def case(benchmark: Benchmark, crew: People) -> Case:
    """A case for q2, opened by a user's report that says 25."""
    file_report(
        actor=crew.user,
        benchmark=benchmark,
        instance=Instance.objects.get(key="q2"),
        category="wrong_answer",
        answer="25",
        rationale="It says so.",
    )
    assert take_in_reports(benchmark.pk) == 1
    return Case.objects.get()


def test_the_queue_and_a_case(api: Api, case: Case, crew: People) -> None:
    (row,) = api("get", f"benchmarks/{SLUG}/cases/?status=open").json()["results"]
    assert (row["id"], row["instance"], row["group"]) == (case.public_id, "q2", "")
    assert not {"bucket", "score", "control"} & set(row)
    assert row["reasons"] == [], "told once an expert has answered"
    assert api("get", f"benchmarks/{SLUG}/cases/?status=decided").json()["results"] == []
    assert api("get", f"benchmarks/{SLUG}/cases/?status=odd").status_code == 400
    shown = api("get", f"cases/{case.public_id}/").json()
    assert row.items() <= shown.items()
    assert shown["inputs"] == {"question": "What is ten times 2?"}
    assert (shown["revealed"], shown["candidates"]) == (False, [])
    assert (shown["answer"], shown["limits"]) == (None, None)
    shown = api("get", f"cases/{case.public_id}/", crew.maintainer).json()
    assert shown["candidates"] == [{"answer": "25", "source": "a report"}]
    assert (shown["answer"], shown["limits"]) == ("20", {"lower": "19", "upper": "21"})


def test_claim_decide_and_everything_that_follows(api: Api, case: Case, crew: People) -> None:
    at = f"cases/{case.public_id}"
    claimed = api("post", f"{at}/claim/", crew.expert).json()
    assert claimed["status"] == "claimed"
    assert claimed["claimed_by"]["id"] == crew.expert.public_id
    told = api("post", f"{at}/decide/", crew.expert, DECISION)
    assert told.status_code == 201
    decision = told.json()
    assert (decision["before"], decision["after"], decision["answer"]) == (1, 2, "25")
    assert decision["actor"]["name"] == "Expert Person"
    assert decision["reason"] == "Counted again."
    label = api("get", f"benchmarks/{SLUG}/instances/q2/").json()
    assert (label["answer"], label["derivation"], label["limits"]) == ("25", None, {})
    assert label["history"][0]["cause_id"] == decision["id"]
    (report,) = api("get", f"reports/?benchmark={SLUG}").json()["results"]
    assert (report["status"], report["decision"]) == ("accepted", decision["id"])
    shown = api("get", f"{at}/").json()
    assert (shown["status"], shown["decisions"]) == ("decided", [decision])
    assert shown["reasons"] == ["1 open report."]
    again = api("post", f"{at}/decide/", crew.expert, DECISION)
    assert (again.status_code, again.json()["code"]) == (409, "not_claimed")
    assert api("post", f"{at}/claim/", crew.expert).status_code == 409


def test_one_expert_at_a_time(api: Api, case: Case, crew: People, benchmark: Benchmark) -> None:
    from registry.services.set_member import set_member

    set_member(actor=system_user(), benchmark=benchmark, user=crew.maintainer, role="expert")
    at = f"cases/{case.public_id}"
    assert api("post", f"{at}/claim/", crew.expert).status_code == 200
    assert api("post", f"{at}/claim/", crew.expert).status_code == 200
    second = api("post", f"{at}/claim/", crew.maintainer)
    assert (second.status_code, second.json()["code"]) == (409, "wrong_state")
    assert api("post", f"{at}/release/", crew.maintainer).status_code == 409
    assert api("post", f"{at}/release/", crew.expert).json()["status"] == "open"
    assert api("post", f"{at}/claim/", crew.maintainer).status_code == 200


def test_a_label_that_moved_since_the_claim(api: Api, case: Case, crew: People) -> None:
    api("post", f"cases/{case.public_id}/claim/", crew.expert)
    head = case.instance.head
    reword_instance(
        actor=system_user(),
        instance=case.instance,
        inputs={"question": "2 x 10?"},
        expected=head.revision,
        reason="Shorter.",
    )
    refused = api("post", f"cases/{case.public_id}/decide/", crew.expert, DECISION)
    assert (refused.status_code, refused.json()["code"]) == (409, "label_moved")
    assert refused.json()["details"] == {"revision": 2}, "the blind answer is not in"
    answer = DECISION["blind"]
    refused = api("post", f"cases/{case.public_id}/opinion/", crew.expert, answer)
    assert (refused.status_code, refused.json()["code"]) == (409, "label_moved")
    assert Decision.objects.count() == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"outcome": "odd"}, "outcome"),
        ({"rationale": " "}, "rationale"),
        ({"answer": ""}, "answer"),
        ({"answer": "some"}, "answer"),
        ({"category": ""}, "category"),
        ({"category": "odd"}, "category"),
        ({"lower": "24", "upper": "26"}, "limits_reason"),
        ({"outcome": "range"}, "lower"),
        ({"outcome": "confirm"}, None),
        ({"outcome": "not_computable"}, None),
        ({"answer": "20", "lower": "19", "upper": "21", "limits_reason": "As it was."}, None),
        ({"lower": "26", "upper": "24", "limits_reason": "So."}, "lower"),
    ],
)
def test_wrong_decisions_change_nothing(
    api: Api, case: Case, crew: People, changed: dict[str, str], field: str | None
) -> None:
    api("post", f"cases/{case.public_id}/claim/", crew.expert)
    refused = api("post", f"cases/{case.public_id}/decide/", crew.expert, DECISION | changed)
    assert refused.status_code == 400
    details = refused.json()["details"]
    if field:
        assert field in (details.get("field"), *details.get("fields", ()))
    assert Decision.objects.count() == 0
    assert Revision.objects.filter(instance=case.instance).count() == 1
    assert Report.objects.get().status == "open"
    case.refresh_from_db()
    assert case.status == "claimed"


def test_cases_take_experts(api: Api, case: Case, crew: People) -> None:
    at = f"cases/{case.public_id}"
    for step in ("claim", "release", "decide"):
        assert api("post", f"{at}/{step}/", None, DECISION).status_code == 401
        for person in (crew.user, crew.contributor, crew.maintainer, crew.staff):
            refused = api("post", f"{at}/{step}/", person, DECISION)
            wanted = (409, "not_claimed") if step == "release" else (403, "role_required")
            assert (refused.status_code, refused.json()["code"]) == wanted
    case.refresh_from_db()
    assert (case.status, Decision.objects.count()) == ("open", 0)


def test_nobody_decides_what_only_they_reported(
    api: Api, benchmark: Benchmark, crew: People
) -> None:
    form = {"benchmark": SLUG, "instance": "q1", "answer": "7", "rationale": "So."}
    api("post", "reports/", crew.expert, form | {"category": "wrong_answer"})
    take_in_reports(benchmark.pk)
    refused = api("post", f"cases/{Case.objects.get().public_id}/claim/", crew.expert)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_report")


def test_hidden_cases_and_audits_are_not_found(
    api: Api, case: Case, crew: People, benchmark: Benchmark
) -> None:
    run = api("post", f"benchmarks/{SLUG}/audits/", crew.maintainer, {}).json()
    hide(benchmark)
    for path in (f"cases/{case.public_id}/", f"audits/{run['id']}/", "cases/x/", "audits/x/"):
        for outsider in (None, crew.user):
            assert api("get", path, outsider).status_code == 404
    assert api("get", f"cases/{case.public_id}/", crew.expert).status_code == 200
    assert api("get", f"audits/{run['id']}/", crew.expert).status_code == 200
    assert api("post", f"cases/{case.public_id}/claim/", crew.user).status_code == 404


def test_an_audit_runs_and_tells(api: Api, benchmark: Benchmark, crew: People) -> None:
    names = {"verifiers": ["limits", "contradiction"]}
    told = api("post", f"benchmarks/{SLUG}/audits/", crew.maintainer, names)
    assert told.status_code == 202
    run = told.json()
    assert told["Location"] == run["url"]
    assert set(run["verifiers"]) == set(names["verifiers"])
    waiting = {"chunks": 1, "chunks_done": 0, "chunks_failed": 0, "questions": 0, "answered": 0}
    assert run["progress"] == waiting | {"instances": 6, "instances_done": 0}
    work_on_run(run_id=AuditRun.objects.get().pk)
    done: dict[str, Any] = api("get", f"audits/{run['id']}/").json()
    assert done["status"] == "finished"
    assert done["progress"]["instances_done"] == 6
    assert done["counts"]["verifiers"]["limits"]["objections"] == 0
    assert done["counts"]["buckets"] == {"clear": 6, "possible": 0, "contested": 0}
    (row,) = api("get", f"benchmarks/{SLUG}/audits/").json()["results"]
    assert row.items() <= done.items()


def test_an_audit_is_estimated_stopped_and_resumed(
    api: Api, benchmark: Benchmark, crew: People
) -> None:
    form = {"verifiers": ["limits"], "budget": "12.5"}
    told = api("post", f"benchmarks/{SLUG}/audits/estimate/", crew.maintainer, form).json()
    assert (told["new"], told["hosts"], told["cost"]) == (6, [], "0")
    assert AuditRun.objects.count() == 0
    run = api("post", f"benchmarks/{SLUG}/audits/", crew.maintainer, form).json()
    assert (run["budget"], run["spent"], run["hosts"]) == ("12.5", "0", [])
    address = f"audits/{run['id']}"
    stopped = api("post", f"{address}/stop/", crew.maintainer, {}).json()
    assert stopped["status"] == "stopped"
    assert stopped["stopped_because"]
    assert api("post", f"{address}/stop/", crew.maintainer, {}).status_code == 409
    odd = api("post", f"{address}/resume/", crew.maintainer, {"budget": "much"})
    assert odd.status_code == 400
    resumed = api("post", f"{address}/resume/", crew.maintainer, {"budget": "20"}).json()
    assert (resumed["status"], resumed["budget"]) == ("running", "20")
    assert work_on_run(run_id=AuditRun.objects.get().pk)
    assert api("get", f"{address}/").json()["status"] == "finished"


def test_audits_take_maintainers(api: Api, benchmark: Benchmark, crew: People) -> None:
    address = f"benchmarks/{SLUG}/audits/"
    assert api("post", address, None, {}).status_code == 401
    for person in (crew.user, crew.contributor, crew.expert):
        assert api("post", address, person, {}).json()["code"] == "role_required"
    unknown = api("post", address, crew.maintainer, {"verifiers": ["odd"]})
    assert unknown.status_code == 400
    assert AuditRun.objects.count() == 0
    assert Event.objects.filter(kind="audit.started").count() == 0
