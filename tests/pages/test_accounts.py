"""Signing in and out, setting a password by link, API tokens."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from registry.models import ApiToken, Benchmark, Event
from registry.selectors import system_user
from registry.services.create_user import create_token, create_user, password_link
from tests.pages.conftest import text_of
from tests.small import SLUG, People

Browse = Callable[..., Any]
TOKEN = {"scope": "everything", "days": "90"}
SECRET = "a very long and odd passphrase"


def test_a_link_sets_the_password_once(db: None) -> None:
    """From the link to being signed in; the second use says what to do."""
    user = create_user(actor=system_user(), username="ada")
    link = password_link(user)
    address = link[link.index("/accounts/") :]
    client = Client()
    form = client.get(address, follow=True)
    assert "Set a password" in text_of(form)
    where = form.redirect_chain[-1][0]
    weak = client.post(where, {"password1": "ada", "password2": "ada"})
    assert "too short" in text_of(weak)
    done = client.post(where, {"password1": SECRET, "password2": SECRET}, follow=True)
    assert "Your password is saved" in text_of(done)
    assert "This link no longer works" in text_of(Client().get(address, follow=True))
    signed_in = client.post("/accounts/login/", {"login": "ada", "password": SECRET})
    assert signed_in["Location"] == "/"


def test_signing_in_leads_back(benchmark: Benchmark, db: None) -> None:
    """To the page that asked for it, never to another site."""
    create_user(actor=system_user(), username="ada", password=SECRET)
    wanted = f"/b/{SLUG}/report/?instance=q1"
    asked = Client().get(wanted)
    assert "This page needs an account" in text_of(Client().get(asked["Location"]))
    data = {"login": "ada", "password": SECRET, "next": wanted}
    assert Client().post("/accounts/login/", data)["Location"] == wanted
    data["next"] = "https://elsewhere.example/"
    assert Client().post("/accounts/login/", data)["Location"] == "/"


def test_a_wrong_password_is_told(db: None) -> None:
    """Without saying which of the two was wrong."""
    response = Client().post("/accounts/login/", {"login": "ada", "password": "no"})
    assert "username and/or password you specified are not correct" in text_of(response)


def test_signing_out_takes_a_button(crew: People, browse: Browse) -> None:
    """A link that somebody else made cannot sign anybody out."""
    client = browse(crew.user)
    client.get("/accounts/logout/")
    assert "Sign out" in text_of(client.get("/"))
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert "Sign in" in text_of(client.get("/"))


def test_a_token_is_shown_once_and_works(crew: People, browse: Browse) -> None:
    """Stored only as a digest; revoked it is refused."""
    client = browse(crew.user)
    assert "No tokens" in text_of(client.get("/accounts/tokens/"))
    made = client.post("/accounts/tokens/", TOKEN | {"name": "laptop"})
    secret = made.context["secret"]
    assert secret in text_of(made)
    assert "no-store" in made["Cache-Control"]
    listed = client.get("/accounts/tokens/")
    assert "laptop" in text_of(listed)
    assert secret not in listed.content.decode()
    header = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/benchmarks/", headers=header).status_code == 200
    token = ApiToken.objects.get()
    assert "The token is revoked" in text_of(
        client.post(f"/accounts/tokens/{token.pk}/revoke/", follow=True)
    )
    assert Client().get("/api/v1/benchmarks/", headers=header).status_code == 401
    kinds = list(Event.objects.filter(kind__startswith="token.").values_list("kind", flat=True))
    assert sorted(kinds) == ["token.created", "token.revoked"]


def test_a_token_needs_a_name(crew: People, browse: Browse) -> None:
    """The form says so."""
    response = browse(crew.user).post("/accounts/tokens/", TOKEN | {"name": " "})
    assert response.status_code == 400
    assert not ApiToken.objects.exists()


def test_tokens_of_others_are_out_of_reach(crew: People, browse: Browse) -> None:
    """Neither seen nor revoked."""
    create_token(actor=crew.expert, user=crew.expert, name="hers alone")
    client = browse(crew.staff)
    assert "hers alone" not in text_of(client.get("/accounts/tokens/"))
    token = ApiToken.objects.get()
    assert client.post(f"/accounts/tokens/{token.pk}/revoke/").status_code == 404
    assert ApiToken.objects.exists()


def test_the_admin_site_changes_no_fact(benchmark: Benchmark, db: None) -> None:
    """Staff may look; there is no form that writes past the services."""
    staff = create_user(actor=system_user(), username="boss", staff=True)
    client = Client()
    client.force_login(staff)
    for name in ("benchmark", "instance", "revision", "event", "importbatch", "membership"):
        assert client.get(f"/admin/registry/{name}/").status_code == 200
        assert client.get(f"/admin/registry/{name}/add/").status_code == 403
    for app, name in (("submissions", "report"), ("audits", "case"), ("versions", "release")):
        assert client.get(f"/admin/{app}/{name}/").status_code == 200
        assert client.get(f"/admin/{app}/{name}/add/").status_code == 403
    event = Event.objects.first()
    assert client.post(f"/admin/registry/event/{event.pk}/delete/").status_code == 403
