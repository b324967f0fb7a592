"""The difference of any two versions: broken down, with what stands behind it."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from errata.comparing import compare_folders

from audits.models import Decision
from registry.models import Benchmark, Instance, Revision, User
from registry.services.retire_instance import retire_instance, revive_instance
from tests.versions.conftest import ROWS
from versions.difference import Difference, difference_of
from versions.management.commands import diff_releases
from versions.models import Release
from versions.storage import folder_of

Cut = Callable[..., Release]


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
    assert [link["type"] for link in entries["n1"]["links"]] == ["instance", "decision"]
    instance = f"{settings.ERRATA_HUB}/b/small/i/n2/"
    assert entries["n2"]["links"] == [{"type": "instance", "url": instance}]
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


def test_a_breakdown_is_bounded() -> None:
    found = Difference()
    for number in range(25):
        found.by["reason"][f"reason {number:02}"] = 2 if number == 24 else 1
    told = found.breakdown()["reason"]
    assert (len(told), next(iter(told.items()))) == (20, ("reason 24", 2))
    assert found.others() == {"reason": 5}


@pytest.mark.django_db
def test_two_folders_say_the_same_without_the_hub(three: list[Release], small: Benchmark) -> None:
    first, _, third = three
    hub = {entry["key"]: entry for entry in difference_of(small, first, third).entries}
    told = compare_folders(folder_of(first), folder_of(third))
    assert {entry["key"] for entry in told["results"]} == hub.keys()
    for entry in told["results"]:
        there = hub[entry["key"]]
        assert (entry["change"], entry["inputs"]) == (there["change"], there["inputs"])
        assert there["reason"] in entry["changelog"]
    reasons = {entry["key"]: entry["changelog"] for entry in told["results"]}
    assert reasons["n1"].startswith("1.1.0: ")
    assert hub["n1"]["decision"] in reasons["n1"]
    assert (hub["t1"]["reason"], reasons["t1"]) == ("void", "2.0.0: void.")


@pytest.mark.django_db
def test_a_removed_row_says_why_for_ever(
    three: list[Release], small: Benchmark, system: User, correct: Any, cut: Cut, bring: Any
) -> None:
    _, second, third = three

    def told(old: Release, new: Release) -> tuple[str, str, str]:
        (entry,) = (e for e in difference_of(small, old, new).entries if e["key"] == "t1")
        return entry["reason"], entry["source"], entry["decision"]

    row = Instance.objects.get(benchmark=small, key="t1")
    revive_instance(actor=system, instance=row, reason="Asked for.")
    correct("t1", "green")
    fourth = cut()
    bring([row for row in ROWS if row[0] != "t1"], missing="retire")
    fifth = cut()
    assert told(second, third) == ("void", "", "")  # not by the decision of later
    assert told(fourth, fifth) == ("", "Not in rows.csv", "")


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
    assert "others" not in text
    assert "question: How much[- else?-]{+ more?+}" in text
    case = Decision.objects.get().case
    assert case is not None
    assert f"\n  {settings.ERRATA_HUB}/cases/{case.public_id}/\n" in text
    out = io.StringIO()
    call_command("diff_releases", "small", "1.0.0", "latest", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["label_changes_by"]["change"] == {"changed": 1}
    again = told["entries"][0] | {"kind": "tier", "label_changed": False}
    lines = diff_releases.Command().lines(told | {"entries": [again, *told["entries"]]})
    named = [line.split()[:2] for line in lines if line.startswith(("changed", "removed", "tier"))]
    assert named == [["changed", "n1"], ["removed", "t1"], ["tier", "n1"]]
