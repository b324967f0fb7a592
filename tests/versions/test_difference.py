"""The difference of any two versions: word by word, broken down, with what stands behind it."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Benchmark, Instance, Revision, User
from registry.services.retire_instance import retire_instance
from tests.versions.conftest import ROWS
from versions.difference import difference_of
from versions.models import Release
from versions.word_diff import MOST, changed_inputs, word_diff

Cut = Callable[..., Release]


def _told(before: str, after: str) -> list[tuple[str, str]]:
    return [(piece.op, piece.text) for piece in word_diff(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("a b c", "a x c", [("same", "a"), ("removed", " b"), ("added", " x"), ("same", " c")]),
        ("a b", "a b c", [("same", "a b"), ("added", " c")]),
        ("", "a b", [("added", "a b")]),
        ("a  b", "a b", [("same", "a"), ("removed", "  b"), ("added", " b")]),
        ("a b b c", "a b c", [("same", "a b"), ("removed", " b"), ("same", " c")]),
        ("same", "same", [("same", "same")]),
    ],
)
def test_words(before: str, after: str, pieces: list[tuple[str, str]]) -> None:
    assert _told(before, after) == pieces


def test_unchanged_words_far_from_a_change_are_left_out() -> None:
    long = " ".join(f"w{n}" for n in range(100))
    first, removed, added, last = _told(f"{long} old {long}", f"{long} new {long}")
    assert (removed, added) == (("removed", " old"), ("added", " new"))
    assert first[1] == " … w92 w93 w94 w95 w96 w97 w98 w99"
    assert last[1] == " w0 w1 w2 w3 w4 w5 w6 w7 …"


def test_texts_without_much_in_common_are_replaced_whole() -> None:
    before, after = ("x" + " y" * MOST, "z" + " y" * MOST + " z")
    assert [op for op, _ in _told(before, after)] == ["removed", "added"]


def test_only_inputs_that_differ_are_told() -> None:
    before = {"question": "How much?", "choices": ["one", "two"], "note": "x", "gone": "y"}
    after = {"question": "How much?", "choices": ["one", "three"], "note": "x", "new": 3}
    told = {
        name: [(p.op, p.text) for p in pieces] for name, pieces in changed_inputs(before, after)
    }
    assert told == {
        "choices": [("same", "one"), ("removed", "\ntwo"), ("added", "\nthree")],
        "new": [("added", "3")],
        "gone": [("removed", "y")],
    }


@pytest.fixture
def three(
    cut: Cut, correct: Any, bring: Any, small: Benchmark, system: User, ship_nowhere: None
) -> list[Release]:
    """1.0.0; n1 decided; n2 reworded and t1 gone."""
    releases = [cut()]
    correct("n1", "12")
    releases.append(cut())
    rows = [row if row[0] != "n2" else (*row[:4], "How much more?", *row[5:]) for row in ROWS]
    bring(rows)
    gone = Instance.objects.get(benchmark=small, key="t1")
    retire_instance(actor=system, instance=gone, reason="void")
    return [*releases, cut()]


@pytest.mark.django_db
def test_any_two_versions(three: list[Release], small: Benchmark) -> None:
    first, second, third = three
    found = difference_of(small, first, third)
    entries = {entry["key"]: entry for entry in found.entries}
    assert entries.keys() == {"n1", "n2", "t1"}
    assert (entries["n1"]["origin"], entries["t1"]["kind"]) == ("decision", "removed")
    assert entries["n1"]["decision"]
    (reworded,) = entries["n2"]["inputs"]
    assert [(p["op"], p["text"]) for p in reworded["pieces"]] == [
        ("same", "How much"),
        ("removed", " else?"),
        ("added", " more?"),
    ]
    assert found.breakdown()["change"] == {"changed": 1}
    assert found.breakdown()["origin"] == {"decision": 1}
    assert found.breakdown()["group"] == {"g": 1}
    assert sum(found.breakdown()["category"].values()) == 1
    assert [e["key"] for e in difference_of(small, second, third).entries] == ["n2", "t1"]
    page = difference_of(small, first, third, start=1, stop=2)
    assert (page.count, page.entries) == (3, found.entries[1:2])
    assert page.totals.to_dict() == found.totals.to_dict()


@pytest.mark.django_db
def test_it_costs_what_changed(three: list[Release], small: Benchmark) -> None:
    """What stayed, or was only decided, is never read."""
    with CaptureQueriesContext(connection) as queries:
        difference_of(small, three[0], three[2])
    read = " ".join(query["sql"] for query in queries)
    contents = dict(Revision.objects.values_list("instance__key", "content_id"))
    assert [key for key, content in contents.items() if content in read] == ["n2"]


@pytest.mark.django_db
def test_the_command(three: list[Release]) -> None:
    out = io.StringIO()
    call_command("diff_releases", "small", "1.0.0", "latest", stdout=out)
    text = out.getvalue()
    assert "label changes by origin: 1 decision" in text
    assert "question: How much[- else?-]{+ more?+}" in text
    assert "· decision " in text
    out = io.StringIO()
    call_command("diff_releases", "small", "1.0.0", "latest", "--json", stdout=out)
    assert json.loads(out.getvalue())["label_changes_by"]["change"] == {"changed": 1}
