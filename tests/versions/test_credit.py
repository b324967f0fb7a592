"""Who reported it, who decided it and why stands in the changelog; names only there."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.take_in_reports import take_in_reports
from registry.models import Benchmark, Event, ImportBatch, Instance, Membership, User
from submissions.services.file_report import file_report
from tests.versions.conftest import ROWS
from versions.models import Release
from versions.selectors import release_rows, snapshot_of
from versions.storage import folder_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]


@pytest.fixture
def decided(small: Benchmark, cut: Callable[..., Release]) -> Release:
    """The release after an accepted report on n1 and a declined one on n2."""
    cut()
    ada = User.objects.create(username="ada", first_name="Ada", last_name="L<b>")
    expert = User.objects.create(username="expert")
    Membership.objects.create(benchmark=small, user=expert, role="expert")
    for key, answer in (("n1", "12"), ("n2", "5")):
        file_report(
            actor=ada,
            benchmark=small,
            instance=Instance.objects.get(key=key),
            category="wrong",
            rationale="I computed it",
            answer=answer,
        )
    take_in_reports(small.pk)
    for case in Case.objects.order_by("instance__position"):
        case = claim_case(actor=expert, case=case)
        right = case.instance.key == "n1"
        decide_case(
            actor=expert,
            case=case,
            outcome="correct" if right else "confirm",
            answer="12" if right else "",
            category="wrong" if right else "",
            rationale="see the formula",
        )
    return cut()


def test_the_changelog_credits_who_reported(decided: Release) -> None:
    changelog = (folder_of(decided) / "CHANGELOG.md").read_text()
    entry = next(line for line in changelog.splitlines() if line.startswith("- `n1`"))
    assert "10.5 → 12 (changed)" in entry
    assert "Wrong. see the formula. Reported in 0" in entry
    assert "by Ada L\\<b\\>." in entry
    assert "Decision 0" in entry
    assert "- Ada L\\<b\\>: 1 accepted report" in changelog
    assert "`n2`" not in changelog


def test_tiers_and_outcomes_are_on_the_card(decided: Release) -> None:
    assert decided.version == "1.1.0"
    tiers = {row.key: row.tier for row in release_rows(decided)}
    assert {key for key, tier in tiers.items() if tier == "expert"} == {"n1", "n2"}
    quality = snapshot_of(decided)["quality"]
    assert quality["reports"] == {"accepted": 1, "declined": 1}
    assert quality["cases"] == {"correct": 1, "confirm": 1}
    assert quality["label_changes"]["changed"] == 1


def test_each_import_is_thanked_once_also_one_that_began_before_the_last_release(
    small: Benchmark, cut: Callable[..., Release], bring: Callable[..., Any], monkeypatch: Any
) -> None:
    assert [source["file"] for source in snapshot_of(cut())["sources"]] == ["rows.csv"]
    before = Release.objects.get().frozen_at - timedelta(hours=1)
    clock = SimpleNamespace(now=lambda: before)
    monkeypatch.setattr("registry.services.import_benchmark.timezone", clock)
    bring([("n9", *ROWS[0][1:])], credit="Ada's students", licence="CC0-1.0")
    assert ImportBatch.objects.latest("pk").at == before
    second = cut()
    assert [source["credit"] for source in snapshot_of(second)["sources"]] == ["Ada's students"]
    assert (
        "- `rows.csv`: Ada's students; CC0-1.0" in (folder_of(second) / "CHANGELOG.md").read_text()
    )


def test_facts_hold_no_names(decided: Release) -> None:
    assert "Ada" in decided.snapshot
    assert not any("Ada" in str(event.data) for event in Event.objects.all())
