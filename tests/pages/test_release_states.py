"""What becomes of a release: pages, feeds and badges tell it is superseded or withdrawn."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from django.conf import settings as hub

from audits.models import Case
from audits.services.decide_case import decide_case
from pages.news import news_of
from registry.models import Benchmark, Event
from tests.pages.conftest import cut, text_of
from tests.small import SLUG, People, hide
from versions.models import Release, Withdrawal

Browse = Callable[..., Any]
ID = f"ERR-{SLUG}-2-withdrawn"
FORM = {"reason": "A column was <shifted>.", "instead": "1.0.0", "sure": "on"}


@pytest.fixture
def two(release: Release, held: Case, crew: People, benchmark: Benchmark) -> Release:
    """1.0.0, then 1.1.0 in which q1 became 12."""
    about = {"category": "wrong_answer", "rationale": "Counted again."}
    decide_case(actor=crew.expert, case=held, outcome="correct", answer="12", **about)
    return cut(benchmark)


def test_withdrawing(two: Release, crew: People, browse: Browse) -> None:
    """A maintainer says why and confirms; everything that names the release tells it."""
    client, page = browse(crew.maintainer), f"/b/{SLUG}/r/1.1.0/"
    assert "Withdraw" in text_of(client.get(page))
    assert "Withdraw" not in text_of(browse(crew.expert).get(page))
    unsure = client.post(f"{page}withdraw/", FORM | {"sure": ""})
    assert (unsure.status_code, Withdrawal.objects.count()) == (400, 0)
    done = client.post(f"{page}withdraw/", FORM, follow=True)
    assert done.redirect_chain == [(page, 302)]
    assert client.post(f"{page}withdraw/", FORM).status_code == 409
    assert "is withdrawn already" in text_of(client.get(f"{page}withdraw/"))
    (news,) = news_of(Event.objects.get(kind="release.withdrawn"))  # the mail to who watches it
    assert "has withdrawn version 1.1.0. Use 1.0.0 instead." in news.text()
    assert "A column was <shifted>." in news.text()
    for address in (page, f"/b/{SLUG}/r/", f"/b/{SLUG}/", f"/b/{SLUG}/errata/"):
        raw = browse().get(address).content.decode()
        assert "A column was &lt;shifted&gt;." in raw, address
    assert browse().get(f"/b/{SLUG}/").context["latest"].version == "1.0.0"
    older = text_of(browse().get(f"/b/{SLUG}/r/1.0.0/"))
    assert "current" in older
    assert "newer release" not in older


def test_the_errata(two: Release, crew: People, browse: Browse) -> None:
    """The advisory is a record of page, Atom and JSON."""
    browse(crew.maintainer).post(f"/b/{SLUG}/r/1.1.0/withdraw/", FORM)
    told = text_of(browse().get(f"/b/{SLUG}/errata/{ID}/"))
    assert "1.1.0 is withdrawn." in told
    assert "Maintainer Person" in told
    records = browse().get(f"/b/{SLUG}/errata.json").json()["records"]
    assert [record["id"] for record in records] == [ID, f"ERR-{SLUG}-2-0"]
    assert browse().get(f"/b/{SLUG}/errata/{ID}.json").json() == records[0]
    of_another = browse().get(f"/b/{SLUG}/errata.json?version=1.0.0").json()
    assert of_another["records"] == []
    feed = browse().get(f"/b/{SLUG}/errata.atom").content.decode()
    assert feed.count("<entry>") == 2
    assert "1.1.0 is withdrawn; use 1.0.0" in feed.partition("<entry>")[2].partition("<entry>")[0]
    assert ID in text_of(browse().get(f"/b/{SLUG}/errata/ERR-{SLUG}-2-0/"))


def test_a_first_release_can_be_withdrawn_for_nothing(
    release: Release, crew: People, browse: Browse
) -> None:
    """Nothing stands instead of it, and it stays the one to find."""
    form = {"reason": "Wrong file.", "instead": "", "sure": "on"}
    browse(crew.maintainer).post(f"/b/{SLUG}/r/1.0.0/withdraw/", form)
    page = browse().get(f"/b/{SLUG}/r/1.0.0/")
    assert "No other version is to be used instead" in text_of(page)
    assert "errata pull" in text_of(page)


def test_badges(two: Release, crew: People, benchmark: Benchmark, browse: Browse) -> None:
    """One picture a release, which tells what became of it; 304 while nothing did."""
    shown = {v: browse().get(f"/b/{SLUG}/r/{v}/badge.svg") for v in ("1.0.0", "1.1.0")}
    assert {each["Content-Type"] for each in shown.values()} == {"image/svg+xml"}
    for version, state in (("1.0.0", "superseded"), ("1.1.0", "current")):
        root = ElementTree.fromstring(shown[version].content)  # noqa: S314  # The hub wrote it.
        assert root.attrib["aria-label"] == f"{SLUG} {version}: {state}"
    address, etag = f"/b/{SLUG}/r/1.1.0/badge.svg", shown["1.1.0"]["ETag"]
    assert browse().get(address, headers={"If-None-Match": etag}).status_code == 304
    browse(crew.maintainer).post(f"/b/{SLUG}/r/1.1.0/withdraw/", FORM)
    changed = browse().get(address, headers={"If-None-Match": etag})
    assert "1.1.0: withdrawn" in changed.content.decode()
    page = browse().get(f"/b/{SLUG}/r/1.1.0/").content.decode()
    assert f"[![{SLUG} 1.1.0]({hub.ERRATA_HUB}/b/{SLUG}/r/1.1.0/badge.svg)]" in page
    assert "@misc{small-qa-1.1.0," in page
    hide(benchmark)
    assert browse(crew.user).get(address).status_code == 404
    assert browse(crew.contributor).get(address)["Cache-Control"] == "private, no-cache"


def test_upstream_names(two: Release, crew: People, browse: Browse) -> None:
    """A maintainer says what a name stands for; the release and the list tell it."""
    page, client = f"/b/{SLUG}/names/", browse(crew.maintainer)
    assert "No names yet" in text_of(browse().get(page))
    form = {"name": "v1.0/test", "versions": ["1.0.0"]}
    assert client.post(page, form, follow=True).redirect_chain == [(page, 302)]
    assert "v1.0/test 1.0.0" in text_of(browse().get(page))
    assert "Upstream calls it v1.0/test" in text_of(browse().get(f"/b/{SLUG}/r/1.0.0/"))
    assert client.post(page, form).status_code == 409
    bad = client.post(page, form | {"name": "1.0.0"})
    assert (bad.status_code, "must not look like a version" in text_of(bad)) == (400, True)
    assert "What a name stands for" not in text_of(browse(crew.expert).get(page))
