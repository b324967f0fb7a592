"""What the pages say: home, benchmark, instances, one instance."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from audits.models import Case
from audits.services.decide_case import decide_case
from pages.templatetags.errata import inputs
from registry.models import Benchmark, Head, Instance, Text, User
from registry.services.fill_search import fill_search
from registry.services.retire_instance import retire_instance
from submissions.models import Report
from tests.pages.conftest import cut, text_of
from tests.small import SLUG, People, import_file, qa_row, write_csv
from versions.models import Release

Browse = Callable[..., Any]


def test_an_empty_hub_says_what_to_do(db: None, browse: Browse) -> None:
    """No benchmark: a stranger is told to sign in."""
    page = text_of(browse().get("/"))
    assert "No benchmarks yet" in page
    assert "Sign in" in page


def test_home_shows_health(benchmark: Benchmark, report: Report, browse: Browse) -> None:
    """Rows, reports and contested labels of each benchmark."""
    page = text_of(browse().get("/"))
    assert benchmark.title in page
    assert "6 instances 1 open report 1 contested" in page
    assert "no release yet" in page
    assert "5 not reviewed yet" in page


def test_benchmark_without_a_release(benchmark: Benchmark, browse: Browse) -> None:
    """Nothing to pull is said, not hidden."""
    page = text_of(browse().get(f"/b/{SLUG}/"))
    assert "There is no release to pull yet" in page
    assert benchmark.licence in page


def test_benchmark_tells_how_to_pull(release: Release, browse: Browse, settings: Any) -> None:
    """The same bytes in each way, pinned."""
    page = text_of(browse().get(f"/b/{SLUG}/"))
    assert f"errata pull {SLUG}@1.0.0" in page
    assert f"errata.load(&quot;{SLUG}@1.0.0&quot;, hub=" in page
    assert f"dvc get {settings.ERRATA_HUB}/repos/{SLUG} data/test.jsonl --rev v1.0.0" in page
    assert f"/api/v1/benchmarks/{SLUG}/releases/1.0.0/files/data/test.jsonl" in page


def test_benchmark_tells_datasets_and_citation(release: Release, browse: Browse) -> None:
    """One line for `datasets` with the files by name, one to cite exactly this version."""
    page = unescape(text_of(browse().get(f"/b/{SLUG}/")))
    assert 'datasets.load_dataset("parquet", data_files={"test": "http' in page
    assert "/releases/1.0.0/files/data/test.parquet" in page
    assert f"Errata release 1.0.0, {release.published_at:%-d %B %Y}." in page
    assert f"/b/{SLUG}/r/1.0.0/" in page


def test_benchmark_tells_its_quality(
    held: Case, crew: People, benchmark: Benchmark, browse: Browse
) -> None:
    """Shares of each release in a plot and as numbers, and how long reports wait."""
    cut(benchmark, waiver="known")
    _decide(held, crew)
    Report.objects.update(created_at=timezone.now() - timedelta(hours=5))
    cut(benchmark)
    response = browse().get(f"/b/{SLUG}/")
    page = text_of(response)
    assert "1.1.0 17 % 0 % 1 1.0.0 0 % 17 % 0" in page
    assert "<polyline" in response.content.decode()
    assert "answered within 5 hours" in page
    assert "Wrong among the clear ones" in page


def test_thanks_name_only_who_wants_it(
    held: Case, crew: People, benchmark: Benchmark, browse: Browse
) -> None:
    """Reports and decisions are credited; whoever opted out is counted without a name."""
    _decide(held, crew)
    page = text_of(browse().get(f"/b/{SLUG}/"))
    thanks = page[page.index("Thanks to") :]
    assert "User Person 1 report" in thanks
    assert "Expert Person 1 decision" in thanks
    User.objects.filter(pk=crew.user.pk).update(credited=False)
    page = text_of(browse().get(f"/b/{SLUG}/"))
    assert "Thanks to Expert Person 1 decision and 1 more" in page


def test_an_instance_as_it_was(
    held: Case, crew: People, benchmark: Benchmark, browse: Browse
) -> None:
    """Any release shows the label that it has; one it is not in says so."""
    cut(benchmark, waiver="known")
    _decide(held, crew)
    cut(benchmark)
    then = browse().get(f"/b/{SLUG}/i/q1/?at=1.0.0")
    assert then.context["revision"].number == 1
    page = text_of(then)
    assert "as it was in release 1.0.0" in page
    assert "revision 1" in page
    assert browse().get(f"/b/{SLUG}/i/q1/?at=1.1.0").context["revision"].number == 2
    assert browse().get(f"/b/{SLUG}/i/q1/").context["revision"].number == 2
    assert browse().get(f"/b/{SLUG}/i/q1/?at=9.9.9").status_code == 404


def test_an_instance_that_a_release_lacks(
    release: Release, crew: People, benchmark: Benchmark, browse: Browse
) -> None:
    """Retired before a release, it is not in it, but it is in those before."""
    last = Instance.objects.get(key="q6")
    retire_instance(actor=crew.maintainer, instance=last, reason="broken")
    cut(benchmark)
    gone = browse().get(f"/b/{SLUG}/i/q6/?at=2.0.0")
    assert gone.status_code == 404
    assert "q6 is not part of release 2.0.0" in text_of(gone)
    assert browse().get(f"/b/{SLUG}/i/q6/?at=1.0.0").status_code == 200


def test_inputs_are_readable() -> None:
    """Long notes fold, code keeps its lines, lists are lists."""
    page = render_to_string(
        "pages/inputs.html",
        inputs(
            {
                "note": "A long note. " * 100,
                "source_code": "def f(x):\n    return x",
                "findings": [f"finding {n}" for n in range(40)],
                "answers": ["yes", "no"],
            }
        ),
    )
    assert "<summary>Note" in page
    assert "1,299 characters".replace(",", "\u202f") in page
    assert '<pre class="code" tabindex="0">def f(x):\n    return x</pre>' in page
    assert "<li>finding 39</li>" in page
    assert "<b>B</b><span>no" in page


def test_benchmark_tells_what_happened(
    held: Case, crew: People, benchmark: Benchmark, browse: Browse
) -> None:
    """Recent events name who did it and lead there."""
    _decide(held, crew)
    response = browse().get(f"/b/{SLUG}/")
    page = text_of(response)
    assert "Expert Person decided a case: q1" in page
    assert "User Person reported an error: q1" in page
    assert f"/cases/{held.public_id}/" in response.content.decode()


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", ["q1", "q2", "q3", "q4", "q5", "q6"]),
        ("?tier=contested", ["q1"]),
        ("?status=contested", ["q1"]),
        ("?status=clear", ["q2", "q3", "q4", "q5"]),
        ("?status=retired", ["q6"]),
        ("?words=q3", ["q3"]),
        ("?words=4", ["q4"]),
        ("?group=tens&split=test&words=q2", ["q2"]),
        ("?group=nothing", []),
        ("?split=train", []),
        ("?tier=nonsense", []),
    ],
)
def test_instances_are_found(
    query: str, keys: list[str], report: Report, crew: People, browse: Browse
) -> None:
    """By key, upstream id, group, split, status and tier."""
    last = Instance.objects.get(key="q6")
    if query:
        retire_instance(actor=crew.maintainer, instance=last, reason="broken")
    fill_search()
    response = browse().get(f"/b/{SLUG}/i/{query}")
    assert [row.head.instance.key for row in response.context["rows"]] == keys
    page = text_of(response)
    assert ("No instance matches" in page) == (not keys)
    for key in keys:
        assert f"What is ten times {key[1:]}?" in page


def test_history_of_a_corrected_label(
    held: Case, crew: People, benchmark: Benchmark, browse: Browse
) -> None:
    """Report, decision, revision and release stand in the timeline, newest first."""
    decision = _decide(held, crew)
    cut(benchmark)
    response = browse().get(f"/b/{SLUG}/i/q1/")
    page, html = text_of(response), response.content.decode()
    assert "What is ten times 1?" in page
    assert "12 Answers from 11.4 to 12.6 count as right" in page or "Exactly this answer" in page
    assert "It is 12 by the book." in page
    assert "Counted again." in page
    kinds = [moment.kind for moment in response.context["timeline"].moments]
    assert kinds == ["release", "revision", "decision", "report", "revision"]
    for anchor in (f"decision-{decision.public_id}", "r1", "r2", "v1.0.0"):
        assert f'id="{anchor}"' in html
    assert "User Person" in page
    assert "Expert Person" in page


def test_old_explanation_is_gone_with_its_answer(held: Case, crew: People, browse: Browse) -> None:
    """The page shows the derivation of the current label only."""
    before = text_of(browse().get(f"/b/{SLUG}/i/q1/"))
    assert "10 * 1 = 10" in before
    _decide(held, crew)
    after = text_of(browse().get(f"/b/{SLUG}/i/q1/"))
    assert "10 * 1 = 10" not in after
    assert "explanation removed" in after


def test_retired_instance_says_so(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """It can be read but no longer reported."""
    instance = Instance.objects.get(key="q2")
    retire_instance(actor=crew.maintainer, instance=instance, reason="The question is void.")
    response = browse().get(f"/b/{SLUG}/i/q2/")
    assert "This instance is retired" in text_of(response)
    assert "The question is void." in text_of(response)
    assert "report/?instance" not in response.content.decode()


def test_removed_text_is_said_to_be_removed(benchmark: Benchmark, browse: Browse) -> None:
    """Label and history stay readable without the inputs."""
    head = Head.objects.select_related("revision").get(instance__key="q1")
    Text.objects.filter(pk=head.revision.content_id).update(body="", removed_at=timezone.now())
    page = text_of(browse().get(f"/b/{SLUG}/i/q1/"))
    assert "The text of this instance was removed" in page
    assert "Revision 1: first label" in page
    assert "(removed)" in text_of(browse().get(f"/b/{SLUG}/i/"))


def test_keys_need_no_taming(db: None, tmp_path: Path, browse: Browse) -> None:
    """A key with slashes, spaces, signs and markup has a page and links that lead to it."""
    key = "a/b c?d#e&f%<i>é"
    import_file(write_csv(tmp_path / "odd.csv", [qa_row(1, id=key)]))
    listed = browse().get(f"/b/{SLUG}/i/").content.decode()
    assert "<i>é" not in listed
    address = f"/b/{SLUG}/i/a/b%20c%3Fd%23e&amp;f%25%3Ci%3E%C3%A9/"
    assert f'href="{address}"' in listed
    page = browse().get(address.replace("&amp;", "&"))
    assert page.status_code == 200
    assert page.context["instance"].key == key


def test_choices_are_lettered(db: None, tmp_path: Path, browse: Browse) -> None:
    """The choice that is the label is marked, also for who does not see colours."""
    row = {
        "id": "m1",
        "split": "test",
        "question": "Which?",
        "choices": '["one", "two"]',
        "answer": "B",
    }
    import_file(write_csv(tmp_path / "mc.csv", [row]), preset="multiple-choice")
    page = text_of(browse().get(f"/b/{SLUG}/i/m1/"))
    assert "A one B two (the label)" in page


def test_unknown_addresses_get_a_page(benchmark: Benchmark, browse: Browse) -> None:
    """Whatever is missing, the page says what to do."""
    for address in (
        "/nothing/",
        "/b/nothing/",
        f"/b/{SLUG}/i/none/",
        "/cases/none/",
        "/reports/none/",
        "/audits/none/",
        f"/b/{SLUG}/r/9.9.9/",
        f"/b/{SLUG}/diff/1.0.0..2.0.0/",
    ):
        response = browse().get(address)
        assert response.status_code == 404, address
        assert "All benchmarks" in text_of(response)


def test_a_page_loads_and_runs_nothing_foreign(benchmark: Benchmark, browse: Browse) -> None:
    """Nor what somebody smuggled into it; the page that tries the API out has a script inside."""
    for address in ("/", f"/b/{SLUG}/", "/nothing/", "/api/v1/benchmarks/", "/admin/login/"):
        policy = browse().get(address)["Content-Security-Policy"]
        assert policy.startswith("default-src 'self'; ")
        assert "unsafe" not in policy
    docs = browse().get("/api/v1/docs/")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline'" in docs


def test_a_bad_cursor_is_refused(benchmark: Benchmark, browse: Browse) -> None:
    """Nobody sees a server error for a mangled address."""
    for cursor in ("x", "1~2", "nan", "9" * 80, "1e999", "9223372036854775808"):
        response = browse().get(f"/b/{SLUG}/i/", {"after": cursor})
        assert response.status_code == 400, cursor
        assert "start from the first one" in text_of(response)


@pytest.mark.parametrize(
    "address",
    [
        *("i/?group=%00", "i/?words=%00", "i/q%001/", "i/q1/?at=%00", "cases/?group=%00"),
        *("errata/?version=%00", "reports/?status=%00", "r/%00/", "report/?instance=%00"),
    ],
)
def test_a_nul_is_in_no_address(
    address: str, release: Release, crew: People, browse: Browse
) -> None:
    """PostgreSQL cannot be asked for one."""
    response = browse(crew.user).get(f"/b/{SLUG}/{address}")
    assert response.status_code == 404
    assert "No address holds the character NUL" in text_of(response)


def _decide(case: Case, crew: People) -> Any:
    return decide_case(
        actor=crew.expert,
        case=case,
        outcome="correct",
        answer="12",
        category="wrong_answer",
        rationale="Counted again.",
    )
