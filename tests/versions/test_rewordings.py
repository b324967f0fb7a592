"""Rewordings that keep the meaning: who may say so, what it counts for, and that it stays told."""

import io
import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from errata.comparing import compare_folders
from errata.pulling import read_folder
from errata.rewordings import REWORDINGS, wording_of, wordings_like

from registry.contracts import contract_in_force
from registry.errors import InvalidInput, NotAllowed, NotFound, WrongState
from registry.models import Benchmark, Event, Revision, Role, User
from registry.services.create_user import create_user
from registry.services.set_member import set_member
from tests.versions.conftest import ROWS, files_in
from tests.versions.test_cutting import predict
from versions.difference import difference_of
from versions.draft import draft_of
from versions.flips import count_flips
from versions.models import Release, Rewording
from versions.rewordings import Pair
from versions.selectors import diff, draft_diff, snapshot_of
from versions.services.build_release import build_release
from versions.services.mark_rewordings import mark_rewordings
from versions.services.preview_release import preview_release
from versions.storage import folder_of

Cut = Callable[..., Release]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
WHY = "Only a typing error."


@pytest.fixture
def reword(bring: Any) -> Callable[..., None]:
    """Give rows of the small benchmark other questions, those named before included."""
    told: dict[str, str] = {}

    def reword(**questions: str) -> None:
        told.update(questions)
        rows = [(*row[:4], told.get(row[0], row[4]), *row[5:]) for row in ROWS]
        bring(rows)

    return reword


def pair_of(key: str, before: int = -2, after: int = -1) -> Pair:
    """Two of the wordings that an instance ever had, by their places in its history."""
    revisions = Revision.objects.filter(instance__key=key).order_by("number")
    contents = list(dict.fromkeys(revisions.values_list("content_id", flat=True)))
    return Pair(key, contents[before], contents[after])


@pytest.fixture
def mark(small: Benchmark, system: User) -> Callable[..., int]:
    """Say as `system` that pairs mean the same."""

    def mark(*pairs: Pair, **options: Any) -> int:
        asked = {"actor": system, "benchmark": small, "reason": WHY} | options
        return mark_rewordings(pairs=pairs, **asked)

    return mark


def test_wordings_are_alike_in_both_directions_and_over_chains() -> None:
    pairs = [("a", "b"), ("c", "d"), ("b", "c")]
    assert wordings_like("a", pairs) == wordings_like("d", pairs) == {"a", "b", "c", "d"}
    assert wordings_like("x", pairs) == {"x"}


def test_maintainers_say_it_with_a_reason(
    small: Benchmark, cut: Cut, reword: Any, mark: Any, system: User
) -> None:
    cut()
    reword(n1="How much, in µg?", n2="How much more?")
    one, other = pair_of("n1"), pair_of("n2")
    eve = create_user(actor=system, username="eve")
    set_member(actor=system, benchmark=small, user=eve, role=Role.EXPERT)
    foreign = Pair("n2", one.before, one.after)
    for error, message, pairs, options in (
        (NotAllowed, "role maintainer", (one,), {"actor": eve}),
        (InvalidInput, "Say why", (one,), {"reason": " \n"}),
        (InvalidInput, "Name the rewordings", (), {}),
        (InvalidInput, "never had two such wordings", (one, foreign), {}),
        (InvalidInput, "never had two such wordings", (one._replace(after=one.before),), {}),
        (NotFound, "no instance 'x9'", (one._replace(key="x9"),), {}),
        (WrongState, "not marked", (one,), {"same": False}),
    ):
        with pytest.raises(error, match=message):
            mark(*pairs, **options)
    assert not Rewording.objects.exists()
    assert not Event.objects.filter(kind="rewordings.marked").exists()
    assert mark(one, other, one._replace(before=one.after, after=one.before)) == 2
    assert Event.objects.get(kind="rewordings.marked").data == {"instances": 2}
    with pytest.raises(WrongState, match="already"):  # in either direction
        mark(Pair(one.key, one.after, one.before))
    assert mark(one, reason="It is not.", same=False) == 1
    assert mark(one, reason="It is after all.") == 1


def test_other_options_and_kinds_never_mean_the_same(cut: Cut, bring: Any, mark: Any) -> None:
    cut()
    row = ROWS[3]
    bring([(*row[:5], '["two","one"]', *row[6:]), *(r for r in ROWS if r is not row)])
    with pytest.raises(InvalidInput, match="different options"):
        mark(pair_of("c1"))


def test_a_difference_tells_who_said_so_as_the_newer_release_knew_it(
    small: Benchmark, cut: Cut, reword: Any, mark: Any, correct: Any
) -> None:
    first = cut()
    reword(n1="How much, in µg?", n2="How much more?")
    assert draft_of(small).totals.same_meaning == 0
    mark(pair_of("n1"))
    assert draft_of(small).totals.same_meaning == 1
    second = cut()
    mark(pair_of("n2"))
    found = difference_of(small, first, second)
    n1, n2 = found.entries
    assert (n1["inputs_changed"], n1["same_meaning"], n1["label_changed"]) == (True, True, False)
    assert n1["rewordings"] == [{"by": "system", "reason": WHY}]
    assert (n2["inputs_changed"], n2["same_meaning"], n2["rewordings"]) == (True, False, [])
    totals = found.totals.to_dict()
    assert (totals["inputs_changed"], totals["same_meaning"]) == (2, 1)
    flag = snapshot_of(second)["comparability"]
    assert (second.version, flag["comparable"]) == ("1.1.0", False)
    assert flag["reason"] == "Not comparable with 1.0.0: 1 label has other inputs."
    changelog = (folder_text(second, "CHANGELOG.md")).replace("\\", "")
    assert "2 have other inputs, 1 of them of the same meaning." in changelog
    assert f"The inputs were reworded and mean the same: {WHY} Said by system." in changelog
    # From the next release on, also over a chain; taken back, it is over.
    reword(n1="How many µg?")
    mark(pair_of("n1"))
    third = cut()
    flag = snapshot_of(third)["comparability"]
    assert (third.version, flag["comparable"]) == ("1.1.1", True)
    entries = {entry.key: entry for entry in diff(first, third)}
    assert [len(entries[key].rewordings) for key in ("n1", "n2")] == [2, 1]
    assert [entry.key for entry in diff(first, second) if entry.same_meaning] == ["n1"]
    mark(pair_of("n1"), same=False, reason="No: many is not much.")
    correct("i1", "8")
    fourth = cut()
    assert {e.key for e in diff(first, fourth) if e.same_meaning} == {"n2"}
    assert {e.key for e in diff(first, third) if e.same_meaning} == {"n1", "n2"}


def test_a_draft_is_another_one_once_something_was_said(
    small: Benchmark, system: User, cut: Cut, reword: Any, mark: Any
) -> None:
    cut()
    reword(n1="How much, in µg?")
    seen = preview_release(actor=system, benchmark=small).draft.digest
    mark(pair_of("n1"))
    with pytest.raises(WrongState, match=r"keep the meaning: 1\.") as refused:
        cut(expected=seen)
    assert refused.value.code == "draft_changed"


def folder_text(release: Release, name: str) -> str:
    """A text file of a release that was built."""
    return (folder_of(release) / name).read_text(encoding="utf-8")


def test_a_release_lists_what_it_knows_and_builds_to_the_same_bytes(
    small: Benchmark, cut: Cut, reword: Any, mark: Any
) -> None:
    first = cut()
    assert REWORDINGS not in files_in(folder_of(first))
    reword(n1="How much, in µg?", n2="How much more?")
    pair = pair_of("n1")
    mark(pair)
    second = cut()
    files = files_in(folder_of(second))
    (line,) = map(json.loads, files[REWORDINGS].splitlines())
    canary = f"Errata benchmark small, canary GUID {small.canary}"
    assert line == {"key": "n1", "wordings": sorted(pair[1:]), "canary": canary}
    assert REWORDINGS in {file["path"] for file in json.loads(files["manifest.json"])["files"]}
    assert b"`rewordings.jsonl`" in files["README.md"]
    # A wording is the digest of what stands in a row.
    (row,) = (r for r in read_folder(folder_of(second)).rows if r["key"] == "n1")
    assert wording_of(row) == pair.after
    # What the client finds without the hub is what the hub says.
    told = difference_of(small, first, second)
    found = compare_folders(folder_of(first), folder_of(second))
    assert found["totals"] == told.totals.to_dict()
    assert [e["same_meaning"] for e in found["results"]] == [True, False]
    mark(pair_of("n2"))
    mark(pair, same=False)
    shutil.rmtree(folder_of(second))
    assert files_in(build_release(Release.objects.get(pk=second.pk))) == files


def test_answers_by_the_text_of_an_option_are_read_by_either_wording(
    small: Benchmark, cut: Cut, reword: Any, mark: Any, correct: Any, system: User, tmp_path: Any
) -> None:
    cut()
    predict(small, system, tmp_path, "m", {"c1": "two"}, made_on="1.0.0")
    reword(c1="Which one?")
    mark(pair_of("c1"))
    correct("c1", "A")
    (entry,) = draft_diff(small)
    flips = count_flips(small, [entry], contract_in_force(small))
    assert (flips.sets[0]["lost"], flips.sets[0]["gained"], flips.groups) == (1, 0, {"h": 1})


def test_the_command(cut: Cut, reword: Any, small: Benchmark) -> None:
    def call(*options: str) -> str:
        out = io.StringIO()
        call_command("mark_rewordings", "small", *options, stdout=out)
        return out.getvalue()

    cut()
    assert "nothing was reworded" in call()
    reword(n1="How much, in µg?", n2="How much more?")
    assert "n1  nothing said" in call()
    assert "1 written down" in call("--key", "n1", "--because", WHY)
    cut()
    assert f"n1  means the same (system: {WHY})" in call("--between", "1.0.0", "latest")
    assert "1 written down" in call("--between", "1.0.0", "latest", "--because", "Same.")
    told = json.loads(call("--between", "1.0.0", "latest", "--json"))
    assert [each["marked"] for each in told["reworded"]] == [True, True]
    assert "2 written down" in call("--between", "1.0.0", "latest", "--undo", "--because", "No.")
