"""Comments, watching and moderation by API, as on the pages."""

import pytest

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.services.give_opinion import give_opinion
from audits.services.take_in_reports import take_in_reports
from registry.models import Benchmark, Comment, Watch
from registry.services.comment import LIMIT
from submissions.models import Report
from tests.api.conftest import Api
from tests.api.test_paging import walk
from tests.api.test_reports import report
from tests.small import SLUG, People, hide, small_benchmark

COMMENTS = f"benchmarks/{SLUG}/comments/"
ON_Q1 = f"{COMMENTS}?kind=instance&subject=q1"


def test_a_comment_is_added_read_and_hidden(api: Api, benchmark: Benchmark, crew: People) -> None:
    said = {"kind": "instance", "subject": "v1/test:q1", "text": "Look at *this*."}
    for _ in range(2):  # the same twice in a row is one
        made = api("post", COMMENTS, crew.user, said)
    assert made.status_code == 201
    told = made.json()
    assert (told["subject"], told["text"]) == ("q1", "Look at *this*.")
    assert told["author"] == {"id": crew.user.public_id, "name": "User Person"}
    assert api("get", ON_Q1).json()["results"] == [told]

    at = f"comments/{told['id']}/hide/"
    assert api("post", at, crew.expert, {"reason": "rude"}).status_code == 403
    assert api("post", at, crew.maintainer, {"reason": ""}).status_code == 400
    hidden = api("post", at, crew.maintainer, {"reason": "rude"}).json()
    assert (hidden["text"], hidden["hidden_because"]) == ("Look at *this*.", "rude")
    (left,) = api("get", ON_Q1, crew.user).json()["results"]
    assert (left["text"], left["hidden_because"]) == (None, "rude")
    assert api("get", ON_Q1, crew.maintainer).json()["results"] == [hidden]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"kind": "benchmark", "subject": SLUG}, 400),
        ({"subject": "q99"}, 404),
        ({"kind": "report", "subject": "0" * 26}, 404),
        ({"text": " "}, 400),
        ({"text": "x" * (LIMIT + 1)}, 400),
        ({"text": "\0"}, 400),
    ],
)
def test_comments_on_nothing(
    changed: dict[str, str], status: int, api: Api, benchmark: Benchmark, crew: People
) -> None:
    said = {"kind": "instance", "subject": "q1", "text": "So."} | changed
    refused = api("post", COMMENTS, crew.user, said)
    assert refused.status_code == status
    assert refused.json()["message"]
    assert not Comment.objects.exists()


def test_nothing_of_another_benchmark(
    api: Api, benchmark: Benchmark, crew: People, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A report's id says nothing below another benchmark's address."""
    small_benchmark(tmp_path_factory.mktemp("other"), slug="other")
    filed = api("post", "reports/", crew.user, report()).json()["id"]
    for path in ("comments", "watch", "unwatch"):
        form = {"kind": "report", "subject": filed, "text": "So."}
        assert api("post", f"benchmarks/other/{path}/", crew.user, form).status_code == 404
    assert not Comment.objects.exists()
    assert not Watch.objects.exists()


def test_comments_on_a_case_wait_for_the_first_answer(
    api: Api, benchmark: Benchmark, crew: People
) -> None:
    """As all that would sway an expert; who never decides may read them."""
    api("post", "reports/", crew.user, report())
    take_in_reports(benchmark.pk)
    case = Case.objects.get()
    said = {"kind": "case", "subject": case.public_id, "text": "It is 25."}
    assert api("post", COMMENTS, crew.user, said).status_code == 201
    at = f"{COMMENTS}?kind=case&subject={case.public_id}"

    def read(person: object) -> int:
        return len(api("get", at, person).json()["results"])

    assert [read(each) for each in (None, crew.expert, crew.maintainer)] == [0, 0, 1]
    claim_case(actor=crew.expert, case=case)
    give_opinion(actor=crew.expert, case=case, outcome="answer", answer="25")
    assert read(crew.expert) == 1


def test_comments_come_in_pages(api: Api, benchmark: Benchmark, crew: People) -> None:
    for number in range(5):
        said = {"kind": "instance", "subject": "q1", "text": f"{number}"}
        assert api("post", COMMENTS, crew.user, said).status_code == 201
    pages = walk(api, f"{ON_Q1}&page_size=2")
    assert [[each["text"] for each in page] for page in pages] == [["0", "1"], ["2", "3"], ["4"]]


def test_watching_and_no_longer(api: Api, benchmark: Benchmark, crew: People) -> None:
    filed = api("post", "reports/", crew.user, report()).json()["id"]
    for kind, subject in (("benchmark", SLUG), ("instance", "q1"), ("report", filed)):
        for _ in range(2):
            form = {"kind": kind, "subject": subject}
            assert api("post", f"benchmarks/{SLUG}/watch/", crew.user, form).status_code == 201
    mine = api("get", "watches/", crew.user).json()["results"]
    assert [each["subject"] for each in mine] == [filed, f"{SLUG}/q1", SLUG]
    assert api("get", "watches/", crew.expert).json()["results"] == []
    assert api("get", "watches/").status_code == 401
    form = {"kind": "instance", "subject": "v1/test:q1"}
    for _ in range(2):
        stopped = api("post", f"benchmarks/{SLUG}/unwatch/", crew.user, form)
        assert (stopped.status_code, stopped.content) == (204, b"")
    assert Watch.objects.filter(user=crew.user).count() == 2
    form = {"kind": "case", "subject": "x"}
    assert api("post", f"benchmarks/{SLUG}/watch/", crew.user, form).status_code == 400


def test_spam(api: Api, benchmark: Benchmark, crew: People) -> None:
    """Closed by a maintainer, with a reason, once."""
    filed = api("post", "reports/", crew.user, report()).json()["id"]
    at = f"reports/{filed}/spam/"
    assert api("post", at, crew.expert, {"reason": "an advert"}).status_code == 403
    assert api("post", at, crew.maintainer, {"reason": " "}).status_code == 400
    assert Report.objects.get().status == "open"
    told = api("post", at, crew.maintainer, {"reason": "an advert"}).json()
    assert (told["status"], told["rationale"]) == ("spam", "")
    assert told["outcome"] == "Closed as spam: an advert"
    assert api("post", at, crew.maintainer, {"reason": "an advert"}).status_code == 409


def test_a_hidden_benchmark_is_not_talked_about(
    api: Api, benchmark: Benchmark, crew: People
) -> None:
    hide(benchmark)
    for path in (ON_Q1, f"benchmarks/{SLUG}/errata/"):
        assert api("get", path, crew.user).status_code == 404
        assert api("get", path, crew.contributor).status_code == 200
