"""What went into the calculator is kept as the derivation of the answer that it comes to."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from audits.models import Case, Opinion
from audits.services.claim_case import claim_case
from audits.services.give_opinion import conclude_case
from audits.services.take_in_reports import take_in_reports
from registry.errors import InvalidInput
from registry.models import Benchmark, Head, Instance
from registry.selectors import documents
from submissions.services.file_report import file_report
from tests.small import SLUG, People, bearer, import_file, people, qa_row, write_csv
from versions.services.verify_history import verify_history

ENTITIES = '{"weight": [80, "kg"], "height": [2, "m"]}'
DECISION = {"outcome": "correct", "category": "wrong_answer", "rationale": "So."}
FIRST = {"outcome": "answer"}


@pytest.fixture
def crew(db: None, tmp_path: Path) -> People:
    """One person a role, of a benchmark whose only group a calculator serves."""
    import_file(write_csv(tmp_path / "bmi.csv", [qa_row(1, group="Body Mass Index (BMI)")]))
    return people(Benchmark.objects.get(slug=SLUG))


@pytest.fixture
def case(crew: People) -> Case:
    """The case of its label, claimed by the expert."""
    instance = Instance.objects.get(key="q1")
    file_report(
        actor=crew.user,
        benchmark=instance.benchmark,
        instance=instance,
        category="wrong_answer",
        answer="20",
        rationale="Too low.",
    )
    take_in_reports(instance.benchmark_id)
    found = Case.objects.get()
    claim_case(actor=crew.expert, case=found)
    return found


def _kept(digest: str) -> Any:
    return documents([digest]).get(digest) if digest else None


def test_a_decision_carries_the_derivation_of_its_answer(crew: People, case: Case) -> None:
    blind = FIRST | {"answer": "20"}
    conclude_case(
        actor=crew.expert, case=case, blind=blind, answer="20", entities=ENTITIES, **DECISION
    )
    revision = Head.objects.get().revision
    kept = _kept(revision.derivation)
    assert json.loads(kept["entities"]) == json.loads(ENTITIES)
    assert "Result: 20 kg/m^2." in kept["explanation"]
    first, last = Opinion.objects.order_by("pk")
    assert (first.derivation, last.derivation) == ("", revision.derivation)
    assert not verify_history(benchmark=case.benchmark).finding


@pytest.mark.parametrize(("decided", "carried"), [("20", True), ("21", False)])
def test_a_first_answer_hands_its_derivation_on_to_the_same_label_alone(
    crew: People, case: Case, decided: str, carried: bool
) -> None:
    blind = FIRST | {"answer": "20", "entities": ENTITIES}
    conclude_case(actor=crew.expert, case=case, blind=blind, answer=decided, **DECISION)
    first, last = Opinion.objects.order_by("pk")
    assert first.derivation
    assert last.derivation == (first.derivation if carried else "")
    assert Head.objects.get().revision.derivation == last.derivation


def test_another_answer_than_computed_has_none(crew: People, case: Case) -> None:
    blind = FIRST | {"answer": "21", "entities": ENTITIES}
    conclude_case(
        actor=crew.expert, case=case, blind=blind, answer="21", entities=ENTITIES, **DECISION
    )
    assert not any(Opinion.objects.values_list("derivation", flat=True))
    assert Head.objects.get().revision.derivation == ""


def test_what_is_no_object_is_refused(crew: People, case: Case) -> None:
    blind = FIRST | {"answer": "20", "entities": "[1]"}
    with pytest.raises(InvalidInput, match="JSON object"):
        conclude_case(actor=crew.expert, case=case, blind=blind, answer="20", **DECISION)
    assert not Opinion.objects.exists()


def test_programs_send_the_entities_too(crew: People, case: Case, client: Client) -> None:
    sent = {**DECISION, "answer": "20", "blind": {**FIRST, "answer": "20"}, "entities": ENTITIES}
    response = client.post(
        f"/api/v1/cases/{case.public_id}/decide/",
        sent,
        content_type="application/json",
        headers=bearer(crew.expert),
    )
    assert response.status_code == 201, response.content
    assert Head.objects.get().revision.derivation


def test_the_calculator_of_a_case_fills_in_the_answer(
    crew: People, case: Case, client: Client
) -> None:
    """Without a script: its page leads back to the case, whose form carries what was entered."""
    client.force_login(crew.expert)
    address = f"/cases/{case.public_id}/"
    assert f"case={case.public_id}" in client.get(address).content.decode()
    sent = {"group": "Body Mass Index (BMI)", "compute": "1", "case": case.public_id}
    page = client.get(f"/b/{SLUG}/calculator/", sent | {"weight": "80", "height": "2"})
    link = re.search(r'href="([^"]*)" data-use="20"', page.content.decode())
    assert link
    form = client.get(html.unescape(link[1])).context["first"]
    assert form["answer"].value() == "20"
    sent = {name: form[name].value() or "" for name in form.fields}
    client.post(address, sent | {"outcome": "answer", "action": "first"})
    assert Opinion.objects.get().derivation
    assert 'id="calculator"' in client.get(address).content.decode()
