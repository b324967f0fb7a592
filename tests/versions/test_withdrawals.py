"""A withdrawn release stays where it is, warns, and is passed over by latest."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from registry.errors import InvalidInput, NotAllowed, NotFound, WrongState
from registry.models import Benchmark, Event, User
from registry.services.create_user import create_user
from versions.advisories import advisories, advisories_beside, advisories_of, find_advisory
from versions.corrections import corrections, told
from versions.file_matches import file_matches
from versions.models import Release, Withdrawal
from versions.osv import advisory_osv, osv
from versions.selectors import artifact, get_release, latest_releases, state_of
from versions.services.build_release import build_release
from versions.services.preview_release import preview_release
from versions.services.withdraw_release import withdraw_release
from versions.storage import folder_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]


@pytest.fixture
def two(cut: Cut, correct: Any) -> Release:
    """1.0.0, then 1.1.0 with n1 corrected."""
    cut()
    correct("n1", "12")
    return cut()


@pytest.fixture
def withdraw(system: User, small: Benchmark) -> Callable[..., Withdrawal]:
    def withdraw(version: str, reason: str = "A column was shifted.", **more: Any) -> Withdrawal:
        given = {"actor": system, "benchmark": small, "version": version, "reason": reason}
        return withdraw_release(**given | more)

    return withdraw


def _states(benchmark: Benchmark) -> dict[str, str]:
    latest = latest_releases([benchmark]).first()
    releases = Release.objects.filter(benchmark=benchmark)
    return {release.version: state_of(release, latest) for release in releases}


def test_latest_passes_it_over_while_another_stands(
    two: Release, small: Benchmark, withdraw: Any
) -> None:
    assert _states(small) == {"1.0.0": "superseded", "1.1.0": "current"}
    withdraw("1.1.0", instead="1.0.0")
    assert get_release(small, "latest").version == "1.0.0"
    assert get_release(small, "1.1.0").version == "1.1.0"
    assert _states(small) == {"1.0.0": "current", "1.1.0": "withdrawn"}
    withdraw("1.0.0")
    assert get_release(small, "latest").version == "1.1.0"
    assert _states(small) == {"1.0.0": "withdrawn", "1.1.0": "withdrawn"}


def test_later_changelogs_mark_it(
    two: Release, cut: Cut, correct: Any, withdraw: Any, small: Benchmark, system: User
) -> None:
    """Those of releases that were out before stay as they are, also when they are built anew."""
    log = folder_of(two) / "CHANGELOG.md"
    before = log.read_bytes()
    correct("n1", "13")
    seen = preview_release(actor=system, benchmark=small).draft.digest
    withdraw("1.0.0")
    with pytest.raises(WrongState) as refused:
        cut(expected=seen)
    assert refused.value.details["difference"] == ["Withdrawn: 1.0.0."]
    third = cut()
    withdraw("1.1.0")
    lines = (folder_of(third) / "CHANGELOG.md").read_text().splitlines()
    heads = [line for line in lines if line.startswith("## ")]
    day = f"{third.frozen_at:%Y-%m-%d}"
    assert heads == [f"## 1.2.0 – {day}", f"## 1.1.0 – {day}", f"## 1.0.0 – {day} [YANKED]"]
    for release in (two, third):
        (folder_of(release) / "CHANGELOG.md").unlink()
        build_release(release)
    assert log.read_bytes() == before
    assert "[YANKED]" not in log.read_text()


def test_nothing_is_deleted(two: Release, small: Benchmark, withdraw: Any) -> None:
    rows = list(two.artifacts.values_list("path", "sha256"))
    withdraw("1.1.0")
    assert list(two.artifacts.values_list("path", "sha256")) == rows
    assert Release.objects.get(pk=two.pk).status == "published"
    sha256 = artifact(two, "data/test.jsonl").sha256
    match = file_matches(sha256, None)[0]  # the release to use is older than the file's
    assert (match.version, match.corrected_since) == ("1.1.0", 1)


def test_the_advisory(two: Release, small: Benchmark, system: User, withdraw: Any) -> None:
    made = withdraw("1.1.0", "  A column\nwas <shifted>. ", instead="1.0.0")
    (advisory,) = advisories([small])
    assert advisory == find_advisory(small, "ERR-small-2-withdrawn")
    assert advisories_of([two, get_release(small, "1.0.0")]) == {two.pk: advisory}
    assert (advisory.reason, advisory.instead) == ("A column was <shifted>.", "1.0.0")
    assert advisory.at == made.at
    record = advisory_osv(advisory, lambda path: f"https://hub.example{path}")
    package = {"ecosystem": "Errata", "name": "small"}
    assert record["affected"] == [{"package": package, "versions": ["1.1.0"]}]
    assert record["summary"] == "Small *benchmark* 1.1.0 is withdrawn; use 1.0.0"
    event = Event.objects.get(kind="release.withdrawn")
    assert event.data == {"version": "1.1.0", "instead": "1.0.0"}
    assert advisories_beside(small, first=True, version="1.0.0") == []
    assert advisories_beside(small, first=True, group="g") == []
    assert advisories_beside(small, first=False) == []
    for unknown in ("ERR-small-1-withdrawn", "ERR-other-2-withdrawn"):
        with pytest.raises(NotFound):
            find_advisory(small, unknown)


def test_what_to_use_instead_always_stands(
    cut: Cut, correct: Any, small: Benchmark, withdraw: Any
) -> None:
    for number in range(3):
        correct("n1", f"{20 + number}")
        cut()

    def instead() -> list[str]:
        return [advisory.instead for advisory in advisories([small])]

    withdraw("1.0.0", instead="1.1.0")
    assert instead() == ["1.1.0"]
    withdraw("1.1.0", instead="1.2.0")
    assert instead() == ["1.2.0", "1.2.0"]
    withdraw("1.2.0")
    assert instead() == ["", "", ""]
    correct("n1", "30")
    cut()
    assert instead() == ["", "1.3.0", "1.3.0"]


def test_a_correction_says_that_its_release_is_withdrawn(
    two: Release, small: Benchmark, withdraw: Any
) -> None:
    (before,) = told(list(corrections([small])))
    withdraw("1.1.0")
    (after,) = told(list(corrections([small])))
    assert (before.advisory, after.advisory) == ("", "ERR-small-2-withdrawn")
    old, new = (osv(each, str, set()) for each in (before, after))
    assert old["modified"] == old["published"] == new["published"]
    assert new["database_specific"]["withdrawn"] == "ERR-small-2-withdrawn"
    assert len(new["references"]) == len(old["references"]) + 1


@pytest.mark.parametrize(
    ("version", "given", "error", "code"),
    [
        ("1.1.0", {"reason": " \n"}, InvalidInput, "reason_missing"),
        ("1.1.0", {"reason": "x" * 2_001}, InvalidInput, "too_long"),
        ("1.1.0", {"instead": "1.1.0"}, InvalidInput, "instead_withdrawn"),
        ("1.1.0", {"instead": "9.9.9"}, NotFound, "no_release"),
        ("latest", {}, NotFound, "no_release"),
        ("1.0.0", {}, WrongState, "withdrawn_already"),
        ("1.1.0", {"instead": "1.0.0"}, InvalidInput, "instead_withdrawn"),
    ],
)
def test_refusals(
    two: Release,
    withdraw: Any,
    version: str,
    given: dict[str, str],
    error: type[Exception],
    code: str,
) -> None:
    withdraw("1.0.0")
    with pytest.raises(error) as refused:
        withdraw(version, **given)
    assert refused.value.code == code  # type: ignore[attr-defined]
    assert Withdrawal.objects.count() == 1


def test_only_maintainers_withdraw(two: Release, system: User, withdraw: Any) -> None:
    with pytest.raises(NotAllowed):
        withdraw("1.1.0", actor=create_user(actor=system, username="ada"))
    assert not Withdrawal.objects.exists()


def test_the_command(two: Release, home: Path) -> None:
    out = io.StringIO()
    arguments = ("small", "1.1.0", "--reason", "Shifted.", "--instead", "1.0.0")
    call_command("withdraw_release", *arguments, "--json", stdout=out)
    told_ = json.loads(out.getvalue())
    assert (told_["version"], told_["instead"]) == ("1.1.0", "1.0.0")
    assert told_["advisory"] == "ERR-small-2-withdrawn"
