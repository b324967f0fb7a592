"""Benchmarks, instances and events by API."""

from urllib.parse import quote

import pytest
from django.conf import settings
from django.utils import timezone

from audits.models import Standing
from registry.models import Benchmark, Head, Instance, Text
from registry.selectors import system_user
from registry.services.remove_text import remove_text
from registry.services.retire_instance import retire_instance
from tests.api.conftest import Api
from tests.small import SLUG, People, hide, import_file, qa_row, write_csv

INSTANCES = f"benchmarks/{SLUG}/instances/"


def test_benchmarks_are_listed_and_shown(api: Api, benchmark: Benchmark) -> None:
    listed = api("get", "benchmarks/").json()
    assert listed["next"] is None
    (row,) = listed["results"]
    assert row["slug"] == SLUG
    assert row["url"] == f"{settings.ERRATA_HUB}/api/v1/benchmarks/{SLUG}/"
    shown = api("get", f"benchmarks/{SLUG}/").json()
    assert shown["licence"] == "CC0-1.0"
    assert shown["splits"] == {"train": "train", "validation": "validation", "test": "test"}
    assert [c["code"] for c in shown["categories"]][:2] == ["wrong_answer", "several_right"]
    assert all(c["sentence"].endswith(".") for c in shown["categories"])


@pytest.mark.parametrize(
    "path", ["", "instances/", "instances/q1/", "events/"], ids=lambda p: p or "benchmark"
)
def test_a_members_only_benchmark_does_not_show_that_it_exists(
    api: Api, benchmark: Benchmark, crew: People, path: str
) -> None:
    hide(benchmark)
    address = f"benchmarks/{SLUG}/{path}"
    for outsider in (None, crew.user):
        refused = api("get", address, outsider)
        unknown = api("get", address.replace(SLUG, "nothing"), outsider)
        assert refused.status_code == unknown.status_code == 404
        told, other = refused.json(), unknown.json()
        assert told == {
            "code": "no_benchmark",
            "message": other["message"].replace("nothing", SLUG),
            "details": {},
        }
    for insider in (crew.contributor, crew.expert, crew.maintainer, crew.staff):
        assert api("get", address, insider).status_code == 200
    assert api("get", "benchmarks/", crew.user).json()["results"] == []
    assert len(api("get", "benchmarks/", crew.expert).json()["results"]) == 1


def test_instances_come_in_file_order_with_their_label(api: Api, benchmark: Benchmark) -> None:
    rows = api("get", INSTANCES).json()["results"]
    assert [row["key"] for row in rows] == ["q1", "q2", "q3", "q4", "q5", "q6"]
    first = rows[0]
    assert (first["kind"], first["group"], first["answer"]) == ("number", "tens", "10")
    assert first["limits"] == {"lower": "9", "upper": "11"}
    assert (first["revision"], first["retired"]) == (1, False)
    assert (first["bucket"], first["tier"]) == ("clear", "unreviewed")
    assert first["url"].endswith(f"/{INSTANCES}q1/")


def test_instances_are_narrowed(api: Api, benchmark: Benchmark, tmp_path: str) -> None:
    one = Instance.objects.get(key="q2")
    Standing.objects.update_or_create(
        instance=one, defaults={"benchmark": benchmark, "bucket": "contested"}
    )

    def keys(query: str) -> list[str]:
        return [row["key"] for row in api("get", f"{INSTANCES}?{query}").json()["results"]]

    assert keys("bucket=contested") == ["q2"]
    assert keys("bucket=clear") == ["q1", "q3", "q4", "q5", "q6"]
    assert keys("split=train") == keys("group=none") == keys("bucket=possible") == []
    assert len(keys("split=test&group=tens")) == 6
    wrong = api("get", f"{INSTANCES}?bucket=odd")
    assert wrong.status_code == 400
    assert wrong.json()["code"] == "invalid_input"
    assert list(wrong.json()["details"]["fields"]) == ["bucket"]


def test_retired_instances_leave_the_list_but_not_the_hub(api: Api, benchmark: Benchmark) -> None:
    instance = Instance.objects.get(key="q3")
    retire_instance(actor=system_user(), instance=instance, reason="Asked twice.")
    assert "q3" not in [row["key"] for row in api("get", INSTANCES).json()["results"]]
    shown = api("get", f"{INSTANCES}q3/").json()
    assert shown["retired"] is True
    newest = shown["history"][0]
    assert (newest["origin"], newest["reason"]) == ("retired", "Asked twice.")
    assert newest["actor"]["name"] == "system"
    assert newest["previous"] == shown["history"][1]["digest"]


def test_an_instance_shows_inputs_derivation_and_history(api: Api, benchmark: Benchmark) -> None:
    by_key = api("get", f"{INSTANCES}q1/").json()
    assert by_key["inputs"] == {"question": "What is ten times 1?"}
    assert by_key["derivation"] == {"explanation": "10 * 1 = 10"}
    assert by_key["aliases"] == ["v1/test:q1"]
    assert [revision["number"] for revision in by_key["history"]] == [1]
    assert api("get", f"{INSTANCES}{quote('v1/test:q1', safe='')}/").json() == by_key


def test_a_removed_text_is_null(api: Api, benchmark: Benchmark) -> None:
    revision = Head.objects.get(instance__key="q1").revision
    remove_text(actor=system_user(), digest=revision.content_id, reason="A name.")
    shown = api("get", f"{INSTANCES}q1/").json()
    assert shown["inputs"] is None
    assert shown["answer"] == "10"
    assert Text.objects.get(pk=revision.content_id).removed_at <= timezone.now()


@pytest.mark.parametrize("key", ["no/such key", "ünï", "a%00b", "..%2f..", "%FF"])
def test_unknown_keys_are_not_found(api: Api, benchmark: Benchmark, key: str) -> None:
    response = api("get", f"{INSTANCES}{key}/")
    assert response.status_code == 404
    assert set(response.json()) == {"code", "message", "details"}


def test_any_key_has_an_address(api: Api, benchmark: Benchmark, tmp_path) -> None:  # noqa: ANN001
    keys = ["a/b", "100% sure?", "semi;colon&more", "über#1", "  x  y "]
    import_file(write_csv(tmp_path / "odd.csv", [qa_row(1, id=key) for key in keys]))
    rows = api("get", INSTANCES).json()["results"][-len(keys) :]
    assert [row["key"] for row in rows] == [key.strip() for key in keys]
    for row in rows:
        path = row["url"].removeprefix(settings.ERRATA_HUB)
        assert api("get", path).json()["key"] == row["key"]


def test_events_tell_who_did_what(api: Api, benchmark: Benchmark, crew: People) -> None:
    events = api("get", f"benchmarks/{SLUG}/events/").json()["results"]
    kinds = [event["kind"] for event in events]
    assert kinds[-2:] == ["benchmark.imported", "benchmark.created"]
    assert events[-1]["actor"]["name"] == "system"
    assert events[-2]["data"]["counts"]["new"] == 6
    narrowed = api("get", f"benchmarks/{SLUG}/events/?kind=benchmark.created").json()["results"]
    assert [event["kind"] for event in narrowed] == ["benchmark.created"]
