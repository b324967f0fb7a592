"""The expert's page: claim, preview, decide, settle; and the pages of audits."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone
from errata.manifest import canonical_json

from audits.models import Attempt, AuditRun, Case, Chunk, Decision
from audits.services.decide_case import decide_case
from audits.services.take_in_reports import take_in_reports
from audits.services.work_on_run import work_on_run
from registry.labels import read_label
from registry.models import Benchmark, Head, Instance
from registry.selectors import preset_of, system_user
from registry.services.revise_label import revise_label
from submissions.models import Report
from tests.pages.conftest import file, text_of, uploaded
from tests.small import SLUG, People

Browse = Callable[..., Any]
CORRECT = {"outcome": "correct", "answer": "12", "category": "wrong_answer", "rationale": "So."}


def test_the_queue(case: Case, crew: People, browse: Browse) -> None:
    """Where a waiting case stands is told to all; label and evidence only to maintainers."""
    for reader in (None, crew.expert):
        page = text_of(browse(reader).get(f"/b/{SLUG}/cases/"))
        assert "q1 tens Among the most urgent tenth" in page
        assert "1 open report." not in page
        assert " 10 " not in page.split("q1 tens")[1]
    page = text_of(browse(crew.maintainer).get(f"/b/{SLUG}/cases/"))
    assert "q1 tens 10 1 open report." in page
    assert "No case here" in text_of(browse().get(f"/b/{SLUG}/cases/?status=decided"))


def test_an_empty_queue(benchmark: Benchmark, browse: Browse) -> None:
    """It says where cases come from."""
    assert "No case waits" in text_of(browse().get(f"/b/{SLUG}/cases/"))


def test_only_experts_are_offered_the_claim(case: Case, crew: People, browse: Browse) -> None:
    """Others read what a solver sees; maintainers, who never decide, the evidence as well."""
    for user, offered, told in (
        (None, False, False),
        (crew.contributor, False, False),
        (crew.maintainer, False, True),
        (crew.expert, True, False),
    ):
        page = text_of(browse(user).get(f"/cases/{case.public_id}/"))
        assert ("Claim this case" in page) == offered
        assert ("It is 12 by the book." in page) == told
        assert ("12 a report" in page) == told
        assert "What is ten times 1?" in page


def test_claiming_opens_the_form_for_its_holder_only(
    case: Case, crew: People, browse: Browse
) -> None:
    """Others see who holds it; given back, it is open again."""
    client = browse(crew.expert)
    page = text_of(client.post(_url(case), {"action": "claim"}, follow=True))
    assert "Give it back" in page
    assert "Your first answer" in page
    other = text_of(browse(crew.maintainer).get(_url(case)))
    assert "Your first answer" not in other
    assert "claimed by Expert Person" in other
    client.post(_url(case), {"action": "release"})
    case.refresh_from_db()
    assert case.status == "open"


def test_a_claim_that_ran_out_can_be_taken_over(held: Case, crew: People, browse: Browse) -> None:
    """The form is gone, the claim is offered again."""
    Case.objects.filter(pk=held.pk).update(lease_until=Now() - timedelta(minutes=1))
    page = text_of(browse(crew.expert).get(_url(held)))
    assert "Claim this case" in page
    assert "Your decision" not in page


def test_the_limits_are_shown_before_anything_is_saved(
    answered: Case, crew: People, browse: Browse
) -> None:
    """The preview writes nothing, not even when the button of saving is pressed first."""
    for action in ("preview", "decide"):
        response = browse(crew.expert).post(_url(answered), CORRECT | {"action": action})
        assert response.status_code == 200
        page = text_of(response)
        assert "This is what will be saved" in page
        assert "12 Exactly this answer counts as right (by the benchmark" in page
    assert not Decision.objects.exists()


def test_what_was_shown_is_saved(answered: Case, crew: People, browse: Browse) -> None:
    """The second step decides, and the page tells the decision."""
    response = _preview_and_save(browse(crew.expert), answered, CORRECT)
    page = text_of(response)
    assert "Decided. Thank you." in page
    assert "Decided by Expert Person" in page
    head = Head.objects.select_related("revision").get(pk=answered.instance_id)
    assert head.revision.answer == "12"


def test_another_answer_than_the_one_shown_is_shown_again(
    answered: Case, crew: People, browse: Browse
) -> None:
    """Whoever edits after the preview sees what that would mean first."""
    client = browse(crew.expert)
    shown = (
        client.post(_url(answered), CORRECT | {"action": "preview"}).context["form"].fingerprint()
    )
    changed = CORRECT | {"answer": "13", "action": "decide", "shown": shown}
    response = client.post(_url(answered), changed)
    assert "13" in text_of(response)
    assert "This is what will be saved" in text_of(response)
    assert not Decision.objects.exists()


def test_a_candidates_exact_value_is_one_tap(
    answered: Case, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """An answer within the limits of a candidate offers that candidate."""
    rules = json.loads(benchmark.preset) | {"limits": {"number": {"relative": "0.05"}}}
    Benchmark.objects.filter(pk=benchmark.pk).update(preset=canonical_json(rules))
    file(benchmark, crew.contributor, "q1", "12.0004")
    client = browse(crew.expert)
    given = CORRECT | {"answer": "12.0003", "action": "preview"}
    response = client.post(_url(answered), given)
    assert {offer.answer for offer in response.context["preview"].offers} == {"12", "12.0004"}
    assert "Answers from 11.400285 to 12.600315 count as right (by the" in text_of(response)
    taken = client.post(_url(answered), CORRECT | {"answer": "12.0003", "offer": "12.0004"})
    assert taken.context["form"].fingerprint().count("12.0004") == 1
    assert "12.0004" in text_of(taken)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"outcome": ""}, "outcome", "This field is required"),
        ({"outcome": "maybe"}, "outcome", "Select a valid choice"),
        ({"answer": ""}, "answer", "Give the right answer"),
        ({"answer": "a lot"}, "answer", "is not a number"),
        ({"answer": "N/A"}, "__all__", "not computable"),
        ({"answer": "10", "lower": "9", "upper": "11"}, "__all__", "already says 10"),
        ({"outcome": "confirm"}, "__all__", "leaves the label as it is"),
        ({"outcome": "range"}, "lower", "needs a lower and an upper limit"),
        ({"outcome": "range", "lower": "13", "upper": "14"}, "answer", "outside the range"),
    ],
)
def test_a_decision_that_cannot_be_is_explained(
    changed: dict[str, str], field: str, message: str, answered: Case, crew: People, browse: Browse
) -> None:
    """Beside the field, before anything is saved."""
    response = browse(crew.expert).post(_url(answered), CORRECT | changed | {"action": "preview"})
    assert response.status_code == 400
    assert any(message in error for error in response.context["form"].errors[field])


@pytest.mark.parametrize(
    ("changed", "field", "message"),
    [
        ({"rationale": " "}, "rationale", "Say why"),
        ({"category": ""}, "category", "Choose the category"),
        ({"lower": "11", "upper": "13"}, "limits_reason", "need a reason"),
    ],
)
def test_saving_asks_for_what_is_missing(
    changed: dict[str, str], field: str, message: str, answered: Case, crew: People, browse: Browse
) -> None:
    """The reason, the category, the reason for limits of one's own."""
    response = _preview_and_save(browse(crew.expert), answered, CORRECT | changed)
    assert response.status_code == 400
    assert any(message in error for error in response.context["form"].errors[field])
    assert not Decision.objects.exists()


def test_differing_answers_stand_side_by_side(
    answered: Case, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Each report with its own answer, reason, evidence and author; the most proposed first."""
    uploaded(crew.maintainer, benchmark, "q1,13,p. 3\n", submit=True)
    uploaded(crew.contributor, benchmark, "q1,13,p. 4\n", submit=True)
    page = browse(crew.expert).get(f"/cases/{answered.public_id}/")
    found = [(answer, len(reports)) for answer, reports in page.context["dossier"].answers]
    assert found == [("13", 2), ("12", 1)]
    told = text_of(page)
    assert "by Contributor Person Counted again. Evidence: p. 4" in told
    assert "by Maintainer Person Counted again. Evidence: p. 3" in told
    assert "12 1 report open Wrong answer by User Person It is 12 by the book." in told


def test_a_claim_shows_whose_model_it_affects_and_loads_the_next_case(
    answered: Case, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Whoever decides is told of the first, and need not wait for the second."""
    Report.objects.update(affects_model=True)
    page = browse(crew.expert).get(f"/cases/{answered.public_id}/").content.decode()
    assert "affects a model of the author" in page
    assert 'rel="prefetch"' not in page
    file(benchmark, crew.user, "q2", "25")
    take_in_reports(benchmark.pk)
    other = Case.objects.get(instance__key="q2")
    page = browse(crew.expert).get(f"/cases/{answered.public_id}/").content.decode()
    assert f'<link rel="prefetch" href="/cases/{other.public_id}/">' in page


def test_a_label_that_moved_is_shown(
    answered: Case, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Saving fails with the new label on the page; claiming again takes it as the basis."""
    client = browse(crew.expert)
    _move(benchmark, answered.instance, "11.5")
    response = _preview_and_save(client, answered, CORRECT)
    assert response.status_code == 409
    assert "The label changed meanwhile: it is now 11.5 (revision 2)" in text_of(response)
    assert "The label changed since you claimed the case" in text_of(response)
    assert not Decision.objects.exists()
    client.post(_url(answered), {"action": "claim"})
    assert "Decided. Thank you." in text_of(_preview_and_save(client, answered, CORRECT))


def test_an_own_report_alone_is_no_case_for_oneself(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """The page says who has to decide instead."""
    file(benchmark, crew.expert, "q3", "33")
    take_in_reports(benchmark.pk)
    case = Case.objects.get(instance__key="q3")
    response = browse(crew.expert).post(_url(case), {"action": "claim"})
    assert response.status_code == 403
    assert "another expert has to decide it" in text_of(response)


def test_a_flawed_item_is_reworded_by_a_maintainer(
    held: Case, crew: People, browse: Browse
) -> None:
    """The expert sees no form, the maintainer does; inputs change, the label stays."""
    _flaw(held, crew)
    assert "Settle the flawed item" not in text_of(browse(crew.expert).get(_url(held)))
    client = browse(crew.maintainer)
    form = client.get(_url(held)).context["settle"]
    data = {f"input_{name}": value for name, value in form.inputs.items()}
    same = client.post(_url(held), data | {"action": "reword", "reason": "clearer"})
    assert same.status_code == 400
    assert "The inputs are the same as before" in text_of(same)
    data["input_question"] = "What is ten times one?\r\nGive a number."
    response = client.post(
        _url(held), data | {"action": "reword", "reason": "clearer"}, follow=True
    )
    page = text_of(response)
    assert "Settled." in page
    assert "What is ten times one? Give a number." in page
    head = Head.objects.select_related("revision").get(pk=held.instance_id)
    assert (head.revision.answer, head.retired) == ("10", False)


def test_a_flawed_item_is_retired_with_a_reason(held: Case, crew: People, browse: Browse) -> None:
    """Without one nothing happens."""
    _flaw(held, crew)
    client = browse(crew.maintainer)
    data = {"input_question": "x", "action": "retire", "reason": ""}
    assert client.post(_url(held), data).status_code == 400
    assert not Head.objects.get(pk=held.instance_id).retired
    client.post(_url(held), data | {"reason": "void"})
    assert Head.objects.get(pk=held.instance_id).retired


def test_an_audit_is_started_and_followed(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Progress before, during and after."""
    client = browse(crew.maintainer)
    assert "No audit yet" in text_of(client.get(f"/b/{SLUG}/audits/"))
    response = client.post(f"/b/{SLUG}/audits/", {"verifiers": ["limits", "explanation"]})
    run = AuditRun.objects.get()
    assert response["Location"] == f"/audits/{run.public_id}/"
    assert run.verifiers == ["limits", "explanation"]
    assert "0 of 6" in text_of(browse().get(response["Location"]))
    assert "0 of 6" in text_of(browse().get(f"/b/{SLUG}/audits/"))
    work_on_run(run_id=run.pk)
    page = text_of(browse().get(response["Location"]))
    assert "finished" in page
    assert "6 of 6" in page
    assert "Explanation 6 0 0 6 0" in page


def test_an_audit_needs_a_verifier(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """None chosen, or one that is not there: the form comes back."""
    client = browse(crew.maintainer)
    for data in ({}, {"verifiers": ["nonsense"]}):
        response = client.post(f"/b/{SLUG}/audits/", data)
        assert response.status_code == 400
        assert response.context["form"].errors["verifiers"]
    assert not AuditRun.objects.exists()


def test_failures_of_an_audit_are_told(run: AuditRun, browse: Browse) -> None:
    """Chunks that were given up, and where verifiers failed."""
    Chunk.objects.filter(run=run).update(status="failed")
    AuditRun.objects.filter(pk=run.pk).update(status="failed")
    instance = Instance.objects.get(key="q4")
    Attempt.objects.create(run=run, instance=instance, verifier="limits", error="it broke")
    page = text_of(browse().get(f"/audits/{run.public_id}/"))
    assert "6 instances were given up" in page
    assert "q4 Limits it broke" in page


def _url(case: Case) -> str:
    return f"/cases/{case.public_id}/"


def _preview_and_save(client: Any, case: Case, data: dict[str, str]) -> Any:
    shown = client.post(_url(case), data | {"action": "preview"}).context["form"].fingerprint()
    return client.post(_url(case), data | {"action": "decide", "shown": shown}, follow=True)


def _flaw(case: Case, crew: People) -> None:
    decide_case(
        actor=crew.expert, case=case, outcome="flawed", category="wrong_answer", rationale="odd"
    )


def _move(benchmark: Benchmark, instance: Instance, answer: str) -> None:
    revise_label(
        actor=system_user(),
        instance=instance,
        label=read_label(answer, "number", preset_of(benchmark)),
        expected=None,
        reason="moved",
        cause=("event", "x"),
        at=timezone.now(),
    )
