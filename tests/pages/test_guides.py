"""The pages and the API of guides."""

from collections.abc import Callable
from typing import Any

import pytest

from audits.models import Case, Decision, Guide
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.look_again import look_again
from audits.services.take_in_reports import take_in_reports
from audits.services.triage_instances import triage_instances
from audits.services.write_guide import write_guide
from registry.errors import NotAllowed, WrongState
from registry.models import Benchmark, Event, Instance, Text
from registry.services.retire_instance import retire_instance
from tests.pages.conftest import file, text_of
from tests.small import SLUG, People, bearer

Browse = Callable[..., Any]
GUIDE = f"/b/{SLUG}/guide/?group=tens"
EDIT = f"/b/{SLUG}/guide/edit/?group=tens"


def write(benchmark: Benchmark, actor: Any, text: str = "## Unit\n\nTens.") -> Guide:
    return write_guide(actor=actor, benchmark=benchmark, group="tens", text=text)


def test_groups_without_a_guide_are_listed(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    page = text_of(browse().get(f"/b/{SLUG}/guides/"))
    assert "0 of 1 group have a guide" in page
    assert "tens 6 none yet" in page
    assert "tens 6 Write it" in text_of(browse(crew.expert).get(f"/b/{SLUG}/guides/"))
    assert "No guide yet" in text_of(browse().get(GUIDE))
    assert "Begin with what is known" not in text_of(browse(crew.user).get(GUIDE))
    assert "Begin with what is known" in text_of(browse(crew.maintainer).get(GUIDE))
    write(benchmark, crew.expert)
    page = text_of(browse().get(f"/b/{SLUG}/guides/"))
    assert "1 of 1 group has a guide" in page
    assert "version 1" in page
    assert "Expert Person" in page


@pytest.mark.parametrize("query", ["?group=nowhere", "?group=a%00b", "", "?group=tens&version=7"])
def test_what_is_not_there(query: str, benchmark: Benchmark, crew: People, browse: Browse) -> None:
    write(benchmark, crew.expert)
    assert browse().get(f"/b/{SLUG}/guide/{query}").status_code == 404


def test_a_version_that_is_no_number(benchmark: Benchmark, browse: Browse) -> None:
    assert browse().get(f"{GUIDE}&version=x").status_code == 404


def test_nothing_is_saved_unseen(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    client = browse(crew.expert)
    data = {"text": "## Unit\n\n**Tens**", "after": "0", "reason": "First."}
    shown = client.post(EDIT, data | {"action": "preview"})
    assert "<strong>Tens</strong>" in shown.content.decode()
    assert "This is what will be saved" in text_of(shown)
    assert not Guide.objects.exists()
    page = client.post(EDIT, data | {"action": "save"}, follow=True)
    assert "Version 1 of the guide holds now." in text_of(page)
    assert "<strong>Tens</strong>" in page.content.decode()
    page = text_of(client.get(f"/b/{SLUG}/"))
    assert "wrote the guide of a group" in page
    assert GUIDE in client.get(f"/b/{SLUG}/").content.decode()


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({"text": ""}, 400, "This field is required"),
        ({"text": "x" * 20_001}, 400, "at most 20,000 characters"),
        ({"after": ""}, 400, "This form is incomplete"),
        ({"after": "0", "action": "save"}, 409, "Somebody wrote version 1 meanwhile"),
        ({"text": "## Unit\n\nTens.", "action": "save"}, 409, "says exactly this already"),
    ],
)
def test_what_cannot_be_saved_is_explained(
    given: dict[str, str],
    status: int,
    message: str,
    benchmark: Benchmark,
    crew: People,
    browse: Browse,
) -> None:
    """And what was typed stays in the form."""
    write(benchmark, crew.expert)
    data = {"text": "Mine.", "after": "1", "action": "preview"} | given
    response = browse(crew.expert).post(EDIT, data)
    assert response.status_code == status
    assert message in text_of(response)
    assert data["text"] in response.content.decode().replace("\r\n", "\n")
    assert Guide.objects.count() == 1


def test_two_versions_are_compared(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    write(benchmark, crew.expert, "Times ten.\nRounded.\nNever late.")
    write(benchmark, crew.maintainer, "Times ten.\nNot rounded.\nNever late.")
    body = browse().get(f"{GUIDE}&version=2&against=1").content.decode()
    assert "Version 1 → 2" in body
    assert "<del>Rounded.</del>" in body
    assert "<ins>Not rounded.</ins>" in body
    assert '<li class="kept">Never late.</li>' in body
    old = text_of(browse().get(f"{GUIDE}&version=1"))
    assert "an older version" in old
    assert "Both say the same." in text_of(browse().get(f"{GUIDE}&version=1&against=1"))


def test_a_removed_text(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    guide = write(benchmark, crew.expert)
    Text.objects.filter(pk=guide.text).update(body="", removed_at=guide.at)
    assert "The text of this version was removed." in text_of(browse().get(GUIDE))


def test_it_is_shown_on_case_report_form_and_instance(
    benchmark: Benchmark, crew: People, browse: Browse, case: Case
) -> None:
    where = (f"/cases/{case.public_id}/", f"/b/{SLUG}/i/q1/", f"/b/{SLUG}/report/?instance=q1")
    for path in where:
        assert "has no guide yet: write it" in text_of(browse(crew.expert).get(path))
        assert "has no guide yet" not in text_of(browse(crew.user).get(path))
    write(benchmark, crew.expert, "Counts **once**.")
    for path in where:
        body = browse(crew.user).get(path).content.decode()
        assert "Counts <strong>once</strong>." in body
        assert '<details class="panel guide-box" id="guide">' in body
    claim_case(actor=crew.expert, case=case)
    body = browse(crew.expert).get(where[0]).content.decode()
    assert '<details class="panel guide-box" id="guide" open>' in body


# --- what is decided under an older version ------------------------------------------------------


def decide(benchmark: Benchmark, crew: People, key: str) -> Decision:
    case = claim_case(actor=crew.expert, case=Case.objects.get(instance__key=key, status="open"))
    return decide_case(actor=crew.expert, case=case, outcome="confirm", rationale="Right.")


@pytest.fixture
def decided(benchmark: Benchmark, crew: People) -> Benchmark:
    """q1 decided without a guide, q2 under version 1, q3 under version 2, which holds."""
    for key in ("q1", "q2", "q3", "q4"):
        file(benchmark, crew.user, key, "12345")
    take_in_reports(benchmark.pk)
    decide(benchmark, crew, "q1")
    write(benchmark, crew.expert, "One.")
    decide(benchmark, crew, "q2")
    write(benchmark, crew.expert, "Two.")
    decide(benchmark, crew, "q3")
    return benchmark


def test_a_changed_guide_lists_the_labels_to_look_at_again(
    decided: Benchmark, crew: People, browse: Browse
) -> None:
    page = text_of(browse(crew.expert).get(GUIDE))
    assert "2 labels stand by a decision that knew an older guide" in page
    assert "q1 10 no guide q2 20 version 1" in page
    assert "q3" not in page
    assert "Open 2 cases" in page
    assert "Open 2 cases" not in text_of(browse(crew.user).get(GUIDE))


def test_one_button_opens_cases_for_them(decided: Benchmark, crew: People, browse: Browse) -> None:
    """They stay through every triage until somebody decides them, under the guide that holds."""
    client = browse(crew.expert)
    page = text_of(client.post(GUIDE, follow=True))
    assert "2 cases are open now." in page
    assert "cases for all of them are open" in page
    assert "Open 2 cases" not in page
    again = Case.objects.filter(status="open").exclude(guide=None)
    assert set(again.values_list("instance__key", flat=True)) == {"q1", "q2"}
    assert again.get(instance__key="q2").reasons == [
        "It was decided under version 1 of its guide; version 2 holds now."
    ]
    assert Instance.objects.get(key="q1").standing.case == again.get(instance__key="q1")
    triage_instances(benchmark=decided, instance_ids=list(again.values_list("instance", flat=True)))
    assert again.count() == 2
    assert "are open already" in text_of(client.post(GUIDE, follow=True))
    assert Event.objects.filter(kind="guide.looked_again").count() == 1
    assert decide(decided, crew, "q1").guide.number == 2  # type: ignore[union-attr]
    assert "1 label stands by" in text_of(client.get(GUIDE))
    q2 = Instance.objects.get(key="q2")
    retire_instance(actor=crew.maintainer, instance=q2, reason="Twice.")
    triage_instances(benchmark=decided, instance_ids=[q2.pk])
    assert not again.all().exists()


def test_who_may_not_or_cannot_look_again(benchmark: Benchmark, crew: People) -> None:
    with pytest.raises(WrongState, match="no guide yet"):
        look_again(actor=crew.expert, benchmark=benchmark, group="tens")
    with pytest.raises(NotAllowed):
        look_again(actor=crew.contributor, benchmark=benchmark, group="tens")


# --- the start -----------------------------------------------------------------------------------


def test_a_start_is_offered_where_no_calculator_serves_the_group(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    text = browse(crew.expert).get(EDIT).context["form"].initial["text"]
    for heading in ("Definition", "Unit and rounding", "Limits", "not mentioned", "point in time"):
        assert heading in text
    assert "does not apply" in text


# --- the API -------------------------------------------------------------------------------------


def test_guides_by_api(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    client, path = browse(), f"/api/v1/benchmarks/{SLUG}/guides/"

    def post(user: Any, **data: Any) -> Any:
        data = {"group": "tens", "text": "One.\n"} | data
        return client.post(path, data, headers=bearer(user), content_type="application/json")

    made = post(crew.maintainer, after=0)
    assert made.status_code == 201
    assert (made.json()["number"], made.json()["text"]) == (1, "One.")
    assert post(crew.expert, text="Two.").json()["number"] == 2
    assert post(crew.expert, text="Three.", after=1).json()["code"] == "guide_moved"
    assert post(crew.expert, text=" ").status_code == 400
    (row,) = client.get(path).json()["results"]
    assert (row["group"], row["text"], row["actor"]["name"]) == ("tens", "Two.", "Expert Person")
    rows = client.get(f"{path}?group=tens&versions=true").json()["results"]
    assert [each["number"] for each in rows] == [1, 2]
    assert client.get(f"{path}?group=else").json()["results"] == []
