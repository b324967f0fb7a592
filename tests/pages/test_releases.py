"""The pages of releases: the next one, cutting it, reading and comparing those that are out."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from audits.models import Case
from audits.services.decide_case import decide_case
from registry.models import Benchmark, Instance
from registry.services.retire_instance import retire_instance
from tests.pages.conftest import cut, text_of
from tests.small import SLUG, People
from versions.models import Artifact, Release
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release

Browse = Callable[..., Any]


@pytest.fixture
def corrected(release: Release, held: Case, crew: People) -> None:
    """After 1.0.0 the label of q1 became 12."""
    decide_case(
        actor=crew.expert,
        case=held,
        outcome="correct",
        answer="12",
        category="wrong_answer",
        rationale="Counted again.",
    )


def test_the_first_release_takes_everything(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Six rows, version 1.0.0."""
    page = text_of(browse(crew.maintainer).get(f"/b/{SLUG}/draft/"))
    assert "Next release: 1.0.0" in page
    assert "6 added" in page
    assert "6 not reviewed yet" in page


def test_the_draft_tells_what_changed_and_why(
    corrected: None, crew: People, browse: Browse
) -> None:
    """Old and new answer, category, reason and who reported it."""
    page = text_of(browse(crew.maintainer).get(f"/b/{SLUG}/draft/"))
    assert "Next release: 1.1.0" in page
    assert "1 label change " in page
    assert "q1 tens 10 → 12 Changed Wrong answer Counted again. Reported by User Person" in page
    assert "calls for a minor release" in page


def test_cutting_leads_to_the_release(corrected: None, crew: People, browse: Browse) -> None:
    """Frozen at once; a worker publishes it; strangers see it only then."""
    client = browse(crew.maintainer)
    response = client.post(f"/b/{SLUG}/draft/", {"bump": "auto"}, follow=True)
    assert response.redirect_chain == [(f"/b/{SLUG}/r/1.1.0/", 302)]
    assert "A worker builds the files now" in text_of(response)
    assert browse().get(f"/b/{SLUG}/r/1.1.0/").status_code == 404
    assert "1.1.0 is frozen and not yet published" in text_of(client.get(f"/b/{SLUG}/draft/"))
    again = client.post(f"/b/{SLUG}/draft/", {"bump": "auto"})
    assert again.status_code == 409
    assert "not yet published" in text_of(again)
    publish_release(Release.objects.get(version="1.1.0").pk)
    assert browse().get(f"/b/{SLUG}/r/1.1.0/").status_code == 200


def test_contested_labels_need_a_waiver(
    release: Release, held: Case, crew: People, browse: Browse
) -> None:
    """The refusal stands beside the field; the reason is published with the release."""
    instance = Instance.objects.get(key="q5")
    retire_instance(actor=crew.maintainer, instance=instance, reason="void")
    client = browse(crew.maintainer)
    assert "1 contested label waits" in text_of(client.get(f"/b/{SLUG}/draft/"))
    refused = client.post(f"/b/{SLUG}/draft/", {"bump": "auto"})
    assert refused.status_code == 409
    assert "contested labels wait" in refused.context["form"].errors["waiver"][0]
    assert Release.objects.count() == 1
    client.post(f"/b/{SLUG}/draft/", {"bump": "auto", "waiver": "They may wait."})
    new = Release.objects.get(version="2.0.0")
    publish_release(new.pk)
    page = text_of(browse().get(f"/b/{SLUG}/r/2.0.0/"))
    assert "1 contested label is let out: They may wait." in page


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"version": "1.0.0"}, "name a higher version"),
        ({"version": "next"}, "is no version"),
        ({"bump": "patch"}, "makes this a minor release"),
        ({"bump": "huge"}, "Select a valid choice"),
    ],
)
def test_a_version_that_cannot_be(
    given: dict[str, str], message: str, corrected: None, crew: People, browse: Browse
) -> None:
    """Nothing is frozen and the form says why."""
    response = browse(crew.maintainer).post(f"/b/{SLUG}/draft/", given)
    assert response.status_code == 400
    assert message in text_of(response)
    assert Release.objects.count() == 1


def test_nothing_to_release(release: Release, crew: People, browse: Browse) -> None:
    """An empty draft offers no button, and a form sent all the same is refused."""
    client = browse(crew.maintainer)
    assert "Nothing changed since 1.0.0" in text_of(client.get(f"/b/{SLUG}/draft/"))
    assert client.post(f"/b/{SLUG}/draft/", {"bump": "auto"}).status_code == 409


def test_a_release_shows_its_files(corrected: None, benchmark: Benchmark, browse: Browse) -> None:
    """Every file with its digest and an address that gives it; changelog, credit and tiers."""
    release = cut(benchmark)
    response = browse().get(f"/b/{SLUG}/r/1.1.0/")
    page, html = text_of(response), response.content.decode()
    for artifact in Artifact.objects.filter(release=release):
        assert artifact.sha256 in page
        address = f"/api/v1/benchmarks/{SLUG}/releases/1.1.0/files/{artifact.path}"
        assert f'href="{address}"' in html
        assert len(b"".join(browse().get(address).streaming_content)) == artifact.size
    assert "10 → 12 Changed" in page
    assert "Thanks to User Person (1)" in page
    assert "1 decided by an expert" in page
    assert f"errata pull {SLUG}@1.1.0" in page
    assert release.history_root in page
    assert release.signature.key.key in page


def test_releases_and_their_differences(
    corrected: None, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """A list newest first; any two can be compared in their order only."""
    cut(benchmark)
    page = text_of(browse().get(f"/b/{SLUG}/r/"))
    assert page.index("1.1.0 minor") < page.index("1.0.0 major")
    assert "1 label change, 1 revised, 0 added, 0 removed; 6 instances." in page
    different = text_of(browse().get(f"/b/{SLUG}/diff/1.0.0..1.1.0/"))
    assert "q1 tens 10 → 12" in different
    same = text_of(browse().get(f"/b/{SLUG}/diff/1.1.0..1.1.0/"))
    assert "hold the same labels" in same
    wrong = browse().get(f"/b/{SLUG}/diff/1.1.0..1.0.0/")
    assert wrong.status_code == 400
    assert "name the older one first" in text_of(wrong)


def test_no_release_yet(benchmark: Benchmark, browse: Browse) -> None:
    """The empty list says who cuts the first."""
    assert "No release yet" in text_of(browse().get(f"/b/{SLUG}/r/"))


def test_waiting_release_is_shown_to_maintainers_only(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Whoever cannot pull it does not see it."""
    freeze_release(actor=crew.maintainer, benchmark=benchmark)
    assert "frozen" in text_of(browse(crew.maintainer).get(f"/b/{SLUG}/r/"))
    assert "No release yet" in text_of(browse(crew.user).get(f"/b/{SLUG}/r/"))
    assert timezone.now() >= Release.objects.get().frozen_at
