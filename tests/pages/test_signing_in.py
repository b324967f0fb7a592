"""Signing up, addresses, forgotten passwords, the second factor; with and without mail."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.core.cache import cache
from django.test import Client

from registry.models import Benchmark, Event, Invitation, Mail, Membership, User
from registry.selectors import system_user
from registry.services.create_user import create_user
from registry.services.invite_member import invite_member
from registry.services.send_mails import send_mails
from tests.pages.conftest import text_of
from tests.small import People

Browse = Callable[..., Any]
SECRET = "a very long and odd passphrase"
NEW = {"username": "ada", "email": "ada@example.org", "password1": SECRET, "full_name": "Ada Byron"}


@pytest.fixture
def opened(settings: Any) -> None:
    """A hub that everybody may join."""
    settings.ERRATA_SIGNUP = "open"


def _link(text: str) -> str:
    """The path of the link in a mail."""
    found = re.search(r"http://[^/\s]+(/\S+)", text)
    assert found, text
    return found[1]


def _sign_in(client: Client, login: str = "ada", password: str = SECRET) -> Any:
    return client.post("/accounts/login/", {"login": login, "password": password})


def test_sign_up_is_closed_until_opened(db: None) -> None:
    """The page says so, and a form that is sent anyway makes nobody."""
    client = Client()
    assert "Accounts are by invitation" in text_of(client.get("/accounts/signup/"))
    client.post("/accounts/signup/", NEW)
    assert not User.objects.filter(username="ada").exists()
    assert "by invitation" in text_of(client.get("/accounts/login/"))
    assert "Make an account" not in text_of(client.get("/"))


def test_an_address_is_confirmed_by_mail(opened: None, settings: Any, db: None) -> None:
    """Until then nobody gets in; afterwards by name or by address."""
    settings.ERRATA_MAIL = True
    client = Client()
    assert "Make an account" in text_of(client.get("/"))
    sent = client.post("/accounts/signup/", NEW, follow=True)
    assert "We sent you a link" in text_of(sent)
    assert Event.objects.filter(kind="user.signed_up").count() == 1
    assert _sign_in(client)["Location"] == "/accounts/confirm-email/"
    assert not mail.outbox  # written, not sent by the request
    assert send_mails() >= 1
    link = _link(mail.outbox[0].body)
    assert mail.outbox[0].to == ["ada@example.org"]
    assert "ada@example.org" in text_of(client.get(link))
    client.post(link)
    for login in ("ada", "ADA@example.org"):
        assert _sign_in(Client(), login)["Location"] == "/"
    assert User.objects.get(username="ada").get_full_name() == "Ada Byron"


def test_without_mail_the_staff_see_the_links(opened: None, crew: People, browse: Browse) -> None:
    """And the site says so plainly, to whoever waits and to the staff."""
    client = Client()
    assert "This hub sends no mail" in text_of(client.get("/accounts/signup/"))
    sent = client.post("/accounts/signup/", NEW, follow=True)
    assert "This hub sends no mail" in text_of(sent)
    assert "This hub sends no mail" in text_of(client.get("/accounts/password/reset/"))
    staff = browse(crew.staff)
    assert "sends no mail" in text_of(staff.get("/accounts/"))
    listed = staff.get("/accounts/unsent/").content.decode()
    assert "ada@example.org" in listed
    link = re.search(r'href="http://[^/]+(/accounts/confirm-email/[^"]+)"', listed)
    assert link
    client.post(link[1])
    assert _sign_in(client)["Location"] == "/"


def test_a_forgotten_password(settings: Any, db: None) -> None:
    """A link by mail sets a new one; who asks about a stranger's address learns nothing."""
    settings.ERRATA_MAIL = True
    create_user(actor=system_user(), username="ada", email="ada@example.org", password="old one 1")
    client = Client()
    answers = set()
    for address in ("ada@example.org", "nobody@example.org"):
        done = client.post("/accounts/password/reset/", {"email": address}, follow=True)
        answers.add(text_of(done))
    assert len(answers) == 1
    assert Mail.objects.count() == 1
    send_mails()
    form = client.get(_link(mail.outbox[0].body), follow=True)
    where = form.redirect_chain[-1][0]
    client.post(where, {"password1": SECRET, "password2": SECRET})
    assert _sign_in(Client(), password="old one 1").status_code == 200
    assert _sign_in(Client())["Location"] == "/"
    assert Mail.objects.get().body == ""  # the link is kept nowhere


def test_another_address_counts_once_it_is_confirmed(settings: Any, db: None) -> None:
    """Until then the old one stays."""
    settings.ERRATA_MAIL = True
    ada = create_user(actor=system_user(), username="ada", email="old@example.org")
    client = Client()
    client.force_login(ada)
    data = {"email": "new@example.org", "action_add": ""}
    assert "new@example.org" in text_of(client.post("/accounts/email/", data, follow=True))
    ada.refresh_from_db()
    assert ada.email == "old@example.org"
    send_mails()
    assert mail.outbox[-1].to == ["new@example.org"]
    client.post(_link(mail.outbox[-1].body))
    ada.refresh_from_db()
    assert ada.email == "new@example.org"


def test_an_account_without_an_address_gets_in(db: None) -> None:
    """It has none to confirm; the staff made it."""
    create_user(actor=system_user(), username="ada", password=SECRET)
    assert _sign_in(Client())["Location"] == "/"


def _prove(client: Client, address: str) -> Any:
    """Give the password again where the page asks who one is."""
    asked = client.get(address)["Location"]
    return client.post(asked, {"password": SECRET}, follow=True)


def _code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def test_a_second_factor(db: None) -> None:
    """Switched on, the password alone opens nothing, not the admin site's door either."""
    ada = {"username": "ada", "password": SECRET, "email": "ada@example.org"}
    create_user(actor=system_user(), staff=True, **ada)
    client = Client()
    _sign_in(client)
    page = _prove(client, "/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert secret in text_of(page)
    wrong = client.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert "Incorrect code" in text_of(wrong)
    on = client.post("/accounts/2fa/totp/activate/", {"code": _code(secret)}, follow=True)
    assert "Each of them signs you in once" in text_of(on)
    assert "It is on" in text_of(client.get("/accounts/2fa/"))
    codes = re.findall(r"<code>(\w+)</code>", client.get("/accounts/2fa/codes/").content.decode())
    assert len(codes) == 10
    cache.clear()  # a code counts once; the next half minute's would do too
    other = Client()
    assert _sign_in(other)["Location"].startswith("/accounts/2fa/authenticate/")
    assert other.get("/admin/")["Location"].startswith("/admin/login/")
    assert other.get("/admin/login/")["Location"].startswith("/accounts/login/")
    assert "Second factor" in text_of(other.get("/accounts/2fa/authenticate/"))
    bad = other.post("/accounts/2fa/authenticate/", {"code": "123456"})
    assert "Incorrect code" in text_of(bad)
    assert other.post("/accounts/2fa/authenticate/", {"code": codes[0]})["Location"] == "/"
    third = Client()
    _sign_in(third)
    assert third.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 200  # used
    assert third.post("/accounts/2fa/authenticate/", {"code": _code(secret)})["Location"] == "/"
    assert "Switch two-factor sign-in off?" in text_of(
        _prove(third, "/accounts/2fa/totp/deactivate/")
    )
    assert third.post("/accounts/2fa/totp/deactivate/")["Location"] == "/accounts/2fa/"
    assert _sign_in(Client())["Location"] == "/"


def test_switching_it_off_asks_who_one_is(db: None, browse: Browse) -> None:
    """A browser left open must not be enough."""
    ada = create_user(actor=system_user(), username="ada", password=SECRET)
    client = browse(ada)  # signed in long ago
    asked = client.get("/accounts/2fa/totp/activate/")
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert "Is it you?" in text_of(client.get(asked["Location"]))


def test_an_invitation_opens_the_door(benchmark: Benchmark, crew: People) -> None:
    """From the link to the role, in a hub that is closed; the link works once."""
    _, link = invite_member(actor=crew.maintainer, benchmark=benchmark, role="expert")
    secret = link.rstrip("/").rpartition("/")[2]
    assert secret not in str(list(Invitation.objects.values()))
    client = Client()
    page = client.get(f"/invitations/{secret}/")
    assert benchmark.title in text_of(page)
    assert "You are invited" in text_of(client.get("/accounts/signup/"))
    client.post("/accounts/signup/", NEW)
    client.post(_link(Mail.objects.get().body))
    assert _sign_in(client)["Location"] == f"/invitations/{secret}/"
    assert client.post(f"/invitations/{secret}/")["Location"] == f"/b/{benchmark.slug}/"
    ada = User.objects.get(username="ada")
    assert Membership.objects.filter(user=ada, role="expert", benchmark=benchmark).exists()
    again = client.get(f"/invitations/{secret}/")
    assert again.status_code == 404
    assert "Ask whoever sent it for a new one" in text_of(again)
    assert "Accounts are by invitation" in text_of(Client().get("/accounts/signup/"))
    kinds = Event.objects.filter(kind__startswith="member.").values_list("kind", flat=True)
    assert {"member.invited", "member.accepted"} <= set(kinds)


def test_guessing_is_slowed_down(db: None) -> None:
    """Some wrong passwords, and the right one has to wait."""
    create_user(actor=system_user(), username="ada", password=SECRET)
    client = Client()
    for _ in range(12):
        _sign_in(client, password="wrong")
    assert "Too many" in text_of(_sign_in(client))
