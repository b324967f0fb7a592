"""Accounts, credit, specialties, members: who is shown how, and how somebody goes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audits.models import Case, Decision
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.take_in_reports import take_in_reports
from registry.errors import NotFound, WrongState
from registry.ids import new_id
from registry.models import ApiToken, Benchmark, Event, Invitation, Mail, Membership, User
from registry.selectors import specialties_of, system_user
from registry.services.create_user import create_token, create_user
from registry.services.edit_person import delete_person
from registry.services.invite_member import accept_invitation, invite_member
from registry.services.send_mails import write_mail
from registry.services.state_specialty import state_specialty, verify_specialty
from submissions.models import Report
from tests.pages.conftest import cut, file, text_of
from tests.small import People, hide
from versions.models import Release
from versions.selectors import snapshot_of

Browse = Callable[..., Any]


@pytest.fixture
def corrected(benchmark: Benchmark, crew: People) -> Release:
    """1.1.0, in which a report of `user` was accepted by `expert`; another was declined."""
    cut(benchmark)
    for key in ("q1", "q2"):
        file(benchmark, crew.user, key, "12")
    take_in_reports(benchmark.pk)
    for case in Case.objects.order_by("instance__position"):
        right = case.instance.key == "q1"
        decide_case(
            actor=crew.expert,
            case=claim_case(actor=crew.expert, case=case),
            outcome="correct" if right else "confirm",
            answer="12" if right else "",
            category="wrong_answer" if right else "",
            rationale="see the formula",
        )
    return cut(benchmark)


def test_credit(corrected: Release, crew: People, browse: Browse) -> None:
    """Accepted reports, decisions and the releases they went into; nothing else."""
    page = browse().get(f"/people/{crew.user.public_id}/")
    assert page.context["counts"] == {"reports": 1, "decisions": 0, "releases": 1}
    assert "1 accepted report" in text_of(page)
    assert "1.1.0" in text_of(page)
    assert "1.0.0" not in text_of(page)
    page = browse().get(f"/people/{crew.expert.public_id}/")
    assert page.context["counts"] == {"reports": 0, "decisions": 2, "releases": 1}


def test_credit_hides_hidden_benchmarks(
    benchmark: Benchmark, corrected: Release, crew: People, browse: Browse
) -> None:
    """What happened where a reader may not look is not counted for them."""
    hide(benchmark)
    address = f"/people/{crew.user.public_id}/"
    page = browse().get(address)
    assert page.context["counts"] == {"reports": 0, "decisions": 0, "releases": 0}
    assert benchmark.title not in page.content.decode()
    assert browse(crew.contributor).get(address).context["counts"]["reports"] == 1


def test_credit_takes_the_same_queries_for_many(
    benchmark: Benchmark, corrected: Release, crew: People, browse: Browse
) -> None:
    """One accepted report, then thirty."""
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            browse().get(f"/people/{crew.user.public_id}/")
        counts.append(len(queries))
        accepted = Report.objects.filter(status="accepted").first()
        for _ in range(30):
            accepted.pk, accepted.public_id = None, new_id()
            accepted._state.adding = True
            accepted.save()
    assert counts[0] == counts[1]


def test_whoever_wishes_no_credit_has_no_name(
    benchmark: Benchmark, corrected: Release, crew: People, browse: Browse
) -> None:
    """Not in lists, not on a page, not in the changelog of the next release."""
    client = browse(crew.user)
    assert "User Person" in text_of(browse().get(f"/b/{benchmark.slug}/reports/"))
    client.post("/accounts/", {"full_name": "User Person"})
    assert "User Person" not in text_of(browse().get(f"/b/{benchmark.slug}/reports/"))
    assert "somebody who wishes no name" in text_of(browse().get(f"/b/{benchmark.slug}/reports/"))
    address = f"/people/{crew.user.public_id}/"
    assert browse().get(address).status_code == 404
    assert "Only you see this page" in text_of(client.get(address))
    file(benchmark, crew.user, "q3", "31.5")
    take_in_reports(benchmark.pk)
    decide_case(
        actor=crew.expert,
        case=claim_case(actor=crew.expert, case=Case.objects.get(instance__key="q3")),
        outcome="correct",
        answer="31.5",
        category="wrong_answer",
        rationale="so",
    )
    released = snapshot_of(cut(benchmark))
    assert "User Person" not in str(released)
    assert released["credits"][0]["name"] == "somebody who wishes no name"


def test_an_account_goes_and_the_facts_stay(
    corrected: Release, crew: People, browse: Browse
) -> None:
    """Name, address, tokens, roles and mails go; reports and decisions stay without a name."""
    expert, gone = crew.expert, crew.expert.public_id
    create_token(actor=expert, user=expert, name="laptop")
    write_mail(expert, "k", "Subject", "body", address="e@example.org")
    client = browse(expert)
    assert "Your reports, decisions and comments stay" in text_of(client.get("/accounts/delete/"))
    wrong = client.post("/accounts/delete/", {"username": "somebody"})
    assert "nothing was deleted" in text_of(wrong)
    done = client.post("/accounts/delete/", {"username": "expert"}, follow=True)
    assert "Your account is deleted" in text_of(done)
    assert not User.objects.filter(username="expert").exists()
    for model in (ApiToken, Mail):
        assert not model.objects.exists()
    assert not Membership.objects.filter(role="expert").exists()
    assert Decision.objects.filter(actor=gone).count() == 2
    case = Case.objects.filter(decisions__actor=gone).first()
    assert "a removed person" in text_of(browse().get(f"/cases/{case.public_id}/"))
    assert "Expert Person" not in text_of(browse().get(f"/cases/{case.public_id}/"))
    assert browse().get(f"/people/{gone}/").status_code == 404
    assert Event.objects.filter(kind="user.removed", subject_id=gone).exists()


def test_the_last_administrator_stays(crew: People) -> None:
    """Somebody has to be able to let others in."""
    with pytest.raises(WrongState):
        delete_person(actor=crew.staff, user=crew.staff)
    create_user(actor=system_user(), username="second", staff=True)
    delete_person(actor=crew.staff, user=crew.staff)


def test_a_specialty_and_who_verified_it(crew: People, browse: Browse) -> None:
    """Stated by the expert, verified by a maintainer, shown with both."""
    client, maintainer = browse(crew.expert), browse(crew.maintainer)
    client.post("/accounts/specialties/", {"action": "state", "name": " Cardiology "})
    (stated,) = specialties_of([crew.expert.public_id])[crew.expert.public_id]
    address = f"/people/{crew.expert.public_id}/"
    assert "not verified" in text_of(browse().get(address))
    verify = {"action": "verify", "specialty": stated.pk}
    assert client.post("/accounts/specialties/", verify).status_code == 403  # oneself
    assert ">Verify<" in maintainer.get(address).content.decode()
    maintainer.post("/accounts/specialties/", verify)
    shown = text_of(browse().get(address))
    assert "Cardiology" in shown
    assert "verified by Maintainer Person" in shown
    maintainer.post("/accounts/specialties/", verify | {"action": "doubt"})
    assert "not verified" in text_of(browse().get(address))
    client.post("/accounts/specialties/", {"action": "drop", "specialty": stated.pk})
    assert not specialties_of([crew.expert.public_id])
    kinds = Event.objects.filter(kind__startswith="specialty.").values_list("kind", flat=True)
    assert set(kinds) == {f"specialty.{e}" for e in ("stated", "verified", "doubted", "dropped")}


def test_decisions_show_what_their_expert_is_an_expert_of(
    benchmark: Benchmark, corrected: Release, crew: People, browse: Browse
) -> None:
    """Beside the name, which leads to the credit page; only there where somebody decided."""
    stated = state_specialty(actor=crew.expert, name="nephrology")
    verify_specialty(actor=crew.staff, specialty=stated.pk)
    state_specialty(actor=crew.user, name="reporting")
    page = browse().get(f"/b/{benchmark.slug}/i/q1/")
    assert "Expert Person , nephrology (verified by staff)" in text_of(page)
    assert f'<a href="/people/{crew.expert.public_id}/">Expert Person</a>' in page.content.decode()
    assert "reporting" not in text_of(page)


def test_verified_specialties_come_first(crew: People) -> None:
    """The small selector that other pages use."""
    state_specialty(actor=crew.expert, name="allergology")
    other = state_specialty(actor=crew.expert, name="nephrology")
    verify_specialty(actor=crew.staff, specialty=other.pk)
    found = specialties_of([crew.expert.public_id, crew.user.public_id])
    assert [each.name for each in found.pop(crew.expert.public_id)] == ["nephrology", "allergology"]
    assert not found


def test_members(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """Who has which role; change it, take it, invite and withdraw, each with an event."""
    client = browse(crew.maintainer)
    address = f"/b/{benchmark.slug}/members/"
    assert "Expert Person" in text_of(client.get(address))
    whose = {"user": crew.contributor.public_id, "role": "contributor"}
    client.post(address, whose | {"action": "change", "other": "expert"})
    assert set(crew.contributor.memberships.values_list("role", flat=True)) == {"expert"}
    client.post(address, whose | {"action": "remove", "role": "expert"})
    assert not crew.contributor.memberships.exists()
    link = client.post(address, {"action": "invite", "role": "expert"}).context["link"]
    assert link.startswith("http")
    assert link not in client.get(address).content.decode()
    assert "whoever has the link" in text_of(client.get(address))
    made = Invitation.objects.get()
    client.post(address, {"action": "withdraw", "invitation": made.public_id})
    secret = link.split("/")[-2]
    assert browse(crew.user).get(f"/invitations/{secret}/").status_code == 404
    kinds = set(Event.objects.filter(kind__startswith="member.").values_list("kind", flat=True))
    assert kinds == {f"member.{e}" for e in ("added", "removed", "invited", "uninvited")}


def test_members_take_the_same_queries_for_many(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Three members, then thirty-three."""
    client, counts = browse(crew.maintainer), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/b/{benchmark.slug}/members/")
        counts.append(len(queries))
        for number in range(30):
            user = create_user(actor=system_user(), username=f"n{number}-{len(counts)}")
            Membership.objects.create(benchmark=benchmark, user=user, role="expert")
            state_specialty(actor=user, name="cardiology")
    assert counts[0] == counts[1]


def test_an_invitation_expires_and_may_be_for_one_address(
    benchmark: Benchmark, crew: People
) -> None:
    """It is mailed there as well; an account with another address is turned away."""
    offer = {"actor": crew.maintainer, "benchmark": benchmark, "role": "expert"}
    _, link = invite_member(**offer, email="Ada@example.org")
    assert Mail.objects.get().address == "Ada@example.org"
    assert link in Mail.objects.get().body
    secret = link.split("/")[-2]
    with pytest.raises(Exception, match="another e-mail address"):
        accept_invitation(actor=crew.user, secret=secret)
    ada = create_user(actor=system_user(), username="ada", email="ada@example.org")
    accept_invitation(actor=ada, secret=secret)
    with pytest.raises(NotFound):
        accept_invitation(actor=ada, secret=secret)
    late = invite_member(**offer)[1].split("/")[-2]
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotFound):
        accept_invitation(actor=crew.user, secret=late)
    assert not Membership.objects.filter(user=crew.user).exists()
