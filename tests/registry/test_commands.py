"""Commands: who acts, what is printed, how they end."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError
from errata.manifest import sha256_hex

from registry.management.command import ErrataCommand
from registry.management.commands import create_token
from registry.models import ApiToken, Event, Membership, User
from tests.small import SLUG, people, small_benchmark

pytestmark = pytest.mark.django_db


def printed(capsys: Any, *words: str) -> dict[str, Any]:
    """The one JSON object that a command prints, and nothing else there."""
    call_command(*words, "--json")
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def refused(capsys: Any, *words: str) -> dict[str, Any]:
    """The refusal as a JSON object; the command ends with 2."""
    with pytest.raises(SystemExit) as ended:
        call_command(*words, "--json")
    assert ended.value.code == 2
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_setup_makes_one_administrator_and_links(capsys: Any) -> None:
    first = printed(capsys, "setup")
    assert first["username"] == "admin"
    assert "/admin" not in first["link"]
    assert first["link"].startswith("http")
    admin = User.objects.get(username="admin")
    assert (admin.is_staff, admin.is_superuser, admin.has_usable_password()) == (True, True, False)
    printed(capsys, "setup")
    assert User.objects.filter(username="admin").count() == 1


WRITTEN = "\x1b]0;owned\x07\x7fBär\u202e"


class _Telling(ErrataCommand):
    def run(self, **options: Any) -> dict[str, Any]:
        return {"name": WRITTEN}


def test_what_people_wrote_reaches_a_terminal_as_text(capsys: Any) -> None:
    call_command(_Telling())
    assert capsys.readouterr().out == r"name: \x1b]0;owned\x07\x7fBär\u202e" + "\n"
    call_command(_Telling(), "--json")
    shown = capsys.readouterr().out.strip()
    assert (shown.isascii(), shown.isprintable()) == (True, True)
    assert json.loads(shown) == {"name": WRITTEN}
    with pytest.raises(SystemExit):
        call_command(_Telling(), "--actor", WRITTEN)
    assert r"\x1b]0;owned\x07\x7fBär\u202e" in capsys.readouterr().err


def test_commands_act_as_system_or_as_whom_they_are_told(capsys: Any, tmp_path: Path) -> None:
    benchmark = small_benchmark(tmp_path)
    crew = people(benchmark)
    printed(capsys, "create_user", "newcomer", "--name", "New Comer")
    told = printed(capsys, "set_member", SLUG, "newcomer", "expert", "--actor", "maintainer")
    assert told == {"benchmark": SLUG, "user": "newcomer", "role": "expert", "member": True}
    newcomer = User.objects.get(username="newcomer")
    made = Event.objects.get(kind="user.created", subject_id=newcomer.public_id)
    assert made.actor == User.objects.get(username="system").public_id
    added = Event.objects.get(kind="member.added", subject_id=newcomer.public_id)
    assert added.actor == crew.maintainer.public_id
    printed(capsys, "set_member", SLUG, "newcomer", "expert", "--remove")
    assert not Membership.objects.filter(user=newcomer).exists()


def test_a_token_is_printed_once(capsys: Any) -> None:
    crew = people()
    secret = printed(capsys, "create_token", "user", "--name", "laptop")["token"]
    assert ApiToken.objects.get().digest == sha256_hex(secret)
    call_command("create_token", "user")
    assert capsys.readouterr().out.strip().startswith("errata_")
    assert ApiToken.objects.filter(user=crew.user).count() == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("create_user", "newcomer", "--actor", "nobody"), "no_user"),
        (("create_user", "newcomer", "--actor", "maintainer"), "staff_required"),
        (("create_token", "user", "--actor", "expert"), "staff_required"),
        (("set_member", SLUG, "user", "expert", "--actor", "expert"), "role_required"),
        (("set_member", "nothing", "user", "expert"), "no_benchmark"),
    ],
)
def test_refusals_end_with_2_and_change_nothing(
    capsys: Any, tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    people(small_benchmark(tmp_path))
    before = (User.objects.count(), Membership.objects.count(), Event.objects.count())
    assert refused(capsys, *words)["code"] == code
    assert (User.objects.count(), Membership.objects.count(), Event.objects.count()) == before


def test_a_busy_database_is_told(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    people()

    def busy(**_: Any) -> str:
        raise OperationalError("database is locked")

    monkeypatch.setattr(create_token, "create_token", busy)
    with pytest.raises(SystemExit) as ended:
        call_command("create_token", "user")
    assert ended.value.code == 2
    assert "database is locked" in capsys.readouterr().err


class Talk(ErrataCommand):
    """Has found something, and says more than a pipe holds."""

    finding = True

    def run(self, **_: Any) -> dict[str, Any]:
        return {"said": "x" * 200_000}


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_reader_that_went_away_is_no_error(words: tuple[str, ...]) -> None:
    """As of `| head`: the exit code stays what it is, and nothing is left to fail at exit."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone, pytest.raises(SystemExit) as ended:
        call_command(Talk(), *words, stdout=gone)
    assert ended.value.code == 1
