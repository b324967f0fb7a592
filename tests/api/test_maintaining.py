"""What maintainers do by API: policy, members and invitations."""

import pytest

from audits.models import PolicyVersion, Standing
from audits.policies import load_policy
from audits.services.start_audit import start_audit
from audits.services.work_on_run import work_on_run
from registry.models import Benchmark, Instance, Invitation, Mail, Membership
from registry.selectors import system_user
from registry.services.invite_member import accept_invitation
from tests.api.conftest import Api
from tests.small import SLUG, People

B = f"benchmarks/{SLUG}"


def test_a_policy_is_read_set_and_read_again(api: Api, benchmark: Benchmark, crew: People) -> None:
    hub = api("get", f"{B}/policy/", crew.maintainer).json()
    assert (hub["version"], hub["number"], hub["text"]) == (load_policy().version, None, "")
    assert hub["values"]["contested_from"] == 0.5
    text = "contested_from = 0.6\n# ours\n"
    form = {"text": text, "reason": "Too many cases."}
    made = api("post", f"{B}/policy/", crew.maintainer, form)
    assert made.status_code == 201
    assert (made.json()["number"], made.json()["reason"]) == (1, "Too many cases.")
    own = api("get", f"{B}/policy/", crew.maintainer).json()
    assert (own["number"], own["text"]) == (1, text)
    assert own["values"]["contested_from"] == 0.6
    listed = api("get", f"{B}/policy/versions/", crew.maintainer).json()["results"]
    assert listed == [made.json()]
    assert api("post", f"{B}/policy/", crew.maintainer, form).status_code == 409
    for wrong in ({"text": "nonsense = 1"}, {"text": "contested_from = "}, {"reason": ""}):
        refused = api("post", f"{B}/policy/", crew.maintainer, form | wrong)
        assert refused.status_code == 400, wrong
    assert PolicyVersion.objects.count() == 1


def test_a_preview_tells_who_would_move(
    api: Api, benchmark: Benchmark, crew: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the votes of the last audit; without one it says so, and nothing is written."""
    at = f"{B}/policy/preview/"
    refused = api("post", at, crew.maintainer, {"text": ""})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    work_on_run(run_id=start_audit(actor=system_user(), benchmark=benchmark).pk)
    keys = ("q3", "q4")
    for key in keys:
        instance = Instance.objects.get(key=key)
        place = {"benchmark": benchmark, "bucket": "possible", "score": 0.3}
        Standing.objects.update_or_create(instance=instance, defaults=place)
    monkeypatch.setattr("api.resources.policies.MOVES", 1)
    told = api("post", at, crew.maintainer, {"text": ""}).json()
    assert (told["labels"], told["moved"], len(told["moves"])) == (6, 2, 1)
    assert told["counts"]["possible → clear"] == 2
    assert (told["moves"][0]["instance"], told["moves"][0]["new_bucket"]) == ("q3", "clear")
    assert api("post", at, crew.maintainer, {"text": "steps = 3"}).status_code == 400
    assert Standing.objects.filter(bucket="possible").count() == 2
    assert not PolicyVersion.objects.exists()


def test_members_and_their_roles(api: Api, benchmark: Benchmark, crew: People) -> None:
    listed = api("get", f"{B}/members/", crew.maintainer).json()["results"]
    roles = {row["username"]: row["role"] for row in listed}
    assert roles == {name: name for name in ("contributor", "expert", "maintainer")}
    assert listed[0]["user"]["name"].endswith(" Person")
    form = {"user": crew.expert.public_id, "role": "expert", "other": "contributor"}
    changed = api("post", f"{B}/members/change/", crew.maintainer, form).json()
    assert changed["roles"] == ["contributor"]
    again = api("post", f"{B}/members/change/", crew.maintainer, form)
    assert (again.status_code, again.json()["code"]) == (404, "no_member")
    form["role"] = "contributor"
    for _ in range(2):
        gone = api("post", f"{B}/members/remove/", crew.maintainer, form)
        assert (gone.status_code, gone.json()["roles"]) == (200, [])
    nobody = api("post", f"{B}/members/remove/", crew.maintainer, form | {"user": "0" * 26})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "no_person")
    assert (
        api("post", f"{B}/members/change/", crew.maintainer, form | {"other": "king"}).status_code
        == 400
    )
    assert Membership.objects.count() == 2


def test_an_invitation_is_made_and_withdrawn(api: Api, benchmark: Benchmark, crew: People) -> None:
    """Its link is told once; withdrawn it is worthless."""
    form = {"role": "expert", "email": "ada@example.org"}
    made = api("post", f"{B}/invitations/", crew.maintainer, form)
    assert made.status_code == 201
    link = made.json().pop("link")
    assert link in Mail.objects.get().body
    (waits,) = api("get", f"{B}/invitations/", crew.maintainer).json()["results"]
    assert waits == {name: value for name, value in made.json().items() if name != "link"}
    at = f"{B}/invitations/{waits['id']}/withdraw/"
    assert api("post", at, crew.maintainer).status_code == 204
    assert api("post", at, crew.maintainer).status_code == 404
    assert not Invitation.objects.exists()
    for wrong in ({"role": "king"}, {"role": "expert", "email": "ada"}):
        assert api("post", f"{B}/invitations/", crew.maintainer, wrong).status_code == 400
    link = api("post", f"{B}/invitations/", crew.maintainer, {"role": "expert"}).json()["link"]
    accept_invitation(actor=crew.user, secret=link.split("/")[-2])
    assert Membership.objects.filter(user=crew.user, role="expert").exists()
    assert api("get", f"{B}/invitations/", crew.maintainer).json()["results"] == []
