"""What is held back stands in a release as in the one before, with its reason."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from audits.models import Decision, Standing
from registry.errors import InvalidInput, NotAllowed, NotFound, WrongState
from registry.models import Benchmark, Event, Instance, User
from registry.services.retire_instance import retire_instance
from tests.versions.conftest import ROWS
from versions.models import Hold, Release
from versions.selectors import draft_diff, release_rows, snapshot_of
from versions.services.hold_back import hold_back, lift_hold
from versions.storage import folder_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]


@pytest.fixture
def hold(system: User, small: Benchmark) -> Callable[..., Hold]:
    """Hold something of the small benchmark back."""

    def hold(reason: str = "It is looked at again.", **what: str) -> Hold:
        return hold_back(actor=system, benchmark=small, reason=reason, **what)

    return hold


def _answers(release: Release) -> dict[str, str]:
    return {row.key: row.answer for row in release_rows(release)}


def _tiers(release: Release) -> dict[str, str]:
    return {row.key: row.tier for row in release_rows(release)}


def _newest(key: str) -> str:
    return Decision.objects.filter(instance__key=key).order_by("-pk")[0].public_id


def test_a_held_decision_leaves_the_label_as_it_was_released(
    cut: Cut, correct: Any, hold: Any, small: Benchmark, system: User
) -> None:
    cut()
    correct("n1", "12")
    correct("n2", "-3")
    held = hold(decision=_newest("n1"))
    assert [entry.key for entry in draft_diff(small)] == ["n2"]
    correct("n1", "13")  # what happens to it later waits with it
    second = cut()
    assert (_answers(second)["n1"], _answers(second)["n2"]) == ("10.5", "-3")
    lift_hold(actor=system, benchmark=small, hold=held.public_id)
    third = cut()
    assert (_answers(third)["n1"], snapshot_of(third)["held"]) == ("13", [])
    kinds = list(Event.objects.filter(subject_id=held.public_id).values_list("kind", flat=True))
    assert sorted(kinds) == ["release.held_back", "release.hold_lifted"]


def test_a_hold_is_told_with_its_reason(cut: Cut, correct: Any, hold: Any) -> None:
    cut()
    correct("n1", "12")
    correct("i1", "8")
    hold("The *source* is being asked.", decision=_newest("n1"))
    hold("All of it is redone", group="h")
    release = cut()
    first, second = snapshot_of(release)["held"]
    assert (first["key"], first["decision"], first["labels"]) == ("n1", _newest("n1"), 1)
    assert (second["group"], second["labels"]) == ("h", 4)
    log = (folder_of(release) / "CHANGELOG.md").read_text()
    assert "\n\nHeld back:\n\n- `n1`" in log
    assert rf"- `n1`, decision {_newest('n1')}: The \*source\* is being asked." in log
    assert "- h, 4 labels: All of it is redone." in log


def test_a_decision_before_the_first_release_gives_way_to_the_label_before(
    cut: Cut, correct: Any, hold: Any
) -> None:
    correct("n1", "12")
    first = _newest("n1")
    correct("n1", "13")
    hold(decision=_newest("n1"))
    hold(decision=first)
    release = cut()
    assert (_answers(release)["n1"], _tiers(release)["n1"]) == ("10.5", "unreviewed")


def test_a_held_group_stands_as_released(
    cut: Cut, correct: Any, hold: Any, bring: Any, system: User
) -> None:
    cut()
    correct("c1", "A")
    correct("n1", "12")
    bring([("h9", *ROWS[4][1:])])
    retire_instance(actor=system, instance=Instance.objects.get(key="u1"), reason="a double")
    hold(group="h")
    second = cut()
    assert second.version == "1.1.0"
    answers = _answers(second)
    assert (answers["c1"], answers["n1"]) == ("B", "12")
    assert "h9" not in answers, "it came since"
    assert "u1" in answers, "it went since"


def test_a_held_group_of_no_release_stays_out(cut: Cut, correct: Any, hold: Any) -> None:
    correct("c1", "A")
    hold(decision=_newest("c1"))
    hold(group="h")
    assert set(_answers(cut())) == {"n1", "n2", "i1"}


def test_a_tier_waits_too_but_what_is_contested_says_so(
    cut: Cut, correct: Any, hold: Any, small: Benchmark
) -> None:
    cut()
    instance = Instance.objects.get(key="n1")
    standing = Standing.objects.create(
        benchmark=small, instance=instance, tier="consensus", revision=instance.head.revision
    )
    correct("n2", "12")
    hold(group="g")
    correct("c1", "A")
    assert _tiers(cut())["n1"] == "unreviewed"
    standing.bucket = "contested"
    standing.save()
    with pytest.raises(WrongState, match="1 contested"):
        cut()


def test_what_cannot_be_held(
    cut: Cut, correct: Any, hold: Any, small: Benchmark, system: User
) -> None:
    correct("n1", "12")
    cut()
    with pytest.raises(WrongState, match=r"1\.0\.0 holds that decision already"):
        hold(decision=_newest("n1"))
    correct("n1", "13")
    held = hold(decision=_newest("n1"))
    for what, error in (
        ({"decision": _newest("n1")}, WrongState),
        ({}, InvalidInput),
        ({"decision": _newest("n1"), "group": "g"}, InvalidInput),
        ({"group": "g", "reason": " "}, InvalidInput),
        ({"group": "none"}, NotFound),
        ({"decision": "0" * 26}, NotFound),
    ):
        with pytest.raises(error):
            hold(**what)
    stranger = User.objects.create(username="stranger")
    with pytest.raises(NotAllowed):
        hold_back(actor=stranger, benchmark=small, group="g", reason="so")
    with pytest.raises(NotAllowed):
        lift_hold(actor=stranger, benchmark=small, hold=held.public_id)
    lift_hold(actor=system, benchmark=small, hold=held.public_id)
    for hold_id, error in ((held.public_id, WrongState), ("0" * 26, NotFound)):
        with pytest.raises(error):
            lift_hold(actor=system, benchmark=small, hold=hold_id)
    assert Hold.objects.count() == 1


def test_the_command_holds_lists_and_lifts(cut: Cut, correct: Any) -> None:
    cut()
    correct("n1", "12")
    told = _run("--group", "g", "--because", "Redone.", "--json")
    held = json.loads(told)["held"]
    assert [(hold["group"], hold["labels"], hold["reason"]) for hold in held] == [
        ("g", 3, "Redone.")
    ]
    assert "g (3), by system: Redone." in _run()
    assert "nothing is held back" in _run("--lift", held[0]["id"])


def _run(*options: str) -> str:
    out = io.StringIO()
    call_command("hold_back", "small", *options, stdout=out)
    return out.getvalue()
