"""Every address × every role × every method: who may not gets an error, and nothing changes."""

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from api.urls import urlpatterns
from audits.models import AuditRun, Case
from audits.services.start_audit import start_audit
from audits.services.take_in_reports import take_in_reports
from registry.models import ApiToken, Benchmark, Event, Instance
from registry.selectors import system_user
from registry.services.comment import add_comment
from registry.services.invite_member import invite_member
from submissions.models import Report
from submissions.services.file_report import file_report
from tests.api.conftest import Api
from tests.pages.conftest import answers, planned
from tests.small import SLUG, People, hide, people, small_benchmark
from versions.models import GoldLabel, GoldSet, Preview
from versions.services.hold_back import hold_back

ROUTES = {
    str(p.name): str(p.pattern) for p in urlpatterns if p.name not in (None, "docs", "schema")
}
# The role that a POST takes; addresses that are not here take none at all.
POSTS = {
    "reports": "user",
    "close-as-spam": "maintainer",
    "comments": "user",
    "hide-comment": "maintainer",
    "watch": "user",
    "unwatch": "user",
    "import-reports": "contributor",
    "predictions": "contributor",
    "publish-predictions": "contributor",
    "delete-predictions": "contributor",
    "admit-predictions": "maintainer",
    "contract": "maintainer",
    "guides": "writer",
    "packets": "expert",
    "decide-packet": "expert",
    "claim-case": "expert",
    "release-case": "expert",
    "answer-case": "expert",
    "leave-case": "expert",
    "decide-case": "expert",
    "rule-on-case": "expert",
    "refuse-case": "expert",
    "audits": "maintainer",
    "estimate-audit": "maintainer",
    "stop-audit": "maintainer",
    "resume-audit": "maintainer",
    "imports": "maintainer",
    "confirm-import": "maintainer",
    "policy": "maintainer",
    "preview-policy": "maintainer",
    "change-member": "maintainer",
    "remove-member": "maintainer",
    "invitations": "maintainer",
    "withdraw-invitation": "maintainer",
    "holds": "maintainer",
    "lift-hold": "maintainer",
    "releases": "maintainer",
    "withdraw-release": "maintainer",
    "upstream-names": "maintainer",
    "rewordings": "maintainer",
}
# Who may read what not everybody may.
SIGNED_IN = {"user", "contributor", "expert", "maintainer", "staff"}
MAINTAINERS = {"maintainer", "staff"}
READERS = {"watches": SIGNED_IN, "provisional": SIGNED_IN} | dict.fromkeys(
    (
        *("imports", "import", "policy", "policy-versions", "members", "invitations"),
        *("draft", "draft-diff", "holds", "rewordings"),
    ),
    MAINTAINERS,
)
ONLY_WRITTEN = {
    *("close-as-spam", "import-reports", "hide-comment", "watch", "unwatch"),
    *("publish-predictions", "delete-predictions", "admit-predictions"),
    *("packets", "decide-packet", "claim-case", "release-case", "answer-case", "leave-case"),
    *("decide-case", "rule-on-case", "refuse-case", "estimate-audit", "stop-audit"),
    *("resume-audit", "confirm-import", "preview-policy", "change-member", "remove-member"),
    "withdraw-invitation",
    *("withdraw-release", "lift-hold"),
}
UPLOADS = ("import-reports", "predictions", "imports", "decide-packet")
NOT_PUBLISHED = (
    *("release", "named-release", "diff", "changelog", "release-file", "erratum", "moved"),
)
# What a list cannot do without.
QUERIES = {
    "named-release": "?name=v1",
    "comments": "?kind=instance&subject=q1",
    "moved": "?old=1.0.0&new=1.1.0",
    "provisional": "?assume=draft",
}
# What may be sent, so that nothing but the role refuses it.
MEMBER = {"user": "0" * 26, "role": "expert"}
REASON, Q1 = {"reason": "So."}, {"kind": "instance", "subject": "q1"}
FORMS: dict[str, dict[str, Any]] = {
    "close-as-spam": REASON,
    "comments": Q1 | {"text": "So."},
    "hide-comment": REASON,
    "packets": {"count": 1},
    "decide-packet": {"dry_run": "true"},
    "imports": {"missing": "keep"},
    "confirm-import": {},
    "policy": REASON | {"text": "possible_from = 0.3"},
    "preview-policy": {"text": ""},
    "change-member": MEMBER | {"other": "maintainer"},
    "remove-member": MEMBER,
    "invitations": {"role": "expert"},
    "withdraw-invitation": {},
    "withdraw-release": REASON,
    "upstream-names": {"name": "v1", "versions": []},
    "rewordings": REASON | {"rewordings": [{"key": "q1", "before": "0" * 64, "after": "1" * 64}]},
    "watch": Q1,
    "unwatch": Q1,
    "holds": REASON | {"group": "hundreds"},
    "lift-hold": {},
    "publish-predictions": {},
    "delete-predictions": {},
    "admit-predictions": {},
}
DECISION = {"outcome": "confirm", "rationale": "So."}
BELOW: dict[str, set[str]] = {
    "user": set(),
    "contributor": {"user"},
    "expert": {"user", "contributor", "maintainer", "staff"},
    "maintainer": {"user", "contributor", "expert"},
    "writer": {"user", "contributor"},
}


@dataclass(frozen=True, slots=True)
class World:
    """What all tests below walk through: made once, and what a test does to it is undone."""

    benchmark: Benchmark
    crew: People
    places: dict[str, str]


@pytest.fixture(scope="module")
def world(module_db: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    benchmark = small_benchmark(tmp_path_factory.mktemp("world"))
    crew = people(benchmark)
    return World(benchmark, crew, _places(benchmark, crew))


@pytest.fixture
def benchmark(db: None, world: World) -> Benchmark:
    return deepcopy(world.benchmark)


@pytest.fixture
def crew(db: None, world: World) -> People:
    return deepcopy(world.crew)


@pytest.fixture
def places(db: None, world: World) -> dict[str, str]:
    """Something for every parameter of an address."""
    return world.places


def _places(benchmark: Benchmark, crew: People) -> dict[str, str]:
    report = file_report(
        actor=crew.user,
        benchmark=benchmark,
        instance=Instance.objects.get(key="q2"),
        category="other",
        answer="25",
        rationale="So.",
    )
    take_in_reports(benchmark.pk)
    run = start_audit(actor=system_user(), benchmark=benchmark)
    said = add_comment(
        actor=crew.user, benchmark=benchmark, kind="instance", subject="q1", text="So."
    )
    invitation, _ = invite_member(actor=crew.staff, benchmark=benchmark, role="expert")
    hold = hold_back(actor=crew.staff, benchmark=benchmark, group="tens", reason="So.")
    return {
        "hold": hold.public_id,
        "invitation": invitation.public_id,
        "planned": planned(crew.staff).public_id,
        "comment": said.public_id,
        "erratum": f"ERR-{SLUG}-1-0",
        "gold": _gold(benchmark).name,
        "predictions": answers(benchmark, crew.contributor).public_id,
        "slug": SLUG,
        "key": "q1",
        "report": report.public_id,
        "case": Case.objects.get().public_id,
        "run": run.public_id,
        "version": "1.0.0",
        "path": "manifest.json",
        "sha256": "0" * 64,
    }


def _gold(benchmark: Benchmark) -> GoldSet:
    gold = GoldSet.objects.create(
        benchmark=benchmark,
        name="experts",
        upstream="v1/test",
        rows=1,
        labels=1,
        actor=system_user().public_id,
        at=timezone.now(),
    )
    q1 = Instance.objects.get(key="q1")
    GoldLabel.objects.create(gold=gold, instance=q1, row="q1", written="10", answer="10")
    return gold


def address(name: str, places: dict[str, str]) -> str:
    """A route with its parameters filled in."""
    return re.sub(r"<\w+:(\w+)>", lambda found: places[found[1]], ROUTES[name])


def everything() -> dict[str, int]:
    """Rows of every table but tokens, which the tests make, and previews, which looking leaves."""
    told = (m for m in apps.get_models() if m not in (ApiToken, Preview))
    counts = {m.__name__: m._base_manager.count() for m in told}
    counts["Event"] -= Event.objects.filter(kind="token.created").count()
    counts["claimed"] = Case.objects.exclude(claimed_by="").count()
    return counts


def test_the_table_names_every_write() -> None:
    handlers = {str(p.name): p.callback.view_class for p in urlpatterns if p.name}  # type: ignore[union-attr]
    assert {name for name, view in handlers.items() if hasattr(view, "post")} == set(POSTS)
    assert not [
        n for n, v in handlers.items() for verb in ("put", "patch", "delete") if hasattr(v, verb)
    ]


@pytest.mark.parametrize("name", ROUTES)
def test_reading(api: Api, places: dict[str, str], crew: People, name: str) -> None:
    path, before = address(name, places) + QUERIES.get(name, ""), everything()
    wanted = dict.fromkeys(ONLY_WRITTEN, 405) | dict.fromkeys(NOT_PUBLISHED, 404)
    for who, person in crew.all().items():
        refused = who not in READERS.get(name, {who})
        expected = wanted.get(name, 200) if not refused else 403 if person else 401
        assert api("get", path, person).status_code == expected, who
    assert everything() == before


@pytest.mark.parametrize("name", ROUTES)
def test_strangers_write_nothing(api: Api, places: dict[str, str], name: str) -> None:
    path, before = address(name, places), everything()
    for method in ("post", "put", "patch", "delete"):
        response = api(method, path, None, {})
        assert response.status_code == 401
        assert set(response.json()) == {"code", "message", "details"}
    assert everything() == before


@pytest.mark.parametrize("name", [n for n in POSTS if POSTS[n] != "user"])
def test_who_lacks_the_role_writes_nothing(
    api: Api, places: dict[str, str], crew: People, name: str
) -> None:
    path, before = address(name, places), everything()
    form = FORMS.get(name, DECISION)
    for role in BELOW[POSTS[name]]:
        person = getattr(crew, role)
        response = api("post", path, person, form, content_type=_kind(name))
        # Shapes are checked first, so an upload without a file does not get as far as the role.
        wanted = {403} if name in FORMS else {400, 403}
        assert response.status_code in wanted | ({409} if name == "release-case" else set())
    assert everything() == before


@pytest.mark.parametrize("name", [name for name in POSTS if name != "reports"])
def test_a_hidden_benchmark_takes_no_writes(
    api: Api, places: dict[str, str], benchmark: Benchmark, crew: People, name: str
) -> None:
    hide(benchmark)
    path, before = address(name, places), everything()
    form = FORMS.get(name, DECISION)
    assert api("post", path, crew.user, form, content_type=_kind(name)).status_code == 404
    assert everything() == before
    assert (Report.objects.count(), AuditRun.objects.count()) == (1, 1)


def _kind(name: str) -> str:
    return (
        "multipart" if name in ("import-reports", "predictions", "imports") else "application/json"
    )
