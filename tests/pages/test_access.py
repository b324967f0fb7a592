"""Who may see and do what: every address of the site times every role."""

import re
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import get_resolver
from django.utils import timezone

from audits.models import Abstention, AuditRun, Case, Decision, Draft, Opinion, Ruling
from audits.services.start_audit import start_audit
from audits.services.take_in_reports import take_in_reports
from registry.models import (
    ApiToken,
    Benchmark,
    Comment,
    Event,
    Invitation,
    Membership,
    PlannedImport,
    Revision,
    Specialty,
    User,
    Watch,
)
from registry.selectors import system_user
from registry.services.comment import add_comment
from registry.services.invite_member import invite_member
from registry.services.keep_text import keep_text
from registry.services.state_specialty import state_specialty
from submissions.models import Report, Upload
from tests.pages.conftest import Nowhere, answers, cut, file, planned, uploaded
from tests.small import SLUG, People, hide, people, small_benchmark
from versions.draft import draft_of
from versions.models import Release

Browse = Callable[..., Any]

EVERYBODY = {"stranger", "user", "contributor", "expert", "maintainer", "staff"}
SIGNED_IN = EVERYBODY - {"stranger"}
MAINTAINERS = {"maintainer", "staff"}
WRITERS = MAINTAINERS | {"expert"}
NAMED_IN_BENCHMARK = {"contributor", "expert", "maintainer", "staff"}

READ = {
    "home": ("/", EVERYBODY),
    "benchmark": ("/b/{slug}/", EVERYBODY),
    "instances": ("/b/{slug}/i/", EVERYBODY),
    "instance": ("/b/{slug}/i/q1/", EVERYBODY),
    "report_form": ("/b/{slug}/report/?instance=q1", SIGNED_IN),
    "check_answer": ("/b/{slug}/report/check/?instance=q1&answer=12", SIGNED_IN),
    "reports": ("/b/{slug}/reports/", EVERYBODY),
    "report": ("/reports/{report}/", EVERYBODY),
    "upload_reports": ("/b/{slug}/reports/upload/", SIGNED_IN),
    "report_template": ("/b/{slug}/reports/template.csv", EVERYBODY),
    "upload": ("/uploads/{upload}/", {"expert"}),  # who sent it
    "moderation": ("/b/{slug}/moderation/", MAINTAINERS),
    "cases": ("/b/{slug}/cases/", EVERYBODY),
    "case": ("/cases/{case}/", EVERYBODY),
    "ruling": ("/b/{slug}/rulings/{ruling}/", EVERYBODY),
    "audits": ("/b/{slug}/audits/", EVERYBODY),
    "audit": ("/audits/{run}/", EVERYBODY),
    "guides": ("/b/{slug}/guides/", EVERYBODY),
    "guide": ("/b/{slug}/guide/?group=tens", EVERYBODY),
    "edit_guide": ("/b/{slug}/guide/edit/?group=tens", WRITERS),
    "packets": ("/b/{slug}/packets/", {"expert"}),
    "report_cards": ("/b/{slug}/verifiers/", EVERYBODY),
    "schedule": ("/b/{slug}/schedule/", MAINTAINERS),
    "policy": ("/b/{slug}/policy/", MAINTAINERS),
    "contract": ("/b/{slug}/contract/", EVERYBODY),
    "dashboard": ("/b/{slug}/dashboard/", MAINTAINERS),
    "import": ("/b/{slug}/import/", MAINTAINERS),
    "planned_import": ("/imports/{planned}/", MAINTAINERS),
    "new_benchmark": ("/new/", {"staff"}),
    "draft": ("/b/{slug}/draft/", MAINTAINERS),
    "releases": ("/b/{slug}/r/", EVERYBODY),
    "errata_atom_hub": ("/errata.atom", EVERYBODY),
    "errata": ("/b/{slug}/errata/", EVERYBODY),
    "errata_atom": ("/b/{slug}/errata.atom", EVERYBODY),
    "errata_json": ("/b/{slug}/errata.json", EVERYBODY),
    "release": ("/b/{slug}/r/1.0.0/", EVERYBODY),
    "withdraw": ("/b/{slug}/r/1.0.0/withdraw/", MAINTAINERS),
    "badge": ("/b/{slug}/r/1.0.0/badge.svg", EVERYBODY),
    "upstream_names": ("/b/{slug}/names/", EVERYBODY),
    "quality": ("/b/{slug}/r/1.0.0/quality/", EVERYBODY),
    "methods": ("/b/{slug}/r/1.0.0/methods/", EVERYBODY),
    "scores": ("/b/{slug}/scores/", EVERYBODY),
    "upload_predictions": ("/b/{slug}/scores/upload/", NAMED_IN_BENCHMARK),
    "predictions": ("/b/{slug}/scores/{predictions}/", EVERYBODY),
    "provisional": ("/b/{slug}/scores/{predictions}/provisional/?assume=draft", SIGNED_IN),
    "moved": ("/b/{slug}/scores/{predictions}/1.0.0..1.0.0/", EVERYBODY),
    "diff": ("/b/{slug}/diff/1.0.0..1.0.0/", EVERYBODY),
    "draft_rewordings": ("/b/{slug}/rewordings/", MAINTAINERS),
    "rewordings": ("/b/{slug}/rewordings/1.0.0..1.0.0/", EVERYBODY),
    "members": ("/b/{slug}/members/", MAINTAINERS),
    "invitation": ("/invitations/{secret}/", EVERYBODY),
    "person": ("/people/{person}/", EVERYBODY),
    "account": ("/accounts/", SIGNED_IN),
    "delete_account": ("/accounts/delete/", SIGNED_IN),
    "tokens": ("/accounts/tokens/", SIGNED_IN),
    "unsent_mails": ("/accounts/unsent/", {"staff"}),
    "account_email": ("/accounts/email/", SIGNED_IN),
    "account_email_verification_sent": ("/accounts/confirm-email/", EVERYBODY),
    "account_confirm_email": ("/accounts/confirm-email/x/", EVERYBODY),
    "account_reset_password": ("/accounts/password/reset/", EVERYBODY),
    "account_reset_password_done": ("/accounts/password/reset/done/", EVERYBODY),
    "account_reset_password_from_key": ("/accounts/password/reset/key/x-y/", EVERYBODY),
    "account_reset_password_from_key_done": ("/accounts/password/reset/key/done/", EVERYBODY),
    "account_inactive": ("/accounts/inactive/", EVERYBODY),
    "mfa_index": ("/accounts/2fa/", SIGNED_IN),
    "socialaccount_connections": ("/accounts/elsewhere/", SIGNED_IN),
    "socialaccount_login_cancelled": ("/accounts/elsewhere/cancelled/", EVERYBODY),
}
WRITE: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "report": (
        "/b/{slug}/report/?instance=q2",
        {"category": "wrong_answer", "answer": "25", "rationale": "why"},
        SIGNED_IN,
    ),
    "report a group": (
        "/b/{slug}/report/?group=tens",
        {"category": "wrong_answer", "rationale": "why"},
        SIGNED_IN,
    ),
    "reopen": (
        "/b/{slug}/report/?reopens={report}",  # nobody: it is open
        {"category": "wrong_answer", "rationale": "why", "evidence": "new"},
        set(),
    ),
    "upload": ("/b/{slug}/reports/upload/", {"reason": "why"}, set()),  # it lacks the file
    "submit an upload": ("/uploads/{upload}/", {}, {"expert"}),
    "watch": ("/b/{slug}/watch/", {"kind": "report", "subject": "{report}"}, SIGNED_IN),
    "watch an instance": ("/b/{slug}/watch/", {"kind": "instance", "subject": "q1"}, SIGNED_IN),
    "comment": (
        "/b/{slug}/comments/",
        {"kind": "case", "subject": "{case}", "text": "Look."},
        SIGNED_IN,
    ),
    "hide a comment": ("/comments/{comment}/hide/", {"reason": "rude"}, MAINTAINERS),
    "spam": ("/reports/{report}/spam/", {"reason": "an advert"}, MAINTAINERS),
    "refuse": ("/cases/{case}/", {"action": "refuse", "rationale": "no"}, set()),
    "claim": ("/cases/{case}/", {"action": "claim"}, {"expert"}),
    "answer blind": (
        "/cases/{case}/",
        {"action": "first", "outcome": "answer", "answer": "12"},
        {"expert"},
    ),
    "skip": ("/cases/{case}/", {"action": "skip", "leave_reason": "tired"}, {"expert"}),
    "interest": ("/cases/{case}/", {"action": "interest", "leave_reason": "mine"}, {"expert"}),
    "draft a case": ("/cases/{case}/draft/", {"typed": "1", "answer": "1"}, {"expert"}),
    "take the next case": ("/b/{slug}/cases/next/", {}, {"expert"}),
    "practise": ("/cases/{case}/practice/", {"outcome": "answer", "answer": "1"}, set()),
    "release a case": ("/cases/{case}/", {"action": "release"}, set()),
    "decide": (
        "/cases/{case}/",
        {
            "action": "decide",
            "outcome": "confirm",
            "rationale": "fine",
            "shown": '{"answer": "", "lower": "", "outcome": "confirm", "upper": ""}',
        },
        set(),  # nobody: it has to be claimed first
    ),
    "write a guide": (
        "/b/{slug}/guide/edit/?group=tens",
        {"action": "save", "text": "Times ten.", "after": "0"},
        WRITERS,
    ),
    "look again": ("/b/{slug}/guide/?group=tens", {}, set()),  # there is no guide yet
    "reword": ("/cases/{case}/", {"action": "reword", "reason": "x"}, set()),
    "retire": ("/cases/{case}/", {"action": "retire", "reason": "x"}, set()),
    "audit": ("/b/{slug}/audits/", {"verifiers": ["limits"]}, MAINTAINERS),
    "estimate an audit": (
        "/b/{slug}/audits/",
        {"verifiers": ["limits"], "action": "estimate"},
        MAINTAINERS,
    ),
    "stop an audit": ("/audits/{run}/", {"action": "stop"}, MAINTAINERS),
    "resume an audit": ("/audits/{run}/", {"action": "resume"}, set()),  # it is not stopped
    "schedule": (
        "/b/{slug}/schedule/",
        {"every_days": "90", "next_at": "2027-05-03", "budget": "0"},
        MAINTAINERS,
    ),
    "policy": (
        "/b/{slug}/policy/",
        {"text": "possible_from = 0.3", "reason": "calmer", "action": "set"},
        MAINTAINERS,
    ),
    "contract": (
        "/b/{slug}/contract/",
        {
            "version": "1.1.0",
            "template": "{inputs} {abstain} <answer></answer>",
            "formats": "number: A number.",
            "reason": "shorter",
        },
        MAINTAINERS,
    ),
    "preview a policy": (
        "/b/{slug}/policy/",
        {"text": "possible_from = 0.3", "action": "preview"},
        MAINTAINERS,
    ),
    "import": ("/b/{slug}/import/", {"missing": "keep"}, set()),  # it lacks the file
    "confirm an import": ("/imports/{planned}/", {}, MAINTAINERS),
    "new benchmark": ("/new/", {"slug": "x"}, set()),
    "cut": ("/b/{slug}/draft/", {"draft": "{draft}", "waiver": "they may wait"}, MAINTAINERS),
    "hold back": ("/b/{slug}/holds/", {"group": "tens", "reason": "so"}, MAINTAINERS),
    "name a release": ("/b/{slug}/names/", {"name": "v1", "versions": "1.0.0"}, MAINTAINERS),
    "mark rewordings": ("/b/{slug}/rewordings/1.0.0..1.0.0/", {"reason": "so"}, set()),  # none
    "withdraw a release": (
        "/b/{slug}/r/1.0.0/withdraw/",
        {"reason": "shifted", "sure": "on"},
        MAINTAINERS,
    ),
    "upload predictions": ("/b/{slug}/scores/upload/", {"model": "m"}, set()),  # it lacks the file
    "admit predictions": ("/b/{slug}/scores/{predictions}/", {"act": "admit"}, MAINTAINERS),
    "publish predictions": (
        "/b/{slug}/scores/{predictions}/",
        {"act": "publish"},
        {"contributor"},  # who sent them
    ),
    "delete predictions": ("/b/{slug}/scores/{predictions}/", {"act": "delete"}, set()),
    "token": ("/accounts/tokens/", {"name": "laptop", "scope": "read", "days": "30"}, SIGNED_IN),
    "name": ("/accounts/", {"full_name": "Other", "credited": "on"}, SIGNED_IN),
    "specialty": ("/accounts/specialties/", {"name": "cardiology"}, SIGNED_IN),
    "verify": (
        "/accounts/specialties/",
        {"action": "verify", "specialty": "{specialty}"},
        MAINTAINERS,
    ),
    "delete account": ("/accounts/delete/", {"username": "nobody"}, set()),
    "invite": ("/b/{slug}/members/", {"action": "invite", "role": "expert"}, MAINTAINERS),
    "take a role": (
        "/b/{slug}/members/",
        {"action": "remove", "user": "{person}", "role": "expert"},
        MAINTAINERS,
    ),
    "withdraw": (
        "/b/{slug}/members/",
        {"action": "withdraw", "invitation": "{invitation}"},
        MAINTAINERS,
    ),
    "accept": ("/invitations/{secret}/", {}, SIGNED_IN),
    "revoke": ("/accounts/tokens/0/revoke/", {}, set()),
}
# What those who may do it get where it changes nothing, if only the second time.
UNCHANGED = {
    "admit predictions": 302,
    "publish predictions": 302,
    "hide a comment": 302,
    "spam": 409,
    "cut": 409,
    "withdraw a release": 409,
    "hold back": 302,
    "name a release": 409,
    "stop an audit": 409,
    "estimate an audit": 200,
    "policy": 409,
    "contract": 302,
    "confirm an import": 409,
    "preview a policy": 409,
    "write a guide": 409,
    "verify": 302,
    "take a role": 302,
    "withdraw": 404,
    "accept": 404,
}
_OF_A_BENCHMARK = re.compile("{(slug|report|case|run|comment|upload)}")
NOT_IN_THE_TABLES = {
    "account_login": "leads those who are signed in on; tested with the accounts",
    "socialaccount_login_error": "tested with the accounts",
    "account_logout": "signs out, whoever asks",
    "account_signup": "closed, opened or by invitation; tested with the accounts",
    "specialties": "in WRITE",
    **dict.fromkeys(
        (
            *("account_reauthenticate", "account_change_password", "account_set_password"),
            *("mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp"),
            *("mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
            *("mfa_download_recovery_codes", "socialaccount_signup", "github_login"),
            *("github_callback", "orcid_login", "orcid_callback"),
        ),
        "a step of a longer way; tested with the accounts",
    ),
    "revoke_token": "in WRITE",
    "calculator": "of a group that a calculator serves: test_calculator",
    "watch": "in WRITE",
    "holds": "in WRITE",
    "comment": "in WRITE",
    "hide_comment": "in WRITE",
    "spam": "in WRITE",
    "erratum": "of a released correction: test_errata",
    "erratum_json": "of a released correction: test_errata",
    "healthz": "says nothing about anything",
    "keep_draft": "in WRITE",
    "next_case": "in WRITE",
    "practice": "in WRITE; tested with the experts",
    "git": "tested with the repositories",
    "dvc": "tested with the repositories",
}


def fill_in(
    report: Report, case: Case, run: AuditRun, benchmark: Benchmark, crew: People
) -> dict[str, str]:
    """What the addresses are filled with; some of it is made for that."""
    cut(benchmark, waiver="known")
    _, link = invite_member(actor=crew.maintainer, benchmark=benchmark, role="contributor")
    said = add_comment(
        actor=User.objects.get(public_id=report.author),
        benchmark=benchmark,
        kind="instance",
        subject="q1",
        text="So.",
    )
    return {
        "draft": draft_of(benchmark).digest,
        "comment": said.public_id,
        "slug": SLUG,
        "report": report.public_id,
        "case": case.public_id,
        "ruling": _ruling_of(crew.expert, benchmark).public_id,
        "run": run.public_id,
        "person": crew.expert.public_id,
        "specialty": str(state_specialty(actor=crew.expert, name="geriatrics").pk),
        "secret": link.split("/")[-2],
        "invitation": Invitation.objects.get().public_id,
        "planned": planned(crew.staff).public_id,
        "upload": uploaded(crew.expert, benchmark).public_id,
        "predictions": answers(benchmark, crew.contributor).public_id,
    }


def _ruling_of(expert: User, benchmark: Benchmark) -> Ruling:
    """A ruling that settled nothing; those that do are tested with the rulings."""
    case = Case.objects.create(
        benchmark=benchmark, group="tens", bucket="contested", status="decided"
    )
    reason = keep_text("So it is.")
    return Ruling.objects.create(
        case=case, group="tens", reason=reason, actor=expert.public_id, at=timezone.now()
    )


@dataclass(frozen=True, slots=True)
class World:
    """What all tests below look at: made once, and what a test does to it is undone."""

    home: Path
    benchmark: Benchmark
    crew: People
    names: dict[str, str]


@pytest.fixture(scope="module")
def world(module_db: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    home = folder / "home"
    with pytest.MonkeyPatch.context() as patch, override_settings(ERRATA_HOME=home):
        patch.setattr("versions.services.ship_release.PUBLISHER", Nowhere())
        benchmark = small_benchmark(folder)
        Benchmark.objects.filter(pk=benchmark.pk).update(title="Tens and more")
        benchmark.refresh_from_db()
        crew = people(benchmark)
        report = file(benchmark, crew.user, "q1", "12")
        take_in_reports(benchmark.pk)
        run = start_audit(actor=system_user(), benchmark=benchmark)
        names = fill_in(report, Case.objects.get(instance=report.instance), run, benchmark, crew)
    return World(home, benchmark, crew, names)


@pytest.fixture
def names(db: None, world: World, settings: Any) -> dict[str, str]:
    """What the addresses are filled with; the files behind them are the test's own."""
    shutil.copytree(world.home, settings.ERRATA_HOME)
    return world.names


@pytest.fixture
def benchmark(db: None, world: World) -> Benchmark:
    return deepcopy(world.benchmark)


@pytest.fixture
def crew(db: None, world: World) -> People:
    return deepcopy(world.crew)


def test_every_address_is_in_the_table() -> None:
    """A new page has to say who may see it."""
    patterns = get_resolver().url_patterns
    found = set()
    for pattern in patterns:
        if getattr(pattern, "app_name", None):
            continue  # the API and the admin site have their own tests
        for each in getattr(pattern, "url_patterns", [pattern]):
            found.add(each.name)
    assert found == READ.keys() | NOT_IN_THE_TABLES.keys()


@pytest.mark.parametrize("name", READ)
def test_reading(name: str, names: dict[str, str], crew: People, browse: Browse) -> None:
    """Those who may see the page get it; strangers are asked to sign in, others refused."""
    address, allowed = READ[name]
    for who, user in crew.all().items():
        response = browse(user).get(address.format(**names))
        expected = 200 if who in allowed else 302 if user is None else 403
        assert response.status_code == expected, who
        if expected == 302:
            assert response["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("name", WRITE)
def test_writing(name: str, names: dict[str, str], crew: People, browse: Browse) -> None:
    """A denied try changes nothing at all."""
    address, data, allowed = _filled(name, names)
    for who, user in crew.all().items():
        if who in allowed:
            continue
        before = _everything()
        response = browse(user).post(address, data)
        assert response.status_code in (302, 400, 403, 404, 409), who
        if user is None:
            assert response["Location"].startswith("/accounts/login/?next=")
        assert _everything() == before, who
    for who in sorted(allowed):
        before = _everything()
        response = browse(getattr(crew, who)).post(address, data)
        if _everything() == before:  # the second one to cut or to stop finds nothing left
            assert response.status_code == UNCHANGED.get(name), (who, name)


@pytest.mark.parametrize("name", [name for name in READ if _OF_A_BENCHMARK.search(READ[name][0])])
def test_members_only(
    name: str, names: dict[str, str], benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Whoever is no member cannot tell the page from one that never was."""
    hide(benchmark)
    address, allowed = READ[name]
    for who, user in crew.all().items():
        response = browse(user).get(address.format(**names))
        readable = 200 if who in allowed else 403
        expected = readable if who in NAMED_IN_BENCHMARK else 404
        assert response.status_code == expected, who
        if expected == 404:
            assert benchmark.title not in response.content.decode()


def test_members_only_stay_off_the_home_page(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Neither title nor numbers."""
    hide(benchmark)
    assert benchmark.title not in browse(crew.user).get("/").content.decode()
    assert benchmark.title in browse(crew.contributor).get("/").content.decode()


@pytest.mark.parametrize("name", [n for n in WRITE if _OF_A_BENCHMARK.search(WRITE[n][0])])
def test_members_only_take_nothing_from_others(
    name: str, names: dict[str, str], benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    """Writing to a hidden benchmark fails as if it were not there."""
    hide(benchmark)
    address, data, _ = _filled(name, names)
    for user in (None, crew.user):
        before = _everything()
        assert browse(user).post(address, data).status_code == 404
        assert _everything() == before


def test_forms_are_guarded(names: dict[str, str], crew: People) -> None:
    """Without the token of the form nothing is done, and the page says what happened."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(crew.expert)
    before = _everything()
    response = client.post(f"/cases/{names['case']}/", {"action": "claim"})
    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()
    assert _everything() == before


@pytest.mark.parametrize("name", [n for n in READ if not n.startswith("account_")])
def test_other_methods_are_refused(name: str, names: dict[str, str], browse: Browse) -> None:
    """Nothing answers to DELETE or PATCH."""
    address = READ[name][0].format(**names)
    client = browse()
    assert client.delete(address).status_code in (302, 405)
    assert client.patch(address).status_code in (302, 405)


def _filled(name: str, names: dict[str, str]) -> tuple[str, dict[str, Any], set[str]]:
    address, data, allowed = WRITE[name]
    filled = {
        field: names.get(value[1:-1], value) if isinstance(value, str) else value
        for field, value in data.items()
    }
    return address.format(**names), filled, allowed


def _everything() -> tuple[Any, ...]:
    """Everything that the site can write, as numbers and states."""
    return (
        Event.objects.count(),
        Revision.objects.count(),
        *(each.objects.count() for each in (Decision, Opinion, Abstention)),
        Draft.objects.count(),
        ApiToken.objects.count(),
        sorted(Specialty.objects.values_list("pk", "verified_by")),
        sorted(Membership.objects.values_list("user", "role")),
        sorted(Invitation.objects.values_list("pk", "used_by")),
        sorted(User.objects.values_list("pk", "first_name", "credited")),
        Watch.objects.count(),
        sorted(Comment.objects.values_list("pk", "hidden_by")),
        AuditRun.objects.count(),
        sorted(PlannedImport.objects.values_list("pk", "confirmed_at")),
        sorted(Report.objects.values_list("pk", "status")),
        sorted(Upload.objects.values_list("pk", "submitted_at")),
        sorted(Case.objects.values_list("pk", "status", "claimed_by", "lease_until")),
        sorted(Release.objects.values_list("pk", "status")),
    )
