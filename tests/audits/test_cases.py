"""From a report to a decision: who may, what is written, what is refused."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from errata.grading import LabelChange

from audits.models import Case, Decision, Look, Opinion, Standing, Vote
from audits.reading import dossier_of, get_case, get_run
from audits.services.claim_case import claim_case, release_case
from audits.services.decide_case import decide_case
from audits.services.preview_decision import candidates, preview_decision
from audits.services.settle_flawed import settle_flawed
from audits.services.take_in_reports import take_in_reports
from audits.voices import voices_of
from registry.errors import InvalidInput, NotAllowed, NotFound, WrongState
from registry.labels import read_label
from registry.models import Benchmark, Head, Instance, Revision, Role
from registry.presets import FOLDER, load_preset
from registry.selectors import preset_of, system_user, texts
from registry.services.create_user import create_user
from registry.services.retire_instance import retire_instance
from registry.services.revise_label import revise_label
from registry.services.set_member import set_member
from submissions.models import Report
from submissions.services.file_report import file_report
from tests.small import People, import_file, people, qa_row, small_benchmark, write_csv


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Six rows: q1 is 10 (right within 1), q2 is 20, …"""
    return small_benchmark(tmp_path)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    """One person a role."""
    return people(benchmark)


def report(benchmark: Benchmark, author: Any, answer: str = "12", key: str = "q1") -> Report:
    return file_report(
        actor=author,
        benchmark=benchmark,
        instance=Instance.objects.get(benchmark=benchmark, key=key),
        category="wrong_answer",
        answer=answer,
        rationale="because",
    )


@pytest.fixture
def case(benchmark: Benchmark, crew: People) -> Case:
    """An open case on q1 with one report that proposes 12."""
    report(benchmark, crew.user)
    take_in_reports(benchmark.pk)
    return Case.objects.get()


def decide(crew: People, case: Case, **changed: Any) -> Decision:
    fields = {"outcome": "correct", "answer": "12", "category": "wrong_answer", "rationale": "so"}
    return decide_case(actor=crew.expert, case=case, **(fields | changed))


def head(case: Case) -> Head:
    return Head.objects.select_related("revision").get(pk=case.instance_id)


def test_reports_on_one_instance_share_a_case(
    benchmark: Benchmark, crew: People, case: Case
) -> None:
    assert case.reasons == ["1 open report."]
    report(benchmark, crew.contributor, "13")
    assert take_in_reports(benchmark.pk) == 1
    assert take_in_reports(benchmark.pk) == 0
    assert Case.objects.get().reasons == ["2 open reports."]
    assert case.bucket == Standing.objects.get().bucket == "contested"


def test_a_correction_gets_the_rules_limits_and_no_old_explanation(
    crew: People, case: Case
) -> None:
    claim_case(actor=crew.expert, case=case)
    decision = decide(crew, case)
    new = head(case).revision
    assert (new.number, new.answer, new.limits, new.derivation) == (2, "12", "{}", "")
    assert (new.cause_kind, new.cause_id) == ("decision", decision.public_id)
    assert decision.after == new
    assert [o.expert for o in decision.opinions.all()] == [crew.expert.public_id]
    filed = Report.objects.get()
    assert (filed.status, filed.decision) == ("accepted", decision.public_id)
    assert "from 10 to 12: so" in filed.outcome
    case.refresh_from_db()
    assert case.status == "decided"
    standing = Standing.objects.get(pk=case.instance_id)
    assert (standing.bucket, standing.tier, standing.case) == ("clear", "expert", None)


def test_a_confirmation_writes_no_revision_and_declines(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    decision = decide(crew, case, outcome="confirm", answer="", category="")
    assert decision.before == decision.after == head(case).revision
    assert Report.objects.get().status == "declined"
    assert Standing.objects.get(pk=case.instance_id).tier == "expert"


def test_not_computable_is_an_answer(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    decide(crew, case, outcome="not_computable", answer="", category="unanswerable")
    assert (head(case).revision.answer, head(case).revision.limits) == ("N/A", "{}")


def test_a_range_keeps_the_answer_inside_it(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    decide(crew, case, outcome="range", answer="", lower="8", upper="14")
    new = head(case).revision
    assert (new.answer, new.limits) == ("10", '{"lower":"8","upper":"14"}')
    assert new.derivation, "the same answer keeps its explanation"


def test_other_limits_need_a_reason(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    with pytest.raises(InvalidInput, match="need a reason"):
        decide(crew, case, lower="11", upper="13")
    decision = decide(crew, case, lower="11", upper="13", limits_reason="rounding")
    assert decision.after.limits == '{"lower":"11","upper":"13"}'
    assert texts([decision.reason])[decision.reason] == "so\n\nrounding"


@pytest.mark.parametrize(
    "changed",
    [
        {"answer": ""},
        {"answer": "many"},
        {"answer": "N/A"},
        {"answer": "10", "lower": "9", "upper": "11"},
        {"answer": "20", "lower": "11", "upper": "13", "limits_reason": "so"},
        {"answer": "12", "lower": "13", "upper": "11", "limits_reason": "so"},
        {"category": ""},
        {"rationale": " "},
        {"outcome": "nonsense"},
        {"outcome": "confirm"},
        {"outcome": "not_computable"},
        {"outcome": "range", "lower": "11", "upper": "13", "answer": ""},
        {"outcome": "range", "lower": "13", "upper": "11"},
        {"outcome": "range", "lower": "11"},
    ],
)
def test_what_makes_no_sense_writes_nothing(
    crew: People, case: Case, changed: dict[str, str]
) -> None:
    claim_case(actor=crew.expert, case=case)
    with pytest.raises(InvalidInput):
        decide(crew, case, **changed)
    assert not Decision.objects.exists()
    assert not Opinion.objects.exists()
    assert head(case).revision.number == 1
    assert Report.objects.get().status == "open"


def test_a_moved_label_is_shown_not_overwritten(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    revise_label(
        actor=system_user(),
        instance=case.instance,
        label=read_label("11.5", "number", preset_of(case.benchmark)),
        expected=None,
        reason="upstream",
        cause=("event", "x"),
        at=case.opened_at,
    )
    with pytest.raises(WrongState, match=r"it is now 11\.5") as refusal:
        decide(crew, case)
    assert refusal.value.code == "label_moved"
    assert not Decision.objects.exists()
    claim_case(actor=crew.expert, case=case)
    assert decide(crew, case).after.answer == "12"


def test_only_experts_claim_and_only_holders_decide(crew: People, case: Case) -> None:
    for person in (None, crew.user, crew.contributor, crew.maintainer, crew.staff):
        with pytest.raises(NotAllowed):
            claim_case(actor=person, case=case)
    with pytest.raises(WrongState):
        decide(crew, case)
    case.refresh_from_db()
    assert case.status == "open"


def test_nobody_decides_on_their_own_report_alone(benchmark: Benchmark, crew: People) -> None:
    report(benchmark, crew.expert)
    take_in_reports(benchmark.pk)
    case = Case.objects.get()
    with pytest.raises(NotAllowed) as refusal:
        claim_case(actor=crew.expert, case=case)
    assert refusal.value.code == "own_report"
    report(benchmark, crew.user, "13")
    assert claim_case(actor=crew.expert, case=case).status == "claimed"


def test_an_objecting_vote_lets_the_reporter_decide(benchmark: Benchmark, crew: People) -> None:
    filed = report(benchmark, crew.expert)
    object_to(filed.instance, answer="11.8")
    take_in_reports(benchmark.pk)
    assert claim_case(actor=crew.expert, case=Case.objects.get()).status == "claimed"


def object_to(instance: Instance, answer: str) -> None:
    vote = Vote.objects.create(
        verifier="consensus", version="1", input="0" * 64, verdict="object", answer=answer,
        at=instance.head.revision.at,
    )  # fmt: skip
    Look.objects.create(instance=instance, revision=instance.head.revision, vote=vote)


def test_an_objection_that_was_taken_back_does_not(benchmark: Benchmark, crew: People) -> None:
    filed = report(benchmark, crew.expert)
    object_to(filed.instance, answer="11.8")
    take_in_reports(benchmark.pk)
    case = Case.objects.get()
    assert "11.8" in [c.answer for c in candidates(case)]
    objection = Vote.objects.get()
    later = Vote.objects.create(
        verifier="consensus", version="1", input="1" * 64, verdict="abstain", at=objection.at
    )
    Look.objects.create(instance=filed.instance, revision=filed.instance.head.revision, vote=later)
    assert [c.answer for c in candidates(case)] == ["12"]
    revision = filed.instance.head.revision_id
    assert [voice.verdict for voice in voices_of(benchmark, revision)] == ["abstain"]
    assert dossier_of(case, revealed=False).voices == (), (
        "an expert who has not answered yet is not told"
    )
    with pytest.raises(NotAllowed):
        claim_case(actor=crew.expert, case=case)


def test_a_candidate_that_cannot_be_read_is_no_offer(crew: People, case: Case) -> None:
    object_to(case.instance, answer="two weeks")
    assert "two weeks" in [c.answer for c in candidates(case)]
    preview = preview_decision(case=case, outcome="correct", answer="12")
    assert preview.offers == ()


def test_a_retired_item_is_not_revived_by_a_decision(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    retire_instance(actor=crew.maintainer, instance=case.instance, reason="a duplicate")
    claim_case(actor=crew.expert, case=case)
    with pytest.raises(WrongState) as refusal:
        decide(crew, case)
    assert refusal.value.code == "retired"
    assert not Decision.objects.exists()
    decide(crew, case, outcome="confirm", answer="", category="")
    assert Head.objects.get(pk=case.instance_id).retired
    assert Report.objects.get().status == "declined"


def test_a_flawed_item_that_was_retired_meanwhile_can_be_settled(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    decide(crew, case, outcome="flawed", answer="")
    gone = retire_instance(actor=crew.maintainer, instance=case.instance, reason="a duplicate")
    case.refresh_from_db()
    with pytest.raises(InvalidInput):
        settle_flawed(actor=crew.maintainer, case=case, reason=" ")
    assert settle_flawed(actor=crew.maintainer, case=case, reason="It is gone.") == gone
    case.refresh_from_db()
    assert case.status == "decided"
    assert Report.objects.get().status == "accepted"


def second_expert(benchmark: Benchmark) -> Any:
    user = create_user(actor=system_user(), username="second")
    set_member(actor=system_user(), benchmark=benchmark, user=user, role=Role.EXPERT)
    return user


def test_a_claim_holds_until_it_runs_out(benchmark: Benchmark, crew: People, case: Case) -> None:
    other = second_expert(benchmark)
    claim_case(actor=crew.expert, case=case)
    with pytest.raises(WrongState, match=r"until [0-9:]{5} UTC"):
        claim_case(actor=other, case=case)
    Case.objects.filter(pk=case.pk).update(lease_until=Now() - timedelta(seconds=1))
    assert claim_case(actor=other, case=case).claimed_by == other.public_id
    with pytest.raises(WrongState) as refusal:
        decide(crew, case)
    assert refusal.value.code == "not_claimed"


def test_a_claim_can_be_given_back(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    assert release_case(actor=crew.expert, case=case).status == "open"
    with pytest.raises(WrongState):
        release_case(actor=crew.expert, case=case)


def test_a_decided_case_stays_decided(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    decide(crew, case)
    with pytest.raises(WrongState):
        claim_case(actor=crew.expert, case=case)
    assert take_in_reports(case.benchmark_id) == 0


def test_a_preview_shows_limits_and_offers_exact_values(crew: People, case: Case) -> None:
    preset = preset_of(case.benchmark)
    assert preset.rule("number").is_exact
    object_to(case.instance, answer="11.8")
    assert {(c.answer, c.source) for c in candidates(case)} == {
        ("12", "a report"),
        ("11.8", "consensus"),
    }
    preview = preview_decision(case=case, outcome="correct", answer="12")
    assert (preview.label.text, preview.by_rule, preview.change) == (
        "12",
        True,
        LabelChange.CHANGED,
    )
    assert Revision.objects.filter(instance=case.instance).count() == 1


def test_an_answer_near_a_candidate_is_offered_its_exact_value(
    crew: People, case: Case, tmp_path: Path
) -> None:
    tolerant = tmp_path / "tolerant.toml"
    shipped = (FOLDER / "question-answer.toml").read_text(encoding="utf-8")
    tolerant.write_text(shipped + '[limits]\nnumber = { relative = "0.05" }\n', encoding="utf-8")
    path = write_csv(tmp_path / "again.csv", [qa_row(number) for number in range(1, 7)])
    import_file(path, preset=load_preset(str(tolerant)))
    case.refresh_from_db()
    preview = preview_decision(case=case, outcome="correct", answer="12.1")
    assert [offer.answer for offer in preview.offers] == ["12"]
    assert preview.label.limits.to_dict() == {"lower": "11.495", "upper": "12.705"}
    assert preview_decision(case=case, outcome="correct", answer="13").offers == ()


def test_a_flawed_item_waits_for_a_maintainer(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    decide(crew, case, outcome="flawed", answer="", category="unclear_question")
    case.refresh_from_db()
    assert case.status == "flawed"
    assert Report.objects.get().status == "open"
    assert Standing.objects.get(pk=case.instance_id).bucket == "contested"
    with pytest.raises(NotAllowed):
        settle_flawed(actor=crew.expert, case=case, reason="hm")
    settle_flawed(actor=crew.maintainer, case=case, reason="cannot be saved")
    case.refresh_from_db()
    assert case.status == "decided"
    assert head(case).retired is True
    assert Report.objects.get().status == "accepted"


def test_a_flawed_item_can_be_reworded(crew: People, case: Case) -> None:
    claim_case(actor=crew.expert, case=case)
    decide(crew, case, outcome="flawed", answer="", category="unclear_question")
    inputs = {"question": "What is ten times one?"}
    new = settle_flawed(actor=crew.maintainer, case=case, reason="clearer", inputs=inputs)
    assert (new.number, new.answer) == (2, "10")
    assert new.content_id != case.instance.revisions.get(number=1).content_id
    assert head(case).retired is False


@pytest.mark.parametrize("name", ["", "none", "\0", "0" * 26, "x" * 500])
def test_what_is_no_case_is_not_found(benchmark: Benchmark, name: str) -> None:
    for get in (get_case, get_run):
        with pytest.raises(NotFound):
            get(name, None)
