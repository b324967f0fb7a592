"""What a release freezes, what it is called, and what keeps it from being cut."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audits.models import Standing
from audits.states import Bucket, Tier
from registry.errors import Immutable, InvalidInput, NotAllowed, WrongState
from registry.models import Benchmark, Event, Instance, User
from registry.services.retire_instance import retire_instance
from submissions.models import Report
from tests.versions.conftest import ROWS
from versions.models import Change, Release
from versions.selectors import diff, draft_diff, get_release, release_rows
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]


def _stand(benchmark: Benchmark, key: str, **values: Any) -> None:
    instance = Instance.objects.get(benchmark=benchmark, key=key)
    Standing.objects.update_or_create(
        instance=instance, defaults={"benchmark": benchmark, **values}
    )


def test_the_first_release_holds_every_live_instance(cut: Cut) -> None:
    release = cut()
    assert (release.version, release.bump, release.sequence) == ("1.0.0", "major", 1)
    assert [row.key for row in release_rows(release)] == [row[0] for row in ROWS]
    assert {row.tier for row in release_rows(release)} == {"unreviewed"}
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds[-2:] == ["release.frozen", "release.published"]


def test_only_what_changed_is_written(cut: Cut, correct: Any) -> None:
    first = cut()
    correct("n1", "12")
    second = cut()
    assert Change.objects.filter(release=second).count() == 1
    assert {row.key: row.answer for row in release_rows(first)}["n1"] == "10.5"
    assert {row.key: row.answer for row in release_rows(second)}["n1"] == "12"


@pytest.mark.parametrize(
    ("key", "answer", "version"),
    [
        ("n1", "12", "1.1.0"),
        ("n1", "10.50", "1.0.1"),  # the same value in another form
        ("u1", "3", "1.1.0"),
        ("c1", "A", "1.1.0"),
    ],
)
def test_a_new_label_is_minor_where_answers_can_be_graded_differently(
    cut: Cut, correct: Any, key: str, answer: str, version: str
) -> None:
    cut()
    correct(key, answer)
    assert cut().version == version


def test_added_removed_and_other_kinds_are_major(
    cut: Cut, small: Benchmark, system: User, bring: Any
) -> None:
    cut()
    bring([("n9", *ROWS[0][1:])])
    assert cut().version == "2.0.0"
    instance = Instance.objects.get(key="n9")
    retire_instance(actor=system, instance=instance, reason="a double")
    third = cut()
    assert third.version == "3.0.0"
    assert len(list(release_rows(third))) == len(ROWS)
    bring([(*ROWS[2][:3], "number", *ROWS[2][4:])])
    assert cut().version == "4.0.0"


def test_versions_may_be_named_upwards(cut: Cut, correct: Any) -> None:
    assert cut(version="0.9.0").version == "0.9.0"
    correct("n1", "12")
    for wrong in ("0.9.0", "0.8.7", "1.0", "v1.0.0", "1.0.0-rc1", "01.0.0"):
        with pytest.raises(InvalidInput):
            cut(version=wrong)
    with pytest.raises(InvalidInput, match="minor release"):
        cut(bump="patch")
    assert cut(bump="major").version == "1.0.0"
    correct("n1", "13")
    assert cut(version="1.4.0").version == "1.4.0"


def test_nothing_new_is_no_release(cut: Cut) -> None:
    cut()
    with pytest.raises(WrongState, match=r"Nothing changed in small since 1\.0\.0"):
        cut()
    assert Release.objects.count() == 1


def test_an_unfinished_release_is_finished_first(
    system: User, small: Benchmark, correct: Any
) -> None:
    first = freeze_release(actor=system, benchmark=small)
    correct("n1", "12")
    with pytest.raises(WrongState, match="not yet published"):
        freeze_release(actor=system, benchmark=small)
    publish_release(first.pk)
    assert freeze_release(actor=system, benchmark=small).version == "1.1.0"


def test_contested_labels_block_unless_waived(cut: Cut, small: Benchmark) -> None:
    _stand(small, "n1", bucket=Bucket.CONTESTED, tier=Tier.CONTESTED)
    with pytest.raises(WrongState, match="1 contested label waits"):
        cut()
    release = cut(waiver="the rest\nis fine")
    assert release.waiver == "the rest is fine"
    assert {row.key for row in release_rows(release) if row.tier == "contested"} == {"n1"}


def test_an_open_report_contests_before_any_triage(
    cut: Cut, small: Benchmark, system: User
) -> None:
    Report.objects.create(
        benchmark=small,
        instance=Instance.objects.get(key="n2"),
        category=small.categories.get(code="wrong"),
        author=system.public_id,
        rationale="it is 2",
    )
    with pytest.raises(WrongState, match="contested"):
        cut()


def test_a_tier_counts_only_for_the_revision_that_earned_it(cut: Cut, small: Benchmark) -> None:
    _stand(small, "n1", tier=Tier.EXPERT)
    _stand(small, "n2", tier=Tier.CONSENSUS)
    assert {row.tier for row in release_rows(cut())} == {"unreviewed"}


def test_a_changed_tier_alone_is_a_patch(cut: Cut, small: Benchmark) -> None:
    cut()
    _stand(small, "n1", bucket=Bucket.CONTESTED)
    second = cut(waiver="known")
    change = Change.objects.get(release=second)
    assert (change.kind, change.before_id, second.version) == ("tier", change.after_id, "1.0.1")
    entry = next(diff(get_release(small, "1.0.0"), second))
    assert (entry.kind, entry.before.tier, entry.after.tier) == (
        "tier",
        "unreviewed",
        "contested",
    )


def test_only_maintainers_cut(small: Benchmark) -> None:
    stranger = User.objects.create(username="stranger")
    with pytest.raises(NotAllowed):
        freeze_release(actor=stranger, benchmark=small)
    assert not Release.objects.exists()


def test_published_is_for_ever(cut: Cut) -> None:
    release = cut()
    release.version = "9.9.9"
    with pytest.raises(Immutable):
        release.save()
    with pytest.raises(Immutable):
        release.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.filter(pk=release.pk).update(version="9.9.9")


def test_the_draft_is_the_diff_of_the_release_it_becomes(
    cut: Cut, small: Benchmark, correct: Any, bring: Any
) -> None:
    first = cut()
    correct("n1", "12")
    bring([("n9", *ROWS[0][1:])])
    draft = [entry.to_dict() for entry in draft_diff(small)]
    assert [entry.to_dict() for entry in diff(first, cut())] == draft
    assert [(e["key"], e["kind"]) for e in draft] == [("n1", "revised"), ("n9", "added")]
    json.dumps(draft)


def test_diffs_span_releases(cut: Cut, correct: Any, system: User, bring: Any) -> None:
    first = cut()
    correct("n1", "12")
    bring([("n9", *ROWS[0][1:])])
    second = cut()
    correct("n1", "10.5")
    correct("i1", "8")
    retire_instance(actor=system, instance=Instance.objects.get(key="n9"), reason="a double")
    third = cut()
    # n1 is back at its answer in a new revision, n9 came and went.
    entries = {entry.key: entry for entry in diff(first, third)}
    assert set(entries) == {"n1", "i1"}
    assert (entries["n1"].change, entries["i1"].change) == ("identical", "changed")
    assert {entry.key: entry.kind for entry in diff(second, third)} == {
        "n1": "revised",
        "i1": "revised",
        "n9": "removed",
    }
    assert list(diff(third, third)) == []
    with pytest.raises(InvalidInput, match="older one first"):
        next(diff(third, first))


def test_queries_do_not_grow_with_rows(
    system: User, small: Benchmark, cut: Cut, bring: Any, correct: Any
) -> None:
    cut()
    correct("n1", "12")
    with CaptureQueriesContext(
        connection,
    ) as few:
        publish_release(freeze_release(actor=system, benchmark=small).pk)
    bring([(f"m{number}", *ROWS[0][1:]) for number in range(300)])
    for key in ("n1", "n2", "i1"):
        correct(key, "20")
    with CaptureQueriesContext(connection) as many:
        publish_release(freeze_release(actor=system, benchmark=small).pk)
    assert len(many) <= len(few) + 2
