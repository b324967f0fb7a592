"""The page and the API of a case for a whole group, and where its ruling is told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audits.models import Case, Decision, Ruling
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.leave_case import leave_case
from audits.services.set_policy import set_policy
from audits.services.take_in_reports import take_in_reports
from registry.models import Benchmark, Head, Instance
from registry.services.retire_instance import reword_instance
from registry.services.state_specialty import state_specialty
from tests.audits.recalculating import PATH, SENTENCE, audit, faulty_benchmark
from tests.pages.conftest import cut, file, text_of
from tests.small import SLUG, People, bearer
from versions.models import Release
from versions.selectors import snapshot_of
from versions.services.build_release import _changelog

Browse = Callable[..., Any]
RULING = {"outcome": "correct", "category": "wrong_answer", "rationale": "It counts once."}
WRONG = [f"q{n}" for n in range(1, 7)]


@pytest.fixture
def benchmark(db: None, tmp_path: Path, settings: Any) -> Benchmark:
    """q1 to q6 of "coma" are one too high, q7 and q8 right; q9 to q12 are "tens"."""
    settings.ERRATA_VERIFIERS = [PATH]
    return faulty_benchmark(tmp_path)


@pytest.fixture
def case(benchmark: Benchmark) -> Case:
    """The case of the group."""
    audit(benchmark)
    return Case.objects.get(instance=None)


@pytest.fixture
def held(case: Case, crew: People) -> Case:
    """The same, claimed by the expert."""
    return claim_case(actor=crew.expert, case=case)


def url(case: Case) -> str:
    return f"/cases/{case.public_id}/"


def sent(response: Any, **changed: Any) -> dict[str, Any]:
    """What a browser would send: the form as it was shown, with the offered labels ticked."""
    lines = response.context["lines"]
    data = {f"answer:{line.member.key}": line.answer for line in lines}
    data["take"] = [line.member.key for line in lines if line.taken]
    data["revisions"] = json.dumps(response.context["revisions"])
    data["decided"] = json.dumps(response.context["decisions"])
    return data | RULING | changed


def preview(client: Any, case: Case, **changed: Any) -> tuple[Any, dict[str, Any]]:
    data = sent(client.get(url(case)), **changed)
    response = client.post(url(case), data | {"action": "preview"})
    return response, data


def answers() -> dict[str, str]:
    return dict(Head.objects.values_list("instance__key", "revision__answer"))


def test_the_queue_names_the_group(case: Case, browse: Browse) -> None:
    page = text_of(browse().get(f"/b/{SLUG}/cases/"))
    assert "coma a whole group" in page
    assert "6 of 8 labels" in page


def test_the_queue_by_specialty(
    case: Case, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """The policy says which groups a specialty knows best: single labels of them, and groups."""
    policy = '[specialty]\nneurology = ["coma"]\narithmetic = ["tens"]\n'
    set_policy(actor=crew.maintainer, benchmark=benchmark, text=policy, reason="So.")
    state_specialty(actor=crew.expert, name="neurology")
    file(benchmark, crew.user, "q1", "10")
    take_in_reports(benchmark.pk)
    Case.objects.filter(instance__head__revision__group="tens").update(priority=9)
    client, queue = browse(crew.expert), f"/b/{SLUG}/cases/"

    def groups(specialty: str) -> set[str]:
        rows = client.get(queue, {"specialty": specialty}).context["page"].rows
        return {row.group or row.instance.head.revision.group for row in rows}

    assert groups("") == {"coma", "tens"}
    assert groups("neurology") == {"coma"}
    assert groups("arithmetic") == {"tens"}
    assert "No case here" in text_of(client.get(queue, {"specialty": "surgery"}))
    page = text_of(client.get(queue, {"specialty": "neurology"}))
    assert "neurology (yours)" in page
    assert "arithmetic (yours)" not in page
    count = client.get(queue, {"specialty": "neurology"}).context["desk"]["count"]
    assert count < client.get(queue).context["desk"]["count"]
    client.post(f"{queue}next/", {"specialty": "neurology"})
    taken = Case.objects.get(claimed_by=crew.expert.public_id)
    assert (taken.group or taken.instance.head.revision.group) == "coma"


def test_everybody_reads_the_fault_and_the_labels(case: Case, crew: People, browse: Browse) -> None:
    for reader, offered in ((None, False), (crew.maintainer, False), (crew.expert, True)):
        page = text_of(browse(reader).get(url(case)))
        assert SENTENCE in page
        assert "q1 11 10 answer changed" in page
        assert ("Claim this case" in page) == offered
        assert "Rule on the group" not in page


def test_claiming_opens_the_form(case: Case, crew: People, browse: Browse) -> None:
    client = browse(crew.expert)
    response = client.post(url(case), {"action": "claim"}, follow=True)
    assert "Rule on the group" in text_of(response)
    taken = [line.member.key for line in response.context["lines"] if line.taken]
    assert taken == WRONG
    client.post(url(case), {"action": "release"})
    case.refresh_from_db()
    assert case.status == "open"


def test_nothing_is_saved_unseen(held: Case, crew: People, browse: Browse) -> None:
    client = browse(crew.expert)
    for action in ("preview", "decide"):
        response = client.post(url(held), sent(client.get(url(held))) | {"action": action})
        page = text_of(response)
        assert "This is what will be saved" in page
        assert "6 labels settled, 6 changed" in page
    assert not Ruling.objects.exists()


def test_what_was_shown_is_saved(held: Case, crew: People, browse: Browse) -> None:
    """One label is taken out, one gets another answer; the page then tells the ruling."""
    client = browse(crew.expert)
    response, data = preview(client, held, take=WRONG[:5], **{"answer:q2": "19"})
    shown = response.context["form"].fingerprint()
    page = text_of(client.post(url(held), data | {"action": "decide", "shown": shown}, follow=True))
    assert "5 labels are settled" in page
    assert "Ruling by Expert Person" in page
    assert "It counts once." in page
    assert "q1 11 → 10 another answer is right" in page
    assert {key: answers()[key] for key in WRONG} == {
        **{f"q{n}": str(10 * n) for n in (1, 3, 4, 5)},
        "q2": "19",
        "q6": "61",
    }
    line = text_of(browse().get(f"/b/{SLUG}/i/q1/"))
    assert "By one ruling on the group coma" in line
    assert "ruled on a group" in text_of(browse().get(f"/b/{SLUG}/"))


def test_another_selection_than_the_one_shown_is_shown_again(
    held: Case, crew: People, browse: Browse
) -> None:
    client = browse(crew.expert)
    response, data = preview(client, held)
    shown = response.context["form"].fingerprint()
    changed = data | {"take": ["q1"], "action": "decide", "shown": shown}
    assert "1 label settled" in text_of(client.post(url(held), changed))
    assert not Ruling.objects.exists()


def test_labels_decided_before_are_added(
    held: Case, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """They stand apart, without a tick; the preview says that they had been decided."""
    file(benchmark, crew.user, "q7", "75")
    take_in_reports(benchmark.pk)
    own = Case.objects.get(instance__key="q7", status="open")
    claim_case(actor=crew.expert, case=own)
    made = decide_case(actor=crew.expert, case=own, outcome="confirm", rationale="Right.")
    assert made is not None
    client = browse(crew.expert)
    shown = client.get(url(held))
    assert "q7" not in {line.member.key for line in shown.context["lines"]}
    assert "Labels that an expert decided on before (1)" in text_of(shown)
    assert "q7 the label is right, by Expert Person" in text_of(shown)
    assert not shown.context["adding"]
    added = {"take": ["q1", "q7"], "answer:q7": "75"}
    for decided in ("{}", "[]", "nonsense"):
        refused, _ = preview(client, held, **added, decided=decided)
        assert refused.status_code == (400 if decided == "nonsense" else 409)
    response, data = preview(client, held, **added)
    assert response.context["adding"]
    assert "1 of them had been decided by an expert" in text_of(response)
    fingerprint = response.context["form"].fingerprint()
    page = client.post(url(held), data | {"action": "decide", "shown": fingerprint}, follow=True)
    assert "2 labels are settled" in text_of(page)
    assert "q7 70 → 75 another answer is right in place of an earlier decision" in text_of(page)
    assert f"#decision-{made.public_id}" in page.content.decode()
    assert answers()["q7"] == "75"


def test_a_confirmation_ignores_the_answers_beside_the_labels(
    held: Case, crew: People, browse: Browse
) -> None:
    client = browse(crew.expert)
    response, data = preview(client, held, outcome="confirm", category="")
    assert "6 labels settled, 0 changed" in text_of(response)
    shown = response.context["form"].fingerprint()
    client.post(url(held), data | {"action": "decide", "shown": shown})
    assert set(Decision.objects.values_list("outcome", flat=True)) == {"confirm"}


@pytest.mark.parametrize(
    ("changed", "status", "message"),
    [
        ({"outcome": ""}, 400, "This field is required"),
        ({"take": []}, 400, "Choose at least one label"),
        ({"answer:q1": "a lot"}, 400, "q1:"),
        ({"revisions": "{}"}, 409, "The label changed meanwhile"),
        ({"revisions": "nonsense"}, 400, "valid JSON"),
        ({"take": ["q9"]}, 409, "cannot be settled here"),
    ],
)
def test_what_cannot_be_is_explained(
    changed: dict[str, Any], status: int, message: str, held: Case, crew: People, browse: Browse
) -> None:
    response, _ = preview(browse(crew.expert), held, **changed)
    assert response.status_code == status
    form = response.context["form"]
    assert message in " ".join(str(error) for errors in form.errors.values() for error in errors)
    if "revisions" not in changed or status != 400:
        assert message in text_of(response)


def test_who_may_not_rule_on_a_label_is_told_which(
    held: Case, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """First a declared interest in q2, then the expert's own report on q7; the form stays."""
    file(benchmark, crew.user, "q2", "20")
    take_in_reports(benchmark.pk)
    file(benchmark, crew.expert, "q7", "75")
    own = Case.objects.get(instance__key="q2", status="open")
    leave_case(actor=crew.expert, case=own, reason="My note.", interest=True)
    client = browse(crew.expert)
    for take, told in (
        (["q1", "q2"], "You declared an interest in q2"),
        (["q1", "q7"], "Only your own report stands behind q7"),
    ):
        response, data = preview(client, held, take=take)
        shown = response.context["form"].fingerprint()
        refused = client.post(url(held), data | {"action": "decide", "shown": shown})
        assert refused.status_code == 403
        assert told in text_of(refused)
        assert "Rule on the group" in text_of(refused)
    assert not Ruling.objects.exists()


def test_a_label_that_moved_after_it_was_shown(
    held: Case, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    client = browse(crew.expert)
    response, data = preview(client, held)
    shown = response.context["form"].fingerprint()
    instance = Instance.objects.get(key="q4")
    reword_instance(
        actor=crew.maintainer, instance=instance, inputs={"question": "4 x 10?"},
        expected=instance.head.revision, reason="Shorter.",
    )  # fmt: skip
    refused = client.post(url(held), data | {"action": "decide", "shown": shown})
    assert refused.status_code == 409
    assert "The label changed meanwhile: q4" in text_of(refused)
    assert not Ruling.objects.exists()


def test_a_ruling_is_one_line_of_the_changelog(
    benchmark: Benchmark, crew: People, browse: Browse, case: Case
) -> None:
    """Not six; each label keeps its own entry in the snapshot, and the report its thanks."""
    cut(benchmark, waiver="first")
    file(benchmark, crew.user, "q1", "10")
    claim_case(actor=crew.expert, case=case)
    client = browse(crew.expert)
    response, data = preview(client, case)
    shown = response.context["form"].fingerprint()
    client.post(url(case), data | {"action": "decide", "shown": shown})
    ruling = Ruling.objects.get()
    draft = text_of(browse(crew.maintainer).get(f"/b/{SLUG}/draft/"))
    assert "coma a ruling 6 labels 6 changed" in draft
    cut(benchmark, waiver="next")
    release = Release.objects.latest("sequence")
    entries = snapshot_of(release)["changelog"]
    assert [entry["key"] for entry in entries] == WRONG
    assert {entry["ruling"] for entry in entries} == {ruling.public_id}
    told = _changelog(release)
    newest = told.partition(f"## {release.version} ")[2].partition("\n## ")[0]
    lines = [line for line in newest.splitlines() if ruling.public_id in line]
    assert len(lines) == 1
    assert lines[0].startswith("- coma: 6 labels by one ruling (6 changed).")
    assert "It counts once." in lines[0]
    assert "by User Person" in lines[0]
    assert "`q1`" not in newest
    page = text_of(browse().get(f"/b/{SLUG}/r/{release.version}/"))
    assert "coma a ruling 6 labels" in page
    assert "User Person" in page


# --- the API --------------------------------------------------------------------------------------


def call(client: Any, method: str, path: str, user: Any = None, data: Any = None) -> Any:
    headers = bearer(user)
    extra = {"content_type": "application/json"} if data is not None else {}
    return getattr(client, method)(f"/api/v1/{path}", data, headers=headers, **extra)


def test_a_group_case_by_api(case: Case, crew: People, browse: Browse) -> None:
    client = browse()
    rows = call(client, "get", f"benchmarks/{SLUG}/cases/?status=open").json()["results"]
    (row,) = [row for row in rows if row["group"]]
    assert (row["instance"], row["group"], "6 of 8" in row["reasons"][0]) == (None, "coma", True)
    shown = call(client, "get", f"cases/{case.public_id}/").json()
    assert (shown["inputs"], shown["answer"], shown["candidates"]) == (None, None, [])
    first = shown["members"][0]
    assert (first["instance"], first["answer"], first["proposed"]) == ("q1", "11", "10")
    assert [m["instance"] for m in shown["members"]] == [*WRONG, "q7", "q8"]
    at = f"cases/{case.public_id}"
    form = RULING | {"settles": [{"instance": "q1", "revision": 1}]}
    assert call(client, "post", f"{at}/rule/", crew.expert, form).json()["code"] == "not_claimed"
    assert call(client, "post", f"{at}/claim/", crew.expert, {}).status_code == 200
    single = {"outcome": "confirm", "rationale": "So."}
    assert call(client, "post", f"{at}/decide/", crew.expert, single).json()["code"] == "group_case"
    moved = form | {"settles": [{"instance": "q1", "revision": 2}]}
    refused = call(client, "post", f"{at}/rule/", crew.expert, moved)
    assert (refused.status_code, refused.json()["code"]) == (409, "label_moved")
    assert refused.json()["details"] == {"instances": ["q1"]}
    for wrong in ({"settles": []}, {"outcome": "odd"}, {"outcome": "range"}, {"category": "odd"}):
        assert call(client, "post", f"{at}/rule/", crew.expert, form | wrong).status_code == 400
    assert not Ruling.objects.exists()
    told = call(client, "post", f"{at}/rule/", crew.expert, form)
    assert told.status_code == 201
    ruling = told.json()
    assert (ruling["group"], ruling["reason"], ruling["category"]) == (
        *("coma", "It counts once."),
        "wrong_answer",
    )
    (decision,) = ruling["decisions"]
    assert (decision["instance"], decision["answer"], decision["before"], decision["after"]) == (
        *("q1", "10"),
        *(1, 2),
    )
    again = call(client, "get", f"{at}/").json()
    assert (again["status"], again["members"], len(again["decisions"])) == ("decided", [], 1)


def test_a_decision_is_overruled_by_api(case: Case, crew: People, browse: Browse) -> None:
    """The member names the decision, and only who names it too overrules it."""
    client, at = browse(), f"cases/{case.public_id}"
    file(case.benchmark, crew.user, "q7", "75")
    take_in_reports(case.benchmark_id)
    own = claim_case(actor=crew.expert, case=Case.objects.get(instance__key="q7", status="open"))
    made = decide_case(actor=crew.expert, case=own, outcome="confirm", rationale="Right.")
    assert made is not None
    call(client, "post", f"{at}/claim/", crew.expert, {})
    last = call(client, "get", f"{at}/").json()["members"][-1]
    assert (last["instance"], last["decided"]) == ("q7", made.public_id)
    settles = {"instance": "q7", "revision": 1, "answer": "75"}
    refused = call(client, "post", f"{at}/rule/", crew.expert, RULING | {"settles": [settles]})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_decided")
    settles["overrules"] = made.public_id
    told = call(client, "post", f"{at}/rule/", crew.expert, RULING | {"settles": [settles]})
    assert told.json()["decisions"][0]["answer"] == "75"


# --- the control sample is unmarked ---------------------------------------------------------------


def test_nothing_gives_a_control_case_away(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Its page and its API answer read like those of a case that a verifier's objection opened."""
    audit(benchmark)
    control = Case.objects.filter(control=True, instance__key="q9").get()
    other = Case.objects.create(
        benchmark=benchmark, instance=Instance.objects.get(key="q2"), bucket="contested",
        score=0.9, priority=0.9, reasons=["recalculate: no."], opened_at=control.opened_at,
    )  # fmt: skip
    client = browse(crew.expert)
    pages, replies = [], []
    for one in (control, other):
        claim_case(actor=crew.expert, case=one)
        key, number = one.instance.key, one.instance.key[1:]
        label = one.instance.head.revision.answer
        page = text_of(client.get(url(one)))
        group = one.instance.head.revision.group
        for own, word in ((key, "KEY"), (group, "GROUP"), (label, "LABEL"), (number, "N")):
            page = page.replace(f" {own} ", f" {word} ").replace(f" {own}?", f" {word}?")
        pages.append(page)
        reply = call(client, "get", f"cases/{one.public_id}/").json()
        for name in ("id", "url", "instance", "answer", "limits", "inputs", "lease_until"):
            reply.pop(name)
        reply.pop("priority")
        replies.append(reply)
    assert replies[0] == replies[1]
    assert "control" not in pages[0].lower()
    for word in ("recalculate", "Recalculate", "contested", "0.9"):
        assert word not in pages[0]
        assert word not in pages[1]
    assert "Your first answer" in pages[0]
    assert "Your first answer" in pages[1]
    queue = text_of(client.get(f"/b/{SLUG}/cases/"))
    assert "control" not in queue.lower()
    assert "recalculate: no." not in queue


def test_the_residual_error_is_shown_with_its_interval(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    where = (f"/b/{SLUG}/", f"/b/{SLUG}/audits/")
    for path in where:
        assert "Not known yet: the first audit" in text_of(browse().get(path))
    audit(benchmark)
    for path in where:
        assert "of 6 labels drawn as a control none is decided" in text_of(browse().get(path))
    for one in Case.objects.filter(control=True):
        claim_case(actor=crew.expert, case=one)
        decide_case(actor=crew.expert, case=one, outcome="confirm", rationale="Right.")
    for path in where:
        page = text_of(browse().get(path))
        assert "0.0 % (0.0 % to 45.9 % with 95 % confidence): 0 of 6 control labels" in page
