"""One case for a group, and one ruling that settles it."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audits.members import members_of
from audits.models import Case, Decision, Opinion, Ruling, Standing
from audits.policies import HUB_POLICY, parse_policy
from audits.services.claim_case import claim_case, release_case
from audits.services.decide_case import decide_case
from audits.services.decide_group import decide_group
from audits.services.leave_case import leave_case
from audits.services.open_group_case import open_group_case
from audits.services.preview_decision import preview_decision
from audits.services.preview_ruling import Settled, preview_ruling
from audits.services.settle_flawed import settle_flawed
from audits.services.take_in_reports import take_in_reports
from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.labels import read_label
from registry.models import Benchmark, Event, Head, Instance, Revision, Role
from registry.selectors import preset_of, system_user, texts
from registry.services.retire_instance import retire_instance
from registry.services.revise_label import revise_label
from registry.services.set_member import set_member
from submissions.models import Report
from submissions.services.file_report import file_report
from tests.audits.recalculating import PATH, SENTENCE, TENS, audit, faulty_benchmark, wrong_row
from tests.small import People, import_file, people, write_csv
from versions.services.verify_history import verify_history

WRONG = [f"q{n}" for n in range(1, 7)]


@pytest.fixture(autouse=True)
def _recalculating(settings: Any) -> None:
    settings.ERRATA_VERIFIERS = [PATH]


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """q1 to q6 of "coma" are one too high, q7 and q8 right; q9 to q12 are "tens"."""
    return faulty_benchmark(tmp_path)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    return people(benchmark)


@pytest.fixture
def case(benchmark: Benchmark) -> Case:
    """The open case of the group, after an audit."""
    audit(benchmark)
    return group_case()


def group_case() -> Case:
    return Case.objects.get(instance=None)


def singles() -> Any:
    """Cases of single labels, without the control sample."""
    return Case.objects.filter(instance__isnull=False, control=False)


def report(benchmark: Benchmark, author: Any, key: str, answer: str = "3") -> Report:
    return file_report(
        actor=author,
        benchmark=benchmark,
        instance=Instance.objects.get(benchmark=benchmark, key=key),
        category="wrong_answer",
        answer=answer,
        rationale="because",
    )


def settles(case: Case, *keys: str, **answers: str) -> list[Settled]:
    return [
        Settled(member.key, member.revision.number, answers.get(member.key, ""))
        for member in members_of(case)
        if member.key in (keys or WRONG) or member.key in answers
    ]


def rule(crew: People, case: Case, **changed: Any) -> Ruling:
    fields = {
        "outcome": "correct",
        "category": "wrong_answer",
        "rationale": "The verbal score counts once.",
    } | changed
    fields.setdefault("settles", settles(case))
    return decide_group(actor=crew.expert, case=case, **fields)


def standing(key: str) -> Standing:
    return Standing.objects.get(instance__key=key)


def answers() -> dict[str, str]:
    return dict(Head.objects.values_list("instance__key", "revision__answer"))


# --- opening ---------------------------------------------------------------------------------


def test_a_fault_of_most_of_a_group_opens_one_case(benchmark: Benchmark) -> None:
    run = audit(benchmark)
    case = group_case()
    assert (case.group, case.fault, case.status, case.bucket) == (
        *("coma", "formula"),
        *("open", "contested"),
    )
    assert "6 of 8 labels" in case.reasons[0]
    assert SENTENCE in case.reasons[0]
    assert not singles().exclude(status="closed").exists()
    for key in WRONG:
        assert (standing(key).case, standing(key).bucket) == (case, "contested")
        assert standing(key).tier == "contested"
        assert "whole group coma" in standing(key).reasons[0]
    assert Standing.objects.filter(case=case).count() == 6
    opened = Event.objects.filter(kind="cases.triaged", subject_id=run.public_id)
    assert any(event.data.get("group") == "coma" for event in opened)


@pytest.fixture
def everything_reviewed(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is doubtful gets a case."""
    policy = parse_policy("sampled = 1.0", over=parse_policy(HUB_POLICY.read_text("utf-8")))
    monkeypatch.setattr("audits.services.triage_instances.current_policy", lambda _: policy)


def test_single_cases_close_and_name_the_group_case(everything_reviewed: None, case: Case) -> None:
    """They were opened before the run's end showed the fault."""
    closed = singles().filter(status="closed")
    assert {one.instance.key for one in closed} == set(WRONG)
    assert all("whole group coma" in one.reasons[0] for one in closed)
    assert all(one.ended_at for one in closed)


def test_a_fault_of_few_opens_none(db: None, tmp_path: Path) -> None:
    audit(faulty_benchmark(tmp_path, wrong=5, right=5))
    assert not Case.objects.filter(instance=None).exists()
    doubted = Standing.objects.exclude(bucket="clear")
    assert set(doubted.values_list("instance__key", flat=True)) == set(WRONG[:5])


def test_what_rests_on_more_than_the_fault_keeps_its_case(
    benchmark: Benchmark, crew: People, settings: Any, everything_reviewed: None
) -> None:
    """A report on q1, a claim on q3, another objection to q2, q4 and q6 (even tens)."""
    settings.ERRATA_VERIFIERS = [PATH, TENS]
    report(benchmark, crew.user, "q1")
    take_in_reports(benchmark.pk)
    mine = Case.objects.create(
        benchmark=benchmark, instance=Instance.objects.get(key="q3"), bucket="possible"
    )
    claim_case(actor=crew.expert, case=mine)
    audit(benchmark)
    case = group_case()
    live = singles().exclude(status="closed")
    kept = {one.instance.key for one in Case.objects.filter(instance__isnull=False, ended_at=None)}
    assert kept >= {"q1", "q2", "q3", "q4", "q6"}
    assert live.filter(instance__key="q2").exists()
    assert standing("q3").case == mine
    for key in ("q1", "q2", "q4", "q6"):
        assert standing(key).case != case
    assert [one.key for one in members_of(case) if standing(one.key).case == case] == ["q5"]


def test_an_unchanged_second_audit_opens_nothing(benchmark: Benchmark, case: Case) -> None:
    before = list(Case.objects.order_by("pk").values())
    standings = list(Standing.objects.order_by("pk").values())
    audit(benchmark)
    assert list(Case.objects.order_by("pk").values()) == before
    assert list(Standing.objects.order_by("pk").values()) == standings


def test_there_is_one_live_case_of_a_group(benchmark: Benchmark, case: Case) -> None:
    again = open_group_case(benchmark=benchmark, group="coma", reasons=["So."])
    assert again == case
    assert Case.objects.filter(instance=None).count() == 1


def test_labels_that_come_later_join_the_live_case(
    benchmark: Benchmark, case: Case, tmp_path: Path
) -> None:
    import_file(write_csv(tmp_path / "more.csv", [wrong_row(21)]))
    audit(benchmark)
    assert standing("q21").case == case
    assert "q21" in {member.key for member in members_of(case)}


def test_a_proposed_ruling_stands_for_all_that_is_doubtful(
    benchmark: Benchmark, settings: Any, crew: People, everything_reviewed: None
) -> None:
    """Without a fault: whatever the objections, but not the reports."""
    settings.ERRATA_VERIFIERS = [TENS]
    audit(benchmark)
    report(benchmark, crew.user, "q2")
    take_in_reports(benchmark.pk)
    case = open_group_case(benchmark=benchmark, group="coma", reasons=["3 of 3 were too high."])
    assert case is not None
    assert standing("q4").case == case
    live = singles().exclude(status="closed").filter(instance__head__revision__group="coma")
    assert {one.instance.key for one in live} == {"q2"}
    assert standing("q2").case != case


# --- claiming, and what is for single cases ----------------------------------------------------


def test_a_group_case_is_claimed_and_given_back(crew: People, case: Case) -> None:
    claimed = claim_case(actor=crew.expert, case=case)
    assert (claimed.status, claimed.claimed_revision) == ("claimed", None)
    assert release_case(actor=crew.expert, case=case).status == "open"
    with pytest.raises(NotAllowed):
        claim_case(actor=crew.maintainer, case=case)


def test_no_single_decision_settles_a_group(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    for refused in (
        lambda: decide_case(actor=crew.expert, case=case, outcome="confirm", rationale="So."),
        lambda: preview_decision(case=case, outcome="confirm"),
        lambda: settle_flawed(actor=crew.maintainer, case=case, reason="So."),
    ):
        with pytest.raises(WrongState) as refusal:
            refused()
        assert refusal.value.code == "group_case"
    assert not Decision.objects.exists()


# --- ruling ------------------------------------------------------------------------------------


def test_a_ruling_is_one_act(benchmark: Benchmark, crew: People, case: Case) -> None:
    filed = report(benchmark, crew.user, "q2", "20")
    take_in_reports(benchmark.pk)
    claim_case(actor=crew.expert, case=case)
    events = Event.objects.count()
    ruling = rule(crew, case)
    assert (ruling.group, ruling.category.code, ruling.actor) == (
        *("coma", "wrong_answer"),
        crew.expert.public_id,
    )
    assert texts([ruling.reason])[ruling.reason] == "The verbal score counts once."
    assert {key: answers()[key] for key in WRONG} == {f"q{n}": str(10 * n) for n in range(1, 7)}
    decisions = list(ruling.decisions.select_related("after", "before", "instance"))
    assert len(decisions) == 6
    for decision in decisions:
        assert (decision.outcome, decision.before.number, decision.after.number) == (
            *("correct", 1),
            2,
        )
        assert decision.after.cause_id == decision.public_id
        assert decision.after.reason == ruling.reason
        assert decision.after.derivation == ""
        (opinion,) = decision.opinions.all()
        assert (opinion.revision, opinion.answer) == (decision.before, decision.after.answer)
        assert standing(decision.instance.key).tier == "expert"
        assert standing(decision.instance.key).case is None
    assert Opinion.objects.count() == 6
    filed.refresh_from_db()
    settled = next(one for one in decisions if one.instance_id == filed.instance_id)
    assert (filed.status, filed.decision) == ("accepted", settled.public_id)
    assert "from 21 to 20" in filed.outcome
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == ("decided", "")
    assert Event.objects.filter(kind="ruling.made").count() == 1
    made = Event.objects.get(kind="ruling.made")
    assert made.data == {
        "ruling": ruling.public_id,
        "group": "coma",
        "outcome": "correct",
        "instances": 6,
        "changed": 6,
        "left_out": [],
    }
    new = set(Event.objects.order_by("pk")[events:].values_list("kind", flat=True))
    assert new == {"ruling.made", "report.accepted", "cases.triaged"}
    assert verify_history(benchmark=benchmark).finding == ""
    assert not Case.objects.filter(
        instance__key__in=WRONG, control=False, status__in=["open", "claimed"]
    ).exists()


def test_labels_that_are_taken_out_go_on_by_themselves(
    everything_reviewed: None, benchmark: Benchmark, crew: People, case: Case
) -> None:
    claim_case(actor=crew.expert, case=case)
    rule(crew, case, settles=settles(case, *WRONG[:4]))
    assert Event.objects.get(kind="ruling.made").data["left_out"] == ["q5", "q6"]
    live = singles().filter(status="open")
    assert {one.instance.key for one in live} == {"q5", "q6"}
    assert (answers()["q4"], answers()["q5"]) == ("40", "51")
    assert standing("q5").bucket == "contested"
    assert standing("q5").case == live.get(instance__key="q5")


def test_given_answers_win_and_labels_that_are_right_are_confirmed(
    crew: People, case: Case
) -> None:
    claim_case(actor=crew.expert, case=case)
    chosen = settles(case, *WRONG, q1="9", q7="70")
    ruling = rule(crew, case, settles=chosen)
    assert answers()["q1"] == "9"
    confirmed = ruling.decisions.get(instance__key="q7")
    # The limits of the preset's rule differ from the file's: the same answer, decided anew.
    assert confirmed.after.answer == "70"
    assert ruling.decisions.count() == 7


def test_a_refusal_with_reason_is_a_ruling_too(
    benchmark: Benchmark, crew: People, case: Case
) -> None:
    """The labels stay, are decided, and the same fault does not come back."""
    filed = report(benchmark, crew.user, "q2", "20")
    claim_case(actor=crew.expert, case=case)
    ruling = rule(crew, case, outcome="confirm", category="", rationale="The book counts twice.")
    assert set(ruling.decisions.values_list("outcome", flat=True)) == {"confirm"}
    assert Revision.objects.filter(number=2).count() == 0
    filed.refresh_from_db()
    assert (filed.status, "The book counts twice." in filed.outcome) == ("declined", True)
    for key in WRONG:
        assert (standing(key).bucket, standing(key).tier) == ("clear", "expert")
    audit(benchmark)
    assert Case.objects.filter(instance=None).count() == 1
    assert verify_history(benchmark=benchmark).finding == ""


def test_not_computable_needs_no_answers(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    rule(crew, case, outcome="not_computable", category="unanswerable", settles=settles(case, "q1"))
    assert (answers()["q1"], answers()["q2"]) == ("N/A", "21")


def test_the_same_fault_with_nothing_new_does_not_reopen(
    benchmark: Benchmark, crew: People, tmp_path: Path, everything_reviewed: None
) -> None:
    """Two of eleven are ruled on; the nine left out still differ, which is known."""
    big = faulty_benchmark(tmp_path, wrong=11, right=0, slug="eleven")
    audit(big)
    case = Case.objects.get(benchmark=big, instance=None)
    set_member(actor=system_user(), benchmark=big, user=crew.expert, role=Role.EXPERT)
    claim_case(actor=crew.expert, case=case)
    keys = [f"q{n}" for n in range(1, 3)]
    rule(crew, case, settles=settles(case, *keys))
    audit(big)
    group_cases = Case.objects.filter(benchmark=big, instance=None)
    assert group_cases.count() == 1
    left = singles().filter(benchmark=big, status="open")
    assert left.count() == 9
    # New labels with the same fault are something new.
    rows = [wrong_row(n) for n in range(30, 33)]
    import_file(write_csv(tmp_path / "new.csv", rows), slug="eleven")
    audit(big)
    assert group_cases.count() == 2
    assert group_cases.filter(status="open").count() == 1


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"outcome": "flawed"}, "invalid_input", "outcome"),
        ({"outcome": "range"}, "invalid_input", "outcome"),
        ({"rationale": "  "}, "invalid_input", "rationale"),
        ({"category": ""}, "invalid_input", "category"),
        ({"settles": []}, "invalid_input", "settles"),
        ({"settles": [Settled("q1", 1, "a lot")]}, "invalid_input", "settles"),
        ({"settles": [Settled("q7", 1)]}, "invalid_input", "settles"),
        ({"settles": [Settled("q1", 1, "3")], "outcome": "confirm"}, "invalid_input", "settles"),
        ({"settles": [Settled("q1", 2)]}, "label_moved", None),
        ({"settles": [Settled("q1", 1), Settled("q9", 1)]}, "not_in_group", None),
    ],
)
def test_what_cannot_be_writes_nothing(
    crew: People, case: Case, changed: dict[str, Any], code: str, field: str | None
) -> None:
    claim_case(actor=crew.expert, case=case)
    with pytest.raises((InvalidInput, WrongState)) as refusal:
        rule(crew, case, **changed)
    assert refusal.value.code == code
    assert refusal.value.details.get("field") == field
    assert not Ruling.objects.exists()
    assert not Opinion.objects.exists()
    assert not Revision.objects.filter(number=2).exists()
    case.refresh_from_db()
    assert case.status == "claimed"


def test_a_label_that_moved_refuses_the_whole_ruling(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    shown = settles(case)
    revise_label(
        actor=system_user(),
        instance=Instance.objects.get(key="q3"),
        label=read_label("30.5", "number", preset_of(case.benchmark)),
        expected=None,
        reason="upstream",
        cause=("event", "x"),
        at=timezone.now(),
    )
    with pytest.raises(WrongState) as refusal:
        rule(crew, case, settles=shown)
    assert (refusal.value.code, refusal.value.details["instances"]) == ("label_moved", ["q3"])
    assert not Ruling.objects.exists()


def test_only_the_holder_rules(benchmark: Benchmark, crew: People, case: Case) -> None:
    with pytest.raises(WrongState) as refusal:
        rule(crew, case)
    assert refusal.value.code == "not_claimed"
    for person in (crew.user, crew.contributor, crew.maintainer, crew.staff):
        with pytest.raises(NotAllowed):
            decide_group(
                actor=person, case=case, outcome="confirm", rationale="So.", settles=settles(case)
            )
    assert not Ruling.objects.exists()


def test_nobody_rules_on_their_own_report_alone(
    benchmark: Benchmark, crew: People, case: Case
) -> None:
    """On q7 nothing but the expert's own report; on q1 recalculate objects as well."""
    report(benchmark, crew.expert, "q7")
    report(benchmark, crew.expert, "q1")
    claim_case(actor=crew.expert, case=case)
    with pytest.raises(NotAllowed) as refusal:
        rule(crew, case, settles=settles(case, "q1", "q7"))
    assert (refusal.value.code, refusal.value.details["instances"]) == ("own_report", ["q7"])
    assert not Ruling.objects.exists()
    rule(crew, case, settles=settles(case, "q1"))


def test_nobody_rules_where_they_declared_an_interest(
    benchmark: Benchmark, crew: People, case: Case
) -> None:
    """In one label's own case, at any time: the rest of the group is open to them."""
    report(benchmark, crew.user, "q2")
    take_in_reports(benchmark.pk)
    own = singles().get(instance__key="q2", status="open")
    leave_case(actor=crew.expert, case=own, reason="My own note.", interest=True)
    claim_case(actor=crew.expert, case=case)
    with pytest.raises(NotAllowed) as refusal:
        rule(crew, case)
    assert (refusal.value.code, refusal.value.details["instances"]) == ("interest", ["q2"])
    assert not Ruling.objects.exists()
    assert rule(crew, case, settles=settles(case, "q1", "q3")).decisions.count() == 2


def test_nobody_takes_on_a_group_in_which_they_declared_an_interest(
    crew: People, case: Case
) -> None:
    """Of the whole group, which nobody but them can know before it is ruled on."""
    claim_case(actor=crew.expert, case=case)
    leave_case(actor=crew.expert, case=case, reason="I made the rule.", interest=True)
    for refused in (
        lambda: claim_case(actor=crew.expert, case=case),
        lambda: rule(crew, case),
    ):
        with pytest.raises(NotAllowed) as refusal:
            refused()
        assert refusal.value.code == "interest"
    assert not Ruling.objects.exists()


# --- adding labels of the group ---------------------------------------------------------------


@pytest.fixture
def decided(benchmark: Benchmark, crew: People, case: Case) -> Decision:
    """What the expert decided on q7, reported by the user: it is right."""
    return confirm(benchmark, crew, "q7")


def confirm(benchmark: Benchmark, crew: People, key: str) -> Decision:
    report(benchmark, crew.user, key)
    take_in_reports(benchmark.pk)
    own = claim_case(actor=crew.expert, case=Case.objects.get(instance__key=key, status="open"))
    made = decide_case(actor=crew.expert, case=own, outcome="confirm", rationale="It is right.")
    assert made is not None
    return made


def test_a_decided_label_may_be_added(
    benchmark: Benchmark, crew: People, case: Case, decided: Decision
) -> None:
    """It stands last, nobody objects to it any more, and the ruling takes the decision's place."""
    members = members_of(case)
    assert [member.key for member in members] == [*WRONG, "q8", "q7"]
    assert (members[-1].decided, members[-1].offered) == (decided, False)
    claim_case(actor=crew.expert, case=case)
    added = Settled("q7", 1, "75", decided.public_id)
    ruling = rule(crew, case, settles=[*settles(case), added])
    assert answers()["q7"] == "75"
    later = ruling.decisions.get(instance__key="q7")
    assert (later.before, later.outcome) == (decided.after, "correct")
    assert members_of(case)[-1].decided in set(ruling.decisions.all())
    assert verify_history(benchmark=benchmark).finding == ""


@pytest.mark.parametrize("overrules", ["", "0" * 26])
def test_a_decision_is_overruled_only_by_name(
    crew: People, case: Case, decided: Decision, overrules: str
) -> None:
    """So nothing is overruled that was made after the labels were shown."""
    claim_case(actor=crew.expert, case=case)
    with pytest.raises(WrongState) as refusal:
        rule(crew, case, settles=[*settles(case), Settled("q7", 1, "75", overrules)])
    assert (refusal.value.code, refusal.value.details["instances"]) == ("already_decided", ["q7"])
    assert not Ruling.objects.exists()


def test_a_decision_made_meanwhile_is_not_overruled(
    benchmark: Benchmark, crew: People, case: Case
) -> None:
    """A confirmed label has the same revision as before."""
    claim_case(actor=crew.expert, case=case)
    shown = settles(case, *WRONG, q7="75")
    confirm(benchmark, crew, "q7")
    with pytest.raises(WrongState) as refusal:
        rule(crew, case, settles=shown)
    assert refusal.value.code == "already_decided"
    assert answers()["q7"] == "70"


def test_what_may_not_be_added(
    benchmark: Benchmark, crew: People, case: Case, decided: Decision
) -> None:
    """A retired label, and a decided one that only the expert's own report asks about again."""
    claim_case(actor=crew.expert, case=case)
    gone = Instance.objects.get(key="q8")
    retire_instance(actor=crew.maintainer, instance=gone, reason="void")
    report(benchmark, crew.expert, "q7")
    for added, code in (
        (Settled("q8", 1, "81"), "not_in_group"),
        (Settled("q7", 1, "75", decided.public_id), "own_report"),
    ):
        with pytest.raises((NotAllowed, WrongState)) as refusal:
            rule(crew, case, settles=[*settles(case), added])
        assert refusal.value.code == code
    assert not Ruling.objects.exists()


def test_what_somebody_decides_by_itself_is_left_out(
    benchmark: Benchmark, crew: People, case: Case
) -> None:
    report(benchmark, crew.user, "q2")
    take_in_reports(benchmark.pk)
    own = singles().get(instance__key="q2", status="open")
    claim_case(actor=crew.expert, case=own)
    claim_case(actor=crew.expert, case=case)
    with pytest.raises(WrongState) as refusal:
        rule(crew, case)
    assert (refusal.value.code, refusal.value.details["instances"]) == ("being_decided", ["q2"])
    Case.objects.filter(pk=own.pk).update(lease_until=Now() - timezone.timedelta(seconds=1))
    rule(crew, case)
    own.refresh_from_db()
    assert own.status == "closed"


def test_a_case_about_one_label_takes_no_ruling(
    benchmark: Benchmark, crew: People, case: Case
) -> None:
    report(benchmark, crew.user, "q9")
    take_in_reports(benchmark.pk)
    single = Case.objects.get(instance__key="q9", status="open")
    claim_case(actor=crew.expert, case=single)
    with pytest.raises(WrongState) as refusal:
        decide_group(
            actor=crew.expert, case=single, outcome="confirm", rationale="So.",
            settles=[Settled("q9", 1)],
        )  # fmt: skip
    assert refusal.value.code == "no_group_case"


def test_a_group_case_closes_when_nothing_in_it_is_doubtful(
    benchmark: Benchmark, crew: People, case: Case
) -> None:
    """The experts decided every label by itself, through reports."""
    for key in WRONG:
        report(benchmark, crew.user, key)
    take_in_reports(benchmark.pk)
    for single in singles().filter(status="open"):
        case.refresh_from_db()
        assert case.status == "open"
        claim_case(actor=crew.expert, case=single)
        decide_case(actor=crew.expert, case=single, outcome="confirm", rationale="Looked at it.")
    case.refresh_from_db()
    assert (case.status, case.ended_at is not None) == ("closed", True)


def test_a_preview_writes_nothing(crew: People, case: Case) -> None:
    rows = preview_ruling(case=case, outcome="correct", settles=settles(case))
    assert [(row.member.key, row.label.text, row.outcome) for row in rows] == [
        (f"q{n}", str(10 * n), "correct") for n in range(1, 7)
    ]
    assert not Revision.objects.filter(number=2).exists()


def test_queries_do_not_grow_with_the_labels(
    db: None, tmp_path: Path, crew: People, benchmark: Benchmark
) -> None:
    counts = []
    for size, slug in ((6, "few"), (60, "many")):
        made = faulty_benchmark(tmp_path, wrong=size, slug=slug)
        set_member(actor=system_user(), benchmark=made, user=crew.expert, role=Role.EXPERT)
        audit(made)
        case = claim_case(actor=crew.expert, case=Case.objects.get(benchmark=made, instance=None))
        chosen = settles(case, *[f"q{n}" for n in range(1, size + 1)])
        with CaptureQueriesContext(connection) as queries:
            rule(crew, case, settles=chosen)
        counts.append(len(queries))
    assert counts[1] - counts[0] <= 4  # SQLite takes fewer rows at a time; PostgreSQL: none more
    assert counts[1] < 80
