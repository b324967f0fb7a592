"""The pages of releases: the next one, cutting it, reading and comparing those that are out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from audits.models import Case, Decision
from audits.services.decide_case import decide_case
from audits.services.set_policy import set_policy
from registry.models import Benchmark, Instance
from registry.services.retire_instance import retire_instance
from tests.pages.conftest import cut, file, text_of
from tests.small import SLUG, People, import_file, qa_row, write_csv
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


def post_cut(client: Any, **given: Any) -> Any:
    """Send the form that cuts, as the page showed it."""
    draft = client.get(f"/b/{SLUG}/draft/").context["draft"]
    follow = given.pop("follow", False)
    return client.post(f"/b/{SLUG}/draft/", {"draft": draft.digest} | given, follow=follow)


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
    response = post_cut(client, bump="auto", follow=True)
    assert response.redirect_chain == [(f"/b/{SLUG}/r/1.1.0/", 302)]
    assert "It waits for a worker, who builds the files." in text_of(response)
    assert browse().get(f"/b/{SLUG}/r/1.1.0/").status_code == 404
    assert "1.1.0 is frozen and not yet published" in text_of(client.get(f"/b/{SLUG}/draft/"))
    again = post_cut(client, bump="auto")
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
    assert "1 contested label waits for an expert." in text_of(client.get(f"/b/{SLUG}/draft/"))
    refused = post_cut(client, bump="auto")
    assert refused.status_code == 409
    assert "1 contested label waits" in refused.context["form"].errors["waiver"][0]
    assert Release.objects.count() == 1
    post_cut(client, bump="auto", waiver="They may wait.")
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
    response = post_cut(browse(crew.maintainer), **given)
    assert response.status_code == 400
    assert message in text_of(response)
    assert Release.objects.count() == 1


def test_nothing_to_release(release: Release, crew: People, browse: Browse) -> None:
    """An empty draft offers no button, and a form sent all the same is refused."""
    client = browse(crew.maintainer)
    assert "Nothing changed since 1.0.0" in text_of(client.get(f"/b/{SLUG}/draft/"))
    assert post_cut(client, bump="auto").status_code == 409


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
    corrected: None, benchmark: Benchmark, crew: People, browse: Browse, tmp_path: Path
) -> None:
    """A list newest first; any two can be compared in their order only."""
    cut(benchmark)
    page = text_of(browse().get(f"/b/{SLUG}/r/"))
    assert page.index("1.1.0 current minor") < page.index("1.0.0 major")
    assert "1 label change, 1 revised, 0 added, 0 removed; 6 instances." in page
    different = text_of(browse().get(f"/b/{SLUG}/diff/1.0.0..1.1.0/"))
    assert "q1 tens 10 → 12" in different
    assert "Origin Decision 1" in different
    assert "Category Wrong answer 1" in different
    assert "Decision and votes" in different
    import_file(write_csv(tmp_path / "next.csv", [qa_row(7)]))
    cut(benchmark)
    grown = text_of(browse().get(f"/b/{SLUG}/diff/1.1.0..2.0.0/"))
    assert "Added q7 " in grown
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


def test_only_what_was_shown_is_cut(
    corrected: None, benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Another draft is refused with the difference; the page then shows the new one."""
    client = browse(crew.maintainer)
    seen = client.get(f"/b/{SLUG}/draft/").context["draft"].digest
    file(benchmark, crew.user, "q3", "35")
    refused = client.post(f"/b/{SLUG}/draft/", {"draft": seen, "waiver": "They may wait."})
    assert refused.status_code == 409
    page = text_of(refused)
    assert "The draft changed since you looked at it. Nothing was cut" in page
    assert "q3: no change; now 30 (contested, revision 1, 85% likely)." in page
    assert "They may wait." in page
    form = {"draft": refused.context["draft"].digest}
    set_policy(actor=crew.maintainer, benchmark=benchmark, text='gates = ["history"]', reason="So.")
    refused = client.post(f"/b/{SLUG}/draft/", form)
    assert (refused.status_code, Release.objects.count()) == (409, 1)
    assert "in which changed: gates (now history)." in text_of(refused)
    form = {"draft": refused.context["draft"].digest}
    page = text_of(client.post(f"/b/{SLUG}/draft/", form, follow=True))
    assert "1 contested label is let out: The policy asks for no waiver." in page
    assert client.post(f"/b/{SLUG}/draft/", {"bump": "auto"}).status_code == 400
    assert Release.objects.count() == 2


def test_gates_notes_and_filters(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """What blocks is said at once; contested labels are let out by category, with notes on top."""
    file(benchmark, crew.user, "q1", "12")
    other = file(benchmark, crew.user, "q2", "25")
    other.category = benchmark.categories.get(code="other")
    other.save()
    client = browse(crew.maintainer)
    page = text_of(client.get(f"/b/{SLUG}/draft/"))
    assert "History verified passed 6 revisions of 6 instances hold." in page
    assert "No contested label without a waiver blocked 2 contested labels wait" in page
    assert "other (1)" in page
    some = {"waiver": "Known.", "waive_category": ["other"]}
    assert "1 contested label waits for an expert beside the 1 waived" in text_of(
        post_cut(client, **some)
    )
    refused = post_cut(client, waiver="Known.", notes="# Mine")
    assert refused.context["form"].errors["notes"]
    some["waive_category"] = ["other", "wrong_answer"]
    post_cut(client, notes="By **hand**.", **some)
    page = text_of(client.get(f"/b/{SLUG}/r/1.0.0/"))
    assert "Notes By hand ." in page
    assert "2 contested labels are let out (category other, wrong_answer): Known." in page


def test_how_far_publishing_is(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """Step and counts, and why the last try failed."""
    release = freeze_release(actor=crew.maintainer, benchmark=benchmark)
    Release.objects.filter(pk=release.pk).update(
        stage="building", done=200, total=600, trouble="The disk is full."
    )
    page = text_of(browse(crew.maintainer).get(f"/b/{SLUG}/r/1.0.0/"))
    assert "Building: 200 of 600." in page
    assert "The disk is full." in page


def test_something_is_held_back(corrected: None, crew: People, browse: Browse) -> None:
    """From the changelog's line; told on the draft and in the release; lifted again."""
    client = browse(crew.maintainer)
    decision = Decision.objects.get().public_id
    page = client.get(f"/b/{SLUG}/draft/?decision={decision}")
    assert f'href="?decision={decision}#hold"' in page.content.decode()
    assert page.context["hold"]["decision"].value() == decision
    held = client.post(
        f"/b/{SLUG}/holds/", {"decision": decision, "reason": "One more look."}, follow=True
    )
    assert "It is held back until you lift that." in text_of(held)
    assert f"q1 decision {decision} One more look. by Maintainer Person" in text_of(held)
    assert held.context["draft"].empty
    again = client.post(f"/b/{SLUG}/holds/", {"decision": decision, "reason": "x"}, follow=True)
    assert "That is held back already." in text_of(again)
    hold = held.context["preview"].held[0]["id"]
    lifted = client.post(f"/b/{SLUG}/holds/", {"action": "lift", "hold": hold}, follow=True)
    assert lifted.context["draft"].counts["changed"] == 1


def test_a_release_tells_how_it_compares(
    corrected: None, benchmark: Benchmark, browse: Browse
) -> None:
    """The flag with its reason."""
    cut(benchmark)
    assert "Not comparable with 1.0.0: 1 label can grade an answer differently." in text_of(
        browse().get(f"/b/{SLUG}/r/1.1.0/")
    )
