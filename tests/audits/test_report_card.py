"""Report cards: what decisions, calls and experts say of each verifier."""

from pathlib import Path
from typing import Any

import pytest

from audits.models import Attempt, Call, Case, Lapse
from audits.report_card import report_card, share_of, slips_of
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.name_lapse import name_lapse
from audits.services.start_audit import start_audit
from audits.services.take_in_reports import take_in_reports
from audits.services.work_on_run import work_on_run
from registry.errors import InvalidInput, NotAllowed
from registry.models import Benchmark, Instance
from registry.selectors import system_user
from submissions.services.file_report import file_report
from tests.small import People, people, small_benchmark

EVEN = "tests.audits.verifiers.EvenVerifier"  # objects to q2 (20), q4 (40) and q6 (60)


@pytest.fixture
def benchmark(db: None, tmp_path: Path, settings: Any) -> Benchmark:
    """Six labels, audited by one verifier; cases for q2, q3 and q4, which reports opened."""
    settings.ERRATA_VERIFIERS = [EVEN]
    made = small_benchmark(tmp_path)
    assert work_on_run(run_id=start_audit(actor=system_user(), benchmark=made).pk)
    return made


@pytest.fixture
def crew(benchmark: Benchmark) -> People:
    """One person a role."""
    return people(benchmark)


def decide(benchmark: Benchmark, crew: People, key: str, answer: str = "") -> Case:
    """Report and decide one label: another answer, or that it is right."""
    instance = Instance.objects.get(benchmark=benchmark, key=key)
    file_report(
        actor=crew.user,
        benchmark=benchmark,
        instance=instance,
        category="wrong_answer",
        rationale="Look again.",
    )
    take_in_reports(benchmark.pk)
    case = claim_case(actor=crew.expert, case=Case.objects.get(instance=instance))
    decide_case(
        actor=crew.expert,
        case=case,
        outcome="correct" if answer else "confirm",
        answer=answer,
        category="wrong_answer" if answer else "",
        rationale="By the book.",
    )
    case.refresh_from_db()
    return case


def test_objections_are_measured_against_decisions(benchmark: Benchmark, crew: People) -> None:
    assert report_card(benchmark) == []
    decide(benchmark, crew, "q2", "25")  # objected to, wrong
    decide(benchmark, crew, "q3", "35")  # silent, wrong
    decide(benchmark, crew, "q4")  # objected to, right
    (card,) = report_card(benchmark)
    assert (card.verifier, card.objected, card.right, card.wrong_labels) == ("even", 2, 1, 2)
    assert card.precision.value == card.recall.value == 0.5
    assert card.precision.lower < 0.5 < card.precision.upper
    ((code, tally, share),) = card.categories()
    assert (code, tally.objected, tally.silent, share.of) == ("wrong_answer", 1, 1, 2)


def test_calls_and_failures_are_counted(benchmark: Benchmark) -> None:
    run = benchmark.runs.get()
    for millis, cost, outcome in ((100, 5, "answered"), (300, 7, "answered"), (9, None, "failed")):
        Call.objects.create(
            run=run,
            verifier="blind@m",
            input="0" * 64,
            reserved=11,
            cost=cost,
            millis=millis,
            outcome=outcome,
        )
    Attempt.objects.create(
        run=run, instance=Instance.objects.first(), verifier="blind@m", error="no"
    )
    (card,) = report_card(benchmark)
    assert (card.verifier, card.calls, card.cost) == ("blind@m", 3, 5 + 7 + 11)
    assert (card.failed_calls, card.failures, card.median_ms, card.slow_ms) == (1, 1, 200, 300)


def test_shares_are_never_a_bare_nothing() -> None:
    none, some = share_of(0, 20), share_of(20, 20)
    assert (none.value, none.lower) == (0.0, 0.0)
    assert 0.05 < none.upper < 0.15
    assert (some.value, some.upper) == (1.0, 1.0)
    assert share_of(0, 0).value is None


def test_the_expert_names_how_a_verifier_erred(benchmark: Benchmark, crew: People) -> None:
    case = decide(benchmark, crew, "q4")
    assert [(slip.verifier, slip.flaw) for slip in slips_of(case, crew.expert)] == [("even", "")]
    assert slips_of(case, crew.maintainer) == slips_of(case, None) == []
    decision = case.decisions.get()
    for actor in (crew.user, crew.contributor, crew.maintainer):
        with pytest.raises(NotAllowed):
            name_lapse(actor=actor, decision=decision, verifier="even", flaw="wrong_rule")
    with pytest.raises(InvalidInput, match="said nothing"):
        name_lapse(actor=crew.expert, decision=decision, verifier="limits", flaw="wrong_rule")
    assert not Lapse.objects.exists()
    lapse = name_lapse(actor=crew.expert, decision=decision, verifier="even", flaw="wrong_rule")
    again = name_lapse(actor=crew.expert, decision=decision, verifier="even", flaw="wrong_rule")
    assert lapse == again
    with pytest.raises(InvalidInput, match="already"):
        name_lapse(actor=crew.expert, decision=decision, verifier="even", flaw="wrong_unit")
    (card,) = report_card(benchmark)
    assert dict(card.flaws) == {"applied another rule": 1}


def test_the_page_says_it(benchmark: Benchmark, crew: People, client: Any) -> None:
    case = decide(benchmark, crew, "q4")
    client.force_login(crew.expert)
    shown = client.get(f"/cases/{case.public_id}/").content.decode()
    assert "Did a verifier err?" in shown
    response = client.post(
        f"/cases/{case.public_id}/", {"verifier": "even", "lapse": "invented_fact"}, follow=True
    )
    assert "You said: invented a fact." in response.content.decode()
    page = client.get(f"/b/{benchmark.slug}/verifiers/").content.decode()
    assert "invented a fact (1)" in page
    assert "0–" in page.replace("\u202f%", "")
    client.force_login(crew.user)
    assert "Did a verifier err?" not in client.get(f"/cases/{case.public_id}/").content.decode()
