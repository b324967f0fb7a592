"""The pages and addresses of scores: what they show, to whom, and what moved."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from registry.models import Benchmark, User
from submissions.models import PredictionSet
from submissions.services.admit_predictions import admit_predictions
from submissions.services.delete_predictions import delete_predictions
from submissions.services.publish_predictions import publish_predictions
from tests.pages.conftest import answers, cut, file, text_of
from tests.small import SLUG, People, bearer
from versions.models import Release
from versions.scores import answers_of
from versions.scoring import pair_models
from versions.services.score_predictions import score_benchmark

Browse = Callable[..., Any]
SCORES = f"/b/{SLUG}/scores/"
API = f"/api/v1/benchmarks/{SLUG}/"


@pytest.fixture
def corrected(benchmark: Benchmark, crew: People, case: Case) -> Benchmark:
    """1.0.0, and 1.1.0 in which q1 is 12."""
    cut(benchmark, waiver="known")
    decide_case(
        actor=crew.expert,
        case=claim_case(actor=crew.expert, case=case),
        outcome="correct",
        answer="12",
        category="wrong_answer",
        rationale="So it is.",
    )
    cut(benchmark)
    return benchmark


def test_the_grid_and_what_moved(corrected: Benchmark, crew: People, browse: Browse) -> None:
    found = answers(corrected, crew.contributor)
    other = answers(corrected, crew.contributor, "alder")
    page = browse(None).get(SCORES)
    text = page.content.decode()
    assert "tamarack" in text
    assert "alder" in text
    assert f"{SCORES}{found.public_id}/1.0.0..1.1.0/" in text
    assert "1 of 2" in text
    assert "2 of 2" in text
    assert "1 to 2" in text  # nobody is ahead
    assert '<svg class="chart intervals"' in text
    moved = browse(None).get(f"{SCORES}{found.public_id}/1.0.0..1.1.0/").content.decode()
    assert f"/b/{SLUG}/i/q1/" in moved
    assert f"/b/{SLUG}/i/q2/" not in moved
    assert "gained" in moved
    assert ">10<" in moved.replace("\n", "")
    assert ">12<" in moved.replace("\n", "")
    told = Client().get(f"{API}scores/").json()
    assert told["versions"] == ["1.0.0", "1.1.0"]
    (pair,) = told["pairs"]
    assert (pair["common"], pair["p_value"], pair["shift"]) == (2, 1.0, 0.0)
    figures = [score["figures"] for score in told["models"][0]["scores"]]
    assert [each["correct"] for each in figures] == [1, 2]
    assert [each["coverage"] for each in figures] == [0.333333, 0.333333]
    assert told["models"][0]["rank"] == [1, 2]
    moves = Client().get(f"{API}predictions/{other.public_id}/moved/?old=1.0.0&new=1.1.0").json()
    assert moves["moves"] == [
        {"key": "q1", "group": "tens", "answer": "12", "before": "10", "after": "12"}
        | {"how": "gained"}
    ]
    assert (moves["gained"], moves["lost"], moves["flip_rate"], moves["shift"]) == (1, 0, 0.5, 0.5)
    assert moves["groups"] == [{"group": "tens", "flipped": 1, "rows": 2}]
    wrong = Client().get(f"{API}predictions/{other.public_id}/moved/?old=1.1.0&new=1.0.0")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_order")


def test_a_long_name_stays_within_the_plot(
    corrected: Benchmark, crew: People, browse: Browse
) -> None:
    answers(corrected, crew.contributor, "a" * 90)
    assert f">{'a' * 30}… 1.0.0</text>" in browse(None).get(SCORES).content.decode()


def test_private_predictions_show_to_their_owner_alone(
    corrected: Benchmark, crew: People, browse: Browse
) -> None:
    found = answers(corrected, crew.contributor, publish=False)
    paths = (f"{SCORES}{found.public_id}/", f"{SCORES}{found.public_id}/1.0.0..1.1.0/")
    api = f"{API}predictions/{found.public_id}/"
    for reader in (None, crew.user, crew.expert, crew.maintainer, crew.staff):
        assert "tamarack" not in browse(reader).get(SCORES).content.decode()
        assert [browse(reader).get(path).status_code for path in paths] == [404, 404]
        assert Client().get(api, headers=bearer(reader)).status_code == 404
        told = Client().get(f"{API}scores/", headers=bearer(reader)).json()
        assert told["models"] == []
        listed = Client().get(f"{API}predictions/", headers=bearer(reader)).json()
        assert listed["results"] == []
    owner = browse(crew.contributor)
    assert "only you see it" in owner.get(SCORES).content.decode()
    assert "Delete" in owner.get(paths[0]).content.decode()
    assert owner.post(paths[0], {"act": "publish"}).status_code == 302
    assert "tamarack" in browse(None).get(SCORES).content.decode()
    assert owner.post(paths[0], {"act": "delete"}).status_code == 409
    assert PredictionSet.objects.count() == 1


def test_scores_are_compared_once_for_all_readers(
    corrected: Benchmark, crew: People, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared, loaded = [], []
    monkeypatch.setattr(
        "versions.scores.pair_models", lambda *both: compared.append(both) or pair_models(*both)
    )
    monkeypatch.setattr(
        "versions.scores.answers_of", lambda score: loaded.append(score) or answers_of(score)
    )
    found = answers(corrected, crew.contributor)
    answers(corrected, crew.contributor, "alder", publish=False)
    answers(corrected, crew.expert, "birch")
    moves = f"{API}predictions/{found.public_id}/moved/?old=1.0.0&new=1.1.0"

    def seen(reader: User | None) -> list[str]:
        headers = bearer(reader)
        assert Client().get(moves, headers=headers).json()["total"] == 1
        told = Client().get(f"{API}scores/", headers=headers).json()
        assert len(told["pairs"]) == len(told["models"]) * (len(told["models"]) - 1) / 2
        return sorted(model["model"] for model in told["models"])

    assert seen(crew.contributor) == ["alder", "birch", "tamarack"]
    assert len(compared) == 3
    loaded.clear()
    for reader in (None, crew.expert, crew.staff):
        assert seen(reader) == ["birch", "tamarack"]
        assert "alder" not in browse(reader).get(SCORES).content.decode()
    assert (len(compared), loaded) == (3, [])
    for _ in range(2):  # further ones are not kept, since anybody may name any start
        assert Client().get(f"{moves}&start=1").json()["moves"] == []
    assert len(loaded) == 4
    answers(corrected, crew.expert, "cedar")
    assert seen(None) == ["birch", "cedar", "tamarack"]  # at once
    assert len(compared) == 5


@pytest.mark.parametrize("owner", ["contributor", "maintainer"])
def test_the_history_tells_of_private_predictions_to_their_owner_alone(
    benchmark: Benchmark, crew: People, browse: Browse, owner: str
) -> None:
    actor = getattr(crew, owner)
    found = answers(benchmark, actor, publish=False)
    if owner == "maintainer":
        for admitted in (False, True):
            admit_predictions(actor=actor, found=found, admitted=admitted)
    delete_predictions(actor=actor, found=answers(benchmark, actor, "gone", publish=False))

    def told(reader: User | None) -> set[str]:
        headers = bearer(reader) if reader else {}
        listed = Client().get(f"{API}events/", headers=headers).json()["results"]
        text = browse(reader).get(f"/b/{SLUG}/").content.decode()
        kinds = {each["kind"] for each in listed if each["subject_kind"] == "predictions"}
        assert ("the answers of a model" in text) == bool(kinds)
        assert kinds or "tamarack" not in str(listed) + text
        return kinds

    others = [each for each in (None, crew.user, crew.expert, crew.staff) if each != actor]
    assert [told(reader) for reader in others] == [set()] * 4
    assert told(actor) >= {"predictions.stored", "predictions.deleted"}
    publish_predictions(actor=actor, found=found)
    assert told(None) >= {"predictions.stored", "predictions.published"}
    assert "predictions.deleted" not in told(None)


def test_predictions_are_published_and_deleted_by_api(corrected: Benchmark, crew: People) -> None:
    headers = bearer(crew.contributor)
    kept = answers(corrected, crew.contributor, publish=False)
    gone = answers(corrected, crew.contributor, "alder", publish=False)
    told = Client().post(f"{API}predictions/{kept.public_id}/publish/", headers=headers)
    assert (told.status_code, told.json()["made_on"]) == (200, "1.1.0")
    assert told.json()["published_at"] is not None
    answer = Client().post(f"{API}predictions/{gone.public_id}/delete/", headers=headers)
    assert answer.status_code == 204
    admitted = Client().post(
        f"{API}predictions/{kept.public_id}/admit/", headers=bearer(crew.maintainer)
    )
    assert admitted.json()["admitted"] is True
    assert list(PredictionSet.objects.values_list("model", flat=True)) == ["tamarack"]


def test_before_there_is_anything_to_show(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    assert "No predictions to see yet" in browse(None).get(SCORES).content.decode()
    found = answers(benchmark, crew.contributor)
    assert "No release to score on yet" in browse(None).get(SCORES).content.decode()
    page = browse(None).get(f"{SCORES}{found.public_id}/").content.decode()
    assert "No release to score on yet" in page
    cut(benchmark)
    assert "being scored" in browse(None).get(SCORES).content.decode()
    score_benchmark(benchmark)
    assert "1 of 2" in browse(None).get(SCORES).content.decode()


UPLOAD = f"{SCORES}upload/"


def sent(name: str, *rows: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "".join(f"{row}\n" for row in rows).encode())


def test_a_model_is_scored_from_the_site(
    corrected: Benchmark, crew: People, browse: Browse
) -> None:
    client = browse(crew.contributor)
    assert UPLOAD in client.get(SCORES).content.decode()
    assert UPLOAD not in browse(crew.user).get(SCORES).content.decode()
    empty = text_of(client.get(UPLOAD))
    assert "None yet" in empty
    assert "1.1.0, the latest" in empty
    file = sent("p.csv", "key,prediction", "q1,10", "q2,7")
    answer = client.post(UPLOAD, {"file": file, "model": "tamarack", "made_on": "1.0.0"})
    found = PredictionSet.objects.get()
    page = f"{SCORES}{found.public_id}/"
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert (found.made_on, found.owner, found.published_at) == (
        "1.0.0",
        crew.contributor.public_id,
        None,
    )
    waits = client.get(page)
    assert "2 of 2 versions wait for a worker" in text_of(waits)
    assert 'hx-trigger="every 2s"' in waits.content.decode()
    score_benchmark(corrected)
    done = client.get(page)
    assert 'hx-trigger="every 2s"' not in done.content.decode()
    assert "50 %" in text_of(done)
    assert "2 rows. Only you see it." in text_of(done)
    listed = text_of(client.get(UPLOAD))
    assert "2 rows, made on 1.0.0 private" in listed
    assert "tamarack" not in text_of(browse(crew.maintainer).get(UPLOAD))
    again = client.post(
        UPLOAD,
        {"file": sent("other.csv", "key,prediction", "q1,10", "q2,7"), "model": "tamarack"}
        | {"made_on": "1.0.0"},
    )
    assert again["Location"] == page  # nothing is stored twice


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (("p.csv", "key,prediction", "q1,10", "q77,7"), "line 2, key: there is no instance"),
        (("p.csv", "id,prediction", "q1,10", "q1,7"), "line 3, id: is the same instance as line 2"),
        (("p.csv", "id,wrong", "q1,10"), "has no column prediction or answer"),
        (("p.jsonl", '{"id": "q1", "answer"'), "line 1, line: not valid JSON"),
        (("p.json", "{}"), "p.json has no rows; nothing was stored"),
        (("p.eval", "no archive"), "p.eval cannot be read"),
        (("p.docx", "x"), "p.docx: Errata reads .csv"),
    ],
)
def test_a_file_that_cannot_be_scored_is_told_on_the_page(
    release: Release, crew: People, browse: Browse, file: tuple[str, ...], said: str
) -> None:
    name, *rows = file
    answer = browse(crew.contributor).post(UPLOAD, {"file": sent(name, *rows), "model": "m"})
    assert answer.status_code == 400
    assert said in text_of(answer).replace("&#x27;", "'")
    assert "Nothing is stored yet" in text_of(answer)
    assert not PredictionSet.objects.exists()


def test_a_file_that_is_too_large_is_refused(
    release: Release, crew: People, browse: Browse, settings: Any
) -> None:
    settings.ERRATA_IMPORT_MB = 0
    file = sent("p.csv", "key,prediction", "q1,10")
    answer = browse(crew.contributor).post(UPLOAD, {"file": file, "model": "m"})
    assert (answer.status_code, PredictionSet.objects.count()) == (400, 0)
    assert "larger than the 0 MB that this hub takes" in text_of(answer)


def test_what_labels_that_change_would_come_to(
    corrected: Benchmark, crew: People, browse: Browse
) -> None:
    found = answers(corrected, crew.contributor)
    page, api = (f"{each}{found.public_id}/provisional/" for each in (SCORES, f"{API}predictions/"))
    client = browse(crew.user)
    for path in (SCORES, f"{SCORES}{found.public_id}/"):
        assert page in client.get(path).content.decode()
        assert page not in browse(None).get(path).content.decode()
    nothing = text_of(client.get(page))
    assert "You have no open report that proposes an answer to a label of 1.1.0" in nothing
    file(corrected, crew.user, "q2", "7")
    told = text_of(client.get(page))
    assert "Provisional. Of no version, and not to be cited" in told
    assert "If your open reports are accepted" in told
    assert "1 lost: would not be right" in told
    older = client.get(page, {"assume": "reports", "release": "1.0.0"})
    assert "moves from 1.0.0 by" in text_of(older)
    for query in ({}, {"release": "1.0.0"}):  # the form sends it with either choice
        draft_page = client.get(page, {"assume": "draft"} | query)
        assert "If the draft is released as it is" in text_of(draft_page)
    headers = bearer(crew.user)
    mine = Client().get(f"{api}?assume=reports", headers=headers).json()
    assert (mine["provisional"], mine["version"], mine["citable"]) == (True, None, False)
    assert (mine["compared_with"], mine["fixes"], mine["lost"]) == ("1.1.0", 1, 1)
    others = Client().get(f"{api}?assume=reports", headers=bearer(crew.expert)).json()
    assert others["fixes"] == 0  # nobody's reports but one's own
    draft = Client().get(f"{api}?assume=draft", headers=headers).json()
    assert (draft["if"], draft["fixes"]) == ("the draft is released as it is", 0)
    for query, status in (("", 400), ("?assume=x", 400), ("?assume=reports&release=9.0.0", 404)):
        assert Client().get(f"{api}{query}", headers=headers).status_code == status
    private = answers(corrected, crew.contributor, "private", publish=False)
    hidden = Client().get(
        f"{API}predictions/{private.public_id}/provisional/?assume=draft", headers=headers
    )
    assert hidden.status_code == 404
    assert client.get(f"{SCORES}{private.public_id}/provisional/").status_code == 404
