"""A report on a whole group: one case, contested until its ruling or a refusal with a reason."""

from pathlib import Path
from typing import Any

import pytest

from audits.members import members_of
from audits.models import Case, Decision
from audits.services.claim_case import claim_case
from audits.services.decide_group import decide_group
from audits.services.preview_ruling import Settled
from audits.services.refuse_group import refuse_group
from audits.services.take_in_reports import take_in_reports
from audits.tiers import tier_counts
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.models import Benchmark, Event, Head, Instance, Role
from registry.selectors import system_user
from registry.services.set_member import set_member
from submissions.models import Report
from submissions.services.file_report import file_report
from tests.audits.recalculating import faulty_benchmark
from tests.small import People, people
from versions.models import Release
from versions.pending import pending_changes
from versions.selectors import snapshot_of
from versions.services.freeze_release import freeze_release

WRONG = [f"q{n}" for n in range(1, 7)]


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """q1 to q6 of "coma" are one too high, q7 and q8 right; q9 to q12 are "tens"."""
    return faulty_benchmark(tmp_path)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    return people(benchmark)


def report(benchmark: Benchmark, author: Any, **changed: Any) -> Report:
    fields: dict[str, Any] = {
        "group": "coma",
        "category": "wrong_answer",
        "rationale": "The verbal score is counted twice.",
    }
    return file_report(actor=author, benchmark=benchmark, **(fields | changed))


@pytest.fixture
def filed(benchmark: Benchmark, crew: People) -> Report:
    return report(benchmark, crew.user)


@pytest.fixture
def case(filed: Report) -> Case:
    assert take_in_reports(filed.benchmark_id) == 1
    return Case.objects.get()


def tiers(benchmark: Benchmark) -> dict[str, int]:
    return tier_counts(Head.objects.filter(benchmark=benchmark))[benchmark.pk]


def rule(crew: People, case: Case, outcome: str, **changed: Any) -> Any:
    case = claim_case(actor=crew.expert, case=case)
    keys = changed.pop("keys", None)
    settles = [
        Settled(m.key, m.revision.number, str(int(m.key[1:]) * 10) if outcome == "correct" else "")
        for m in members_of(case)
        if keys is None or m.key in keys
    ]
    return decide_group(
        actor=crew.expert, case=case, outcome=outcome, settles=settles, rationale="Counted again.",
        category="wrong_answer" if outcome == "correct" else "", **changed,
    )  # fmt: skip


def test_one_case_for_all(case: Case, filed: Report, benchmark: Benchmark, crew: People) -> None:
    assert (case.instance, case.group, case.latest_report) == (None, "coma", filed)
    assert case.reasons == ["Somebody reported the whole group."]
    assert take_in_reports(benchmark.pk) == 0
    second = report(benchmark, crew.contributor)
    assert take_in_reports(benchmark.pk) == 1
    case.refresh_from_db()
    assert case.latest_report == second
    assert Case.objects.count() == 1
    taken = Event.objects.filter(kind="reports.taken_in").order_by("pk")
    assert [set(event.data["reports"]) for event in taken] == [
        {filed.public_id}, {filed.public_id, second.public_id}
    ]  # fmt: skip


def test_contested_from_the_first_moment(filed: Report, benchmark: Benchmark) -> None:
    """Before any worker looks: the pages' tier and the release's say the same."""
    assert tiers(benchmark) == {"contested": 8, "unreviewed": 4}
    assert sorted(pair.tier_after for pair in pending_changes(benchmark)) == (
        ["contested"] * 8 + ["unreviewed"] * 4
    )
    with pytest.raises(WrongState, match="8 contested"):
        freeze_release(actor=system_user(), benchmark=benchmark)


def test_a_ruling_ends_it(case: Case, filed: Report, benchmark: Benchmark, crew: People) -> None:
    freeze_release(actor=system_user(), benchmark=benchmark, waiver="known")
    Release.objects.update(status="published")
    ruling = rule(crew, case, "correct", keys=WRONG)
    filed.refresh_from_db()
    assert (filed.status, filed.decision) == ("accepted", ruling.public_id)
    assert filed.outcome == "A ruling changed 6 of 6 labels: Counted again."
    assert tiers(benchmark) == {"expert": 6, "unreviewed": 6}
    release = freeze_release(actor=system_user(), benchmark=benchmark)
    snapshot = snapshot_of(release)
    assert {e["key"] for e in snapshot["changelog"]} == set(WRONG)
    assert all([r["id"] for r in e["reports"]] == [filed.public_id] for e in snapshot["changelog"])
    assert [(c["name"], c["reports"]) for c in snapshot["credits"]] == [("User Person", 1)]


def test_a_ruling_that_confirms_declines_it(
    case: Case, filed: Report, benchmark: Benchmark, crew: People
) -> None:
    """It may come back once, and then contests what was decided before it came back."""
    rule(crew, case, "confirm")
    filed.refresh_from_db()
    assert (filed.status, filed.outcome) == (
        "declined", "A ruling confirmed 8 labels: Counted again.",
    )  # fmt: skip
    assert "contested" not in tiers(benchmark)
    again = report(benchmark, crew.user, reopens=filed, evidence="The handbook, page 3.")
    assert tiers(benchmark)["contested"] == 8
    assert take_in_reports(benchmark.pk) == 1
    reopened = Case.objects.get(status="open")
    assert len(members_of(reopened)) == 8
    rule(crew, reopened, "correct", keys=["q1"])
    again.refresh_from_db()
    assert again.status == "accepted"


def test_a_refusal_ends_it_and_decides_no_label(
    case: Case, filed: Report, benchmark: Benchmark, crew: People
) -> None:
    held = claim_case(actor=crew.expert, case=case)
    for reason, said in ((" ", "Say why"), ("a\0b", "NUL")):
        with pytest.raises(InvalidInput, match=said):
            refuse_group(actor=crew.expert, case=held, rationale=reason)
    ended = refuse_group(actor=crew.expert, case=held, rationale="The guide counts it so.")
    assert ended.status == "closed"
    filed.refresh_from_db()
    assert (filed.status, filed.outcome) == ("declined", "Declined: The guide counts it so.")
    assert not Decision.objects.exists()
    assert tiers(benchmark) == {"unreviewed": 12}
    assert take_in_reports(benchmark.pk) == 0


def test_who_may_not_refuse(case: Case, crew: People) -> None:
    for person in (crew.user, crew.contributor, crew.maintainer, crew.staff):
        with pytest.raises(NotAllowed):
            refuse_group(actor=person, case=case, rationale="No.")
    with pytest.raises(WrongState, match="do not hold"):
        refuse_group(actor=crew.expert, case=case, rationale="No.")
    assert Report.objects.get().status == "open"


def test_nobody_rules_on_only_their_own_report(benchmark: Benchmark, crew: People) -> None:
    report(benchmark, crew.expert)
    take_in_reports(benchmark.pk)
    with pytest.raises(NotAllowed, match="own report"):
        claim_case(actor=crew.expert, case=Case.objects.get())
    set_member(actor=crew.staff, benchmark=benchmark, user=crew.user, role=Role.EXPERT)
    assert claim_case(actor=crew.user, case=Case.objects.get()).status == "claimed"


def test_reports_on_other_groups_stop_nobody(benchmark: Benchmark, crew: People) -> None:
    """Whose report is on another group may take this group's case."""
    report(benchmark, crew.expert, group="tens")
    report(benchmark, crew.user)
    take_in_reports(benchmark.pk)
    case = Case.objects.get(group="coma")
    assert claim_case(actor=crew.expert, case=case).claimed_by == crew.expert.public_id


def test_a_single_report_keeps_its_own_case(case: Case, benchmark: Benchmark, crew: People) -> None:
    q1 = Instance.objects.get(key="q1")
    report(benchmark, crew.user, group="", instance=q1, answer="10")
    take_in_reports(benchmark.pk)
    assert set(Case.objects.values_list("instance__key", "status")) == {
        (None, "open"), ("q1", "open"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"group": "nonsense"}, "group"),
        ({"group": ""}, "instance"),
        ({"answer": "3"}, "answer"),
        ({"spans": [{"text": "ten"}]}, "quotes"),
    ],
)
def test_what_a_group_report_cannot_say(
    changed: dict[str, Any], field: str, benchmark: Benchmark, crew: People
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        report(benchmark, crew.user, **changed)
    assert refusal.value.details["field"] == field
    assert not Report.objects.exists()
