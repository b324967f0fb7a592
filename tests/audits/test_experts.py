"""Experts: blind first, as many as the policy asks for, practice, interests, drafts."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from audits.agreeing import agreement_of, experts_behind
from audits.agreement import alpha, coefficients, cohen, fleiss
from audits.models import Abstention, Case, Decision, Draft, Opinion, Standing
from audits.practice import practice_of
from audits.queueing import next_case, seconds_per_decision, waiting_for
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.give_opinion import conclude_case, give_opinion
from audits.services.keep_draft import keep_draft
from audits.services.leave_case import leave_case
from audits.services.mail_queues import mail_queues
from audits.services.set_policy import set_policy
from audits.services.take_in_reports import take_in_reports
from audits.tiers import tier_counts
from registry.errors import NotAllowed, WrongState
from registry.models import Benchmark, Head, Instance, Mail, Role, User
from registry.selectors import system_user
from registry.services.create_user import create_user
from registry.services.set_member import set_member
from submissions.services.file_report import file_report
from tests.small import SLUG, People, bearer, people, small_benchmark

CORRECT = {"outcome": "correct", "answer": "12", "category": "wrong_answer", "rationale": "So."}


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    """Twelve rows: q1 is 10 (right within 1), q2 is 20, …"""
    return small_benchmark(tmp_path, 12)


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    """One person a role."""
    return people(benchmark)


@pytest.fixture
def case(benchmark: Benchmark, crew: People) -> Case:
    """An open case on q1, reported to be 12."""
    return open_case(benchmark, crew.user, "q1", "12")


def open_case(benchmark: Benchmark, author: User, key: str, answer: str) -> Case:
    file_report(
        actor=author,
        benchmark=benchmark,
        instance=Instance.objects.get(benchmark=benchmark, key=key),
        category="wrong_answer",
        answer=answer,
        rationale="MARKED-REASON",
    )
    take_in_reports(benchmark.pk)
    return Case.objects.get(instance__key=key)


def another(benchmark: Benchmark, name: str) -> User:
    user = create_user(actor=system_user(), username=name)
    set_member(actor=system_user(), benchmark=benchmark, user=user, role=Role.EXPERT)
    return user


def ask(benchmark: Benchmark, crew: People, text: str) -> None:
    set_policy(actor=crew.maintainer, benchmark=benchmark, text=text, reason="So it is.")


def answer(expert: User, case: Case, said: str, **decision: Any) -> Decision | None:
    claim_case(actor=expert, case=case)
    blind = {"outcome": "answer", "answer": said}
    return conclude_case(
        actor=expert, case=case, blind=blind, **(CORRECT | {"answer": said} | decision)
    )


def answer_of(case: Case) -> str:
    return Head.objects.get(pk=case.instance_id).revision.answer


def test_nothing_is_told_before_the_first_answer(case: Case, crew: People) -> None:
    """Neither page nor API holds label, votes or reports, for the holder either: on the bytes."""
    claim_case(actor=crew.expert, case=case)
    client = Client()
    client.force_login(crew.expert)
    page, at = f"/cases/{case.public_id}/", f"/api/v1/cases/{case.public_id}/"
    told = (b"MARKED-REASON", b'"10"', b">10<", b'"12"', b">12<", b"9 to 11")

    def bodies() -> list[bytes]:
        api = client.get(at, headers=bearer(crew.expert)).content
        return [client.get(page).content, api, client.get(f"/b/{SLUG}/cases/").content]

    assert not [word for body in bodies() for word in told if word in body]
    give_opinion(actor=crew.expert, case=case, outcome="answer", answer="12")
    shown, api, _ = bodies()
    assert b"MARKED-REASON" in shown
    assert b"9 to 11" in shown
    assert b'"answer":"10"' in api


def test_a_decision_takes_the_first_answer(case: Case, crew: People) -> None:
    """It is kept as it was given, once."""
    claim_case(actor=crew.expert, case=case)
    with pytest.raises(WrongState) as refusal:
        conclude_case(actor=crew.expert, case=case, **CORRECT)
    assert refusal.value.code == "blind_first"
    assert not Opinion.objects.exists()
    give_opinion(actor=crew.expert, case=case, outcome="answer", answer="15", confidence=0.5)
    with pytest.raises(WrongState) as refusal:
        give_opinion(actor=crew.expert, case=case, outcome="answer", answer="12")
    assert refusal.value.code == "already_blind"
    conclude_case(actor=crew.expert, case=case, **CORRECT)
    said = list(Opinion.objects.order_by("pk").values_list("blind", "answer", "confidence"))
    assert said == [(True, "15", 0.5), (False, "12", None)]
    assert [each.answer for each in Decision.objects.get().opinions.all()] == ["12"]


def test_two_experts_who_agree_decide(benchmark: Benchmark, crew: People, case: Case) -> None:
    """Nobody answers twice; the first answer changes no label."""
    ask(benchmark, crew, "experts_per_case = 2")
    assert answer(crew.expert, case, "12") is None
    assert answer_of(case) == "10"
    case.refresh_from_db()
    assert case.status == "open"
    with pytest.raises(NotAllowed) as refusal:
        claim_case(actor=crew.expert, case=case)
    assert refusal.value.code == "already_answered"
    assert next_case(crew.expert, benchmark) is None
    second = another(benchmark, "second")
    assert next_case(second, benchmark) == case
    decision = answer(second, case, "12.0")
    assert decision is not None
    assert {each.expert for each in decision.opinions.all()} == {
        crew.expert.public_id,
        second.public_id,
    }
    assert Standing.objects.get(pk=case.instance_id).tier == "expert-agreed"
    assert tier_counts(Head.objects.filter(pk=case.instance_id)) == {
        benchmark.pk: {"expert-agreed": 1}
    }


def test_a_third_sees_both_and_decides(benchmark: Benchmark, crew: People, case: Case) -> None:
    """After a first answer of their own."""
    ask(benchmark, crew, "experts_per_case = 2")
    second, third = another(benchmark, "second"), another(benchmark, "third")
    assert answer(crew.expert, case, "12", rationale="FIRST-SAYS") is None
    assert answer(second, case, "13", rationale="SECOND-SAYS") is None
    client = Client()
    client.force_login(third)
    claim_case(actor=third, case=case)
    page = client.get(f"/cases/{case.public_id}/").content
    assert b"FIRST-SAYS" not in page
    assert b"SECOND-SAYS" not in page
    give_opinion(actor=third, case=case, outcome="answer", answer="14")
    page = client.get(f"/cases/{case.public_id}/").content
    assert b"FIRST-SAYS" in page
    assert b"SECOND-SAYS" in page
    decision = conclude_case(actor=third, case=case, **(CORRECT | {"answer": "13"}))
    assert decision is not None
    assert decision.opinions.count() == 3
    assert answer_of(case) == "13"
    assert experts_behind([decision.after_id]) == {decision.after_id: 2}


def test_who_was_outvoted_agreed_with_nobody(
    benchmark: Benchmark, crew: People, case: Case
) -> None:
    """So one expert stands behind what the third decided alone."""
    ask(benchmark, crew, "experts_per_case = 2")
    second, third = another(benchmark, "second"), another(benchmark, "third")
    answer(crew.expert, case, "12")
    answer(second, case, "13")
    decision = answer(third, case, "15")
    assert decision is not None
    assert experts_behind([decision.after_id]) == {decision.after_id: 1}
    assert Standing.objects.get(pk=case.instance_id).tier == "expert"


def test_an_interest_bars_for_good(benchmark: Benchmark, crew: People, case: Case) -> None:
    """A denied try changes nothing; skipping bars nobody."""
    claim_case(actor=crew.expert, case=case)
    leave_case(actor=crew.expert, case=case, reason="tired")
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == ("open", "")
    assert next_case(crew.expert, benchmark) is None
    claim_case(actor=crew.expert, case=case)
    leave_case(actor=crew.expert, case=case, reason="My own paper.", interest=True)
    with pytest.raises(NotAllowed) as refusal:
        claim_case(actor=crew.expert, case=case)
    assert refusal.value.code == "interest"
    second = another(benchmark, "second")
    claim_case(actor=second, case=case)
    for actor in (crew.expert, crew.contributor):
        with pytest.raises(NotAllowed):
            decide_case(actor=actor, case=case, **CORRECT)
    assert (Decision.objects.count(), Opinion.objects.count(), answer_of(case)) == (0, 0, "10")
    leave_case(actor=crew.expert, case=case, reason="again")
    assert Abstention.objects.get().interest, "once declared it stays"


def test_a_new_expert_practises_first(
    benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On what others decided; it changes no label and counts nowhere."""
    for number in range(1, 6):
        answer(crew.expert, open_case(benchmark, crew.user, f"q{number}", "7"), "7")
    waits = open_case(benchmark, crew.user, "q9", "7")
    new = another(benchmark, "new")
    assert not practice_of(crew.expert, benchmark).left
    with pytest.raises(WrongState) as refusal:
        claim_case(actor=new, case=waits)
    assert refusal.value.code == "practice_first"
    left, before = practice_of(new, benchmark).left, Decision.objects.count()
    assert len(set(left)) == 5
    client = Client()
    client.force_login(new)
    page = client.get(f"/cases/{left[0]}/practice/").content
    assert b"Practice case 1 of 5" in page
    assert b">7<" not in page
    assert b"Calculator of this group" not in page
    monkeypatch.setattr("audits.first_pass.find_calculator", lambda group: group == "tens")
    page = client.get(f"/cases/{left[0]}/practice/?answer=8&entities={{}}").content
    assert b"Calculator of this group" in page
    assert b'value="8"' in page, "what the calculator's page hands over"
    for public_id in left:
        practised = client.post(
            f"/cases/{public_id}/practice/", {"outcome": "answer", "answer": "7"}, follow=True
        )
        assert b"your answer is right" in practised.content
    assert Opinion.objects.filter(practice=True).count() == 5
    assert Decision.objects.count() == before
    assert agreement_of(benchmark) == []
    assert claim_case(actor=new, case=waits).status == "claimed"


def test_what_is_typed_is_kept_and_timed(benchmark: Benchmark, crew: People, case: Case) -> None:
    """Also where somebody else holds the case by now; time goes into the opinions."""
    kept = keep_draft(actor=crew.expert, case=case, fields={"answer": "12"}, seconds=30)
    assert kept.held, "typing claims a free case"
    client = Client()
    client.force_login(crew.expert)
    assert b'value="12"' in client.get(f"/cases/{case.public_id}/").content
    second = another(benchmark, "second")
    Case.objects.update(lease_until="2026-01-01T00:00Z")
    claim_case(actor=second, case=case)
    kept = keep_draft(actor=crew.expert, case=case, fields={"answer": "13\0"}, seconds=10)
    assert (kept.held, "Somebody else" in kept.because) == (False, True)
    assert Draft.objects.get().fields == {"answer": "13"}
    with pytest.raises(NotAllowed):
        keep_draft(actor=crew.user, case=case, fields={"answer": "1"})
    assert Draft.objects.count() == 1
    Case.objects.update(lease_until="2026-01-01T00:00Z")
    claim_case(actor=crew.expert, case=case)
    give_opinion(actor=crew.expert, case=case, outcome="answer", answer="12", seconds=5)
    conclude_case(actor=crew.expert, case=case, seconds=20, **CORRECT)
    assert list(Opinion.objects.order_by("pk").values_list("seconds", flat=True)) == [45, 20]
    assert not Draft.objects.exists()
    assert seconds_per_decision(benchmark) == 240, "too few were measured"


def test_a_mail_tells_how_much_waits(benchmark: Benchmark, crew: People, case: Case) -> None:
    """Once a day."""
    User.objects.filter(pk=crew.expert.pk).update(email="expert@example.org")
    assert (mail_queues(), mail_queues()) == (1, 0)
    assert Mail.objects.get().subject == f"{benchmark.title}: 1 case, about 4 minutes"
    assert waiting_for(crew.expert, benchmark).count() == 1


def test_coefficients_are_those_of_the_books() -> None:
    """Worked out by hand for ten cases of two experts who agree on seven."""
    pairs = [("y", "y")] * 4 + [("n", "n")] * 3 + [("y", "n")] * 1 + [("n", "y")] * 2
    rows = [{"a": one, "b": other} for one, other in pairs]
    observed, chance = 0.7, 0.5 * 0.6 + 0.5 * 0.4
    assert cohen(rows) == pytest.approx((observed - chance) / (1 - chance))
    shares = (0.55, 0.45)
    expected = sum(share**2 for share in shares)
    assert fleiss(rows) == pytest.approx((observed - expected) / (1 - expected))
    disagreement = 2 * 11 * 9 / (20 * 19)
    assert alpha(rows) == pytest.approx(1 - 0.3 / disagreement)
    found = {each.name: each for each in coefficients(rows)}
    assert set(found) == {"Krippendorff's alpha", "Fleiss' kappa", "Cohen's kappa"}
    assert all(each.lower < each.value < each.upper for each in found.values())
    assert coefficients([{"a": "y"}, {"b": "n"}]) == []
