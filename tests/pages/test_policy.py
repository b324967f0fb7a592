"""The policy page: what is in force, what another one would move, and setting it."""

from collections.abc import Callable
from typing import Any

import pytest

from audits.models import AuditRun, Case, PolicyVersion, Standing
from audits.policies import line_at_fault, load_policy
from audits.services.work_on_run import work_on_run
from registry.models import Benchmark, Instance
from tests.pages.conftest import text_of
from tests.small import People

Browse = Callable[..., Any]
ADDRESS = "/b/small-qa/policy/"


@pytest.fixture
def audited(case: Case, run: AuditRun) -> AuditRun:
    """An audit of the small benchmark that has ended, beside a reported label."""
    work_on_run(run_id=run.pk)
    return run


def test_without_a_version_the_hubs_holds(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """The page says so and shows it."""
    page = text_of(browse(crew.maintainer).get(ADDRESS))
    assert f"In force: the hub's own, version {load_policy().version}" in page
    assert "No version of its own yet" in page
    assert "contested_from = 0.5" in page


def test_set_and_read_again(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """Each version stands with its reason, author and text; line ends are those of files."""
    client = browse(crew.maintainer)
    text = 'version = "a"\r\ncontested_from = 0.6\r\n'
    data = {"text": text, "reason": "Too many cases", "action": "set"}
    assert client.post(ADDRESS, data).status_code == 302
    kept = PolicyVersion.objects.get()
    assert kept.text == 'version = "a"\ncontested_from = 0.6\n'
    page = text_of(client.get(ADDRESS))
    assert f"In force: version 1 over {load_policy().version}" in page
    assert "Too many cases" in page
    assert "Maintainer Person" in page
    again = client.post(ADDRESS, data)
    assert again.status_code == 409
    assert "says exactly this already" in text_of(again)
    assert PolicyVersion.objects.count() == 1


def test_a_reason_is_needed_to_set_but_not_to_preview(
    audited: AuditRun, crew: People, browse: Browse
) -> None:
    """Trying is free."""
    client = browse(crew.maintainer)
    assert client.post(ADDRESS, {"text": "", "action": "set"}).status_code == 400
    assert client.post(ADDRESS, {"text": "", "action": "preview"}).status_code == 200
    assert not PolicyVersion.objects.exists()


def test_preview_shows_who_would_move(
    audited: AuditRun, case: Case, crew: People, browse: Browse
) -> None:
    """From bucket to bucket, each label, and how many cases; nothing is written."""
    before = list(Standing.objects.order_by("pk").values("pk", "bucket", "score"))
    other = {"text": "default_doubt = 0.9\n[doubt]\nconsensus = 0.9", "action": "preview"}
    page = browse(crew.maintainer).post(ADDRESS, other)
    assert page.status_code == 200
    preview = page.context["preview"]
    assert preview["labels"] == 6
    assert preview["stay"] + sum(count for _, count in preview["steps"]) == 6
    for move in preview["moves"]:
        assert move["key"] in text_of(page)
    assert "would move" in text_of(page)
    assert list(Standing.objects.order_by("pk").values("pk", "bucket", "score")) == before
    assert not PolicyVersion.objects.exists()


def test_preview_counts_moves(
    audited: AuditRun, crew: People, browse: Browse, benchmark: Benchmark
) -> None:
    """A label that stands elsewhere than its votes put it is told with both places."""
    Standing.objects.filter(instance__key="q3").delete()
    key = Instance.objects.get(benchmark=benchmark, key="q3")
    Standing.objects.create(instance=key, benchmark=benchmark, bucket="possible", score=0.3)
    page = browse(crew.maintainer).post(ADDRESS, {"text": "", "action": "preview"})
    assert ("possible → clear", 1) in page.context["preview"]["steps"]
    assert [move["key"] for move in page.context["preview"]["moves"]] == ["q3"]
    assert "1 label would move" in text_of(page)


def test_without_an_audit_nothing_can_be_previewed(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """The page says what to do."""
    page = browse(crew.maintainer).post(ADDRESS, {"text": "", "action": "preview"})
    assert page.status_code == 409
    assert "No audit has ended yet" in text_of(page)


def test_a_large_benchmark_is_left_to_the_command(
    audited: AuditRun, crew: People, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits minutes for a page."""
    monkeypatch.setattr("audits.replay.PREVIEWED", 5)
    page = browse(crew.maintainer).post(ADDRESS, {"text": "", "action": "preview"})
    assert page.status_code == 409
    assert f"manage.py retriage {audited.public_id}" in text_of(page)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version = 'a'\ncontested_from = ", 2),
        ("version = 'a'\n\npossible_from = 7\n", 3),
        ("[doubt]\nlimits = 0.5\nsteps = 3\n", 3),
        ("# a\nnonsense = 1\n", 2),
        ("version = 'a'\n[risk]\nhigh = ['x']\n", 2),
    ],
)
def test_an_error_stands_beside_its_line(
    text: str, line: int, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """What is wrong is told at the line it is in, and nothing is set."""
    page = browse(crew.maintainer).post(ADDRESS, {"text": text, "reason": "x", "action": "set"})
    assert page.status_code == 400
    marked = [number for number, _, here in page.context["wrong"] if here]
    assert marked == [line]
    assert f'<li value="{line}" class="bad">' in page.content.decode()
    assert not PolicyVersion.objects.exists()


def test_a_refusal_that_names_no_line_marks_none() -> None:
    """Rather none than a wrong one."""
    assert line_at_fault("version = 'a'\n", "seed must be a text") is None
