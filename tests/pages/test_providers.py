"""Signing in at GitHub and ORCID, against a scripted site on loopback."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.orcid.views import OrcidOAuth2Adapter
from django.test import Client

from registry.models import User
from registry.selectors import system_user
from registry.services.create_user import create_user
from tests.pages.conftest import text_of
from tests.pages.oauth import ORCID, elsewhere

Browse = Callable[..., Any]


@pytest.fixture
def configured(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub whose operator named both, and a site that plays them."""
    app = {"client_id": "us", "secret": "secret"}
    settings.SOCIALACCOUNT_PROVIDERS = {name: {"APPS": [app]} for name in ("github", "orcid")}
    with elsewhere() as url:
        for adapter in (GitHubOAuth2Adapter, OrcidOAuth2Adapter):
            monkeypatch.setattr(adapter, "access_token_url", f"{url}/token")
        monkeypatch.setattr(GitHubOAuth2Adapter, "profile_url", f"{url}/user")
        monkeypatch.setattr(GitHubOAuth2Adapter, "emails_url", f"{url}/user/emails")
        monkeypatch.setattr(OrcidOAuth2Adapter, "profile_url", f"{url}/v3.0/%s/record")
        yield


def _come_back(client: Client, provider: str, code: str = "good", process: str = "login") -> Any:
    """Press the button, be known elsewhere, come back."""
    gone = client.post(f"/accounts/{provider}/login/?process={process}")
    query = parse_qs(urlsplit(gone["Location"]).query)
    assert query["client_id"] == ["us"]
    data = {"code": code, "state": query["state"][0]}
    return client.get(f"/accounts/{provider}/login/callback/", data)


def test_what_is_not_configured_is_not_offered(db: None) -> None:
    """Neither a button nor an address."""
    client = Client()
    assert "Sign in with" not in text_of(client.get("/accounts/login/"))
    for address in ("/accounts/github/login/", "/accounts/orcid/login/callback/"):
        response = client.post(address)
        assert response.status_code == 404
        assert "does not offer that way" in text_of(response)


def test_a_newcomer_from_github(configured: None, settings: Any, db: None) -> None:
    """Confirms name and address; GitHub vouches for the address. The second time is one step."""
    client = Client()
    offered = text_of(client.get("/accounts/login/"))
    assert "Sign in with GitHub" in offered
    assert "Sign in with ORCID" in offered
    assert "Accounts are by invitation" in text_of(_come_back(client, "github"))
    settings.ERRATA_SIGNUP = "open"
    assert _come_back(client, "github")["Location"] == "/accounts/elsewhere/signup/"
    assert "GitHub knows you" in text_of(client.get("/accounts/elsewhere/signup/"))
    data = {"username": "ada", "email": "ada@example.org", "full_name": "Ada Byron"}
    assert client.post("/accounts/elsewhere/signup/", data)["Location"] == "/"
    ada = User.objects.get(username="ada")
    assert (ada.get_full_name(), ada.orcid) == ("Ada Byron", "")
    assert EmailAddress.objects.get(user=ada).verified
    again = Client()
    assert _come_back(again, "github")["Location"] == "/"
    assert "Ada Byron" in text_of(again.get("/"))


def test_orcid_proves_the_id(configured: None, db: None, browse: Browse) -> None:
    """Connected, the iD shows; disconnected, it is gone. Another's cannot be taken."""
    ada = create_user(actor=system_user(), username="ada", email="a@example.org", password="x y z")
    client = browse(ada)
    _come_back(client, "orcid", process="connect")
    ada.refresh_from_db()
    assert ada.orcid == ORCID
    assert ORCID in text_of(Client().get(f"/people/{ada.public_id}/"))
    bob = create_user(actor=system_user(), username="bob", password="x y z")
    other = browse(bob)
    _come_back(other, "orcid", process="connect")
    assert "connected with another account" in text_of(other.get("/accounts/elsewhere/"))
    bob.refresh_from_db()
    assert bob.orcid == ""
    assert _come_back(Client(), "orcid")["Location"] == "/"  # signs ada in
    account = SocialAccount.objects.get()
    client.post("/accounts/elsewhere/", {"account": account.pk})
    assert not SocialAccount.objects.exists()
    ada.refresh_from_db()
    assert ada.orcid == ""


def test_what_goes_wrong_elsewhere_is_told(configured: None, db: None) -> None:
    """Nobody is signed in and nothing is made."""
    client = Client()
    failed = _come_back(client, "github", code="bad")
    assert "did not say who you are" in text_of(failed)
    gone = client.post("/accounts/github/login/")
    state = parse_qs(urlsplit(gone["Location"]).query)["state"][0]
    data = {"error": "access_denied", "state": state}
    stopped = client.get("/accounts/github/login/callback/", data, follow=True)
    assert "You are not signed in" in text_of(stopped)
    assert "Sign in" in text_of(client.get("/"))
    assert not SocialAccount.objects.exists()
