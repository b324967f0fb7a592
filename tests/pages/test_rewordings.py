"""The page of reworded inputs: what it shows, and what maintainers mark there."""

from collections.abc import Callable
from typing import Any

import pytest

from registry.models import Benchmark, Head, Revision
from registry.selectors import system_user
from registry.services.retire_instance import reword_instance
from tests.pages.conftest import cut, text_of
from tests.small import SLUG, People
from versions.models import Release, Rewording

Browse = Callable[..., Any]
DRAFT = f"/b/{SLUG}/rewordings/"
GONE, CAME = "<del>What</del>", "<ins>How much</ins>"


@pytest.fixture
def reworded(release: Release, benchmark: Benchmark) -> None:
    """After 1.0.0 q1 to q3 ask in other words; q3 is of another group."""
    for number in (1, 2, 3):
        head = Head.objects.select_related("instance", "revision").get(instance__key=f"q{number}")
        reword_instance(
            actor=system_user(),
            instance=head.instance,
            inputs={"question": f"How much is ten times {number}?"},
            expected=head.revision,
            reason="Clearer.",
        )


def value_of(key: str) -> str:
    """What the page sends for an instance that was ticked."""
    old, new = Revision.objects.filter(instance__key=key).order_by("number")
    return f"{old.content_id} {new.content_id} {key}"


def shows_words(page: Any) -> None:
    """The page marks exactly the words that went and came, of all three."""
    html = page.content.decode()
    for number in (1, 2, 3):
        assert f">{GONE}{CAME} is ten times {number}?<" in html
    assert (html.count(GONE), html.count(CAME)) == (3, 3)


def test_what_was_reworded_is_marked_and_taken_back(
    reworded: None, crew: People, browse: Browse, benchmark: Benchmark
) -> None:
    client = browse(crew.maintainer)
    assert "3 instances ask in other words" in text_of(client.get(f"/b/{SLUG}/draft/"))
    page = client.get(DRAFT)
    shows_words(page)
    assert text_of(page).count("nothing said") == 3
    form = {"action": "mark", "pair": value_of("q1")}
    refused = client.post(DRAFT, form)
    assert refused.status_code == 400
    assert "checked" in refused.content.decode()  # what was ticked stays so
    form["reason"] = "Only clearer."
    done = text_of(client.post(DRAFT, form, follow=True))
    assert "1 marked as meaning the same, from the next release on." in done
    assert "Marked by Maintainer Person: Only clearer." in done
    again = client.post(DRAFT, form)
    assert (again.status_code, "already" in text_of(again)) == (409, True)
    told = text_of(client.get(f"/b/{SLUG}/draft/"))
    assert "marked as meaning the same by Maintainer Person: Only clearer." in told
    # All that the filter finds and nobody marked, but exactly what was looked at.
    seen = client.get(DRAFT).context["seen"]
    stale = client.post(DRAFT, form | {"action": "mark_all", "seen": "0" * 64})
    assert (stale.status_code, "nothing was marked" in text_of(stale)) == (409, True)
    client.post(f"{DRAFT}?state=open", form | {"action": "mark_all", "seen": seen})
    assert Rewording.objects.filter(same=True).count() == 3
    assert "No rewording matches" in text_of(client.get(f"{DRAFT}?state=open"))
    done = text_of(client.post(DRAFT, form | {"action": "unmark", "reason": "No."}, follow=True))
    assert "1 no longer marked, from the next release on." in done
    history = text_of(browse().get(f"/b/{SLUG}/i/q1/"))
    assert "Took back that it asks the same in revisions 1 and 2" in history
    assert "Said that it asks the same in revisions 1 and 2" in history


def test_everybody_reads_what_differs_between_versions(
    reworded: None, crew: People, browse: Browse, benchmark: Benchmark
) -> None:
    form = {"action": "mark", "pair": [value_of("q1")], "reason": "Only clearer."}
    browse(crew.maintainer).post(DRAFT, form)
    new = cut(benchmark).version
    page = browse().get(f"/b/{SLUG}/diff/1.0.0..{new}/")
    shows_words(page)
    told = text_of(page)
    assert "3 instances ask in other words, 1 of them marked as meaning the same." in told
    address = f"/b/{SLUG}/rewordings/1.0.0..{new}/"
    page = browse(crew.expert).get(address)
    assert "Marked by Maintainer Person: Only clearer." in text_of(page)
    assert "Mark the ticked" not in text_of(page)
    assert browse(crew.expert).post(address, form).status_code == 403
    assert browse(crew.expert).get(DRAFT).status_code == 403
    assert "Nothing was reworded" in text_of(browse(crew.maintainer).get(DRAFT))
