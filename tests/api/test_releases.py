"""Releases by API: cut, pulled, compared, by whoever may."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as hub_settings
from errata.hub import Release as PulledRelease
from errata.manifest import sha256_hex
from errata.signing import Signature

from audits.models import Standing
from registry.models import Benchmark, Event, Instance, User
from registry.selectors import system_user
from registry.services.retire_instance import retire_instance
from tests.api.conftest import Api
from tests.small import SLUG, People, hide, import_file, qa_row, write_csv
from versions.models import Release
from versions.services.publish_release import publish_release

RELEASES = f"benchmarks/{SLUG}/releases/"
DRAFT = f"benchmarks/{SLUG}/draft/"


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> None:
    """Everything that releases leave on disk lies in a folder of the test."""
    settings.ERRATA_HOME = tmp_path / "home"
    settings.ERRATA_REPOS = tmp_path / "home" / "repos"
    settings.ERRATA_DVC_REMOTE = str(tmp_path / "home" / "dvc")


def cut(api: Api, person: User | None, **form: Any) -> Any:
    """Cut the draft as the API shows it."""
    digest = api("get", DRAFT, person).json().get("digest", "0" * 64)
    return api("post", RELEASES, person, {"draft": digest} | form)


@pytest.fixture
def first(api: Api, benchmark: Benchmark, crew: People) -> Release:
    """1.0.0, published."""
    assert cut(api, crew.maintainer).status_code == 202
    return publish_release(Release.objects.get().pk)


def test_cut_publish_and_pull(api: Api, benchmark: Benchmark, crew: People) -> None:
    told = cut(api, crew.maintainer, bump="auto")
    assert told.status_code == 202
    release = told.json()
    assert told["Location"] == release["url"]
    assert (release["version"], release["status"], release["files"]) == ("1.0.0", "frozen", [])
    at = release["url"].removeprefix(hub_settings.ERRATA_HUB)
    assert api("get", at, crew.maintainer).json() == release
    for other in (None, crew.expert):
        assert api("get", at, other).status_code == 404
        assert api("get", RELEASES, other).json()["results"] == []
    busy = cut(api, crew.maintainer)
    assert (busy.status_code, busy.json()["code"]) == (409, "release_unfinished")

    publish_release(Release.objects.get().pk)
    pinned, latest = api("get", at), api("get", f"{RELEASES}latest/")
    assert pinned.json() == latest.json()
    document = pinned.json()
    assert (document["status"], document["sequence"]) == ("published", 1)
    assert document["counts"]["instances"] == 6
    PulledRelease.from_document(document)
    names = [file["path"] for file in document["files"]]
    assert {"manifest.json", "data/test.jsonl", "data/test.parquet", "CHANGELOG.md"} <= set(names)
    for file in document["files"]:
        url = file["url"].removeprefix(hub_settings.ERRATA_HUB)
        response = api("get", url, headers={"Accept": "application/octet-stream"})
        assert (sha256_hex(response.body), len(response.body)) == (file["sha256"], file["size"])
        assert response["ETag"] == f'"{file["sha256"]}"'
        assert "immutable" in response["Cache-Control"]


def test_who_signed_it_is_public(api: Api, first: Release) -> None:
    at = f"{RELEASES}1.0.0/files/"
    signature = Signature.from_json(api("get", f"{at}manifest.sig").body)
    assert signature.covers(api("get", f"{at}manifest.json").body)
    [key] = api("get", "keys/").json()["keys"]
    assert (key["key"], key["handover"]) == (signature.key, None)


def test_metadata_is_asked_for_again_cheaply(api: Api, first: Release) -> None:
    response = api("get", f"{RELEASES}1.0.0/")
    assert response["Cache-Control"] == "no-cache"
    known = {"If-None-Match": response["ETag"]}
    again = api("get", f"{RELEASES}1.0.0/", headers=known)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", response["ETag"])
    assert api("get", f"{RELEASES}1.0.0/", headers={"If-None-Match": '"x"'}).status_code == 200


def test_files_come_in_ranges(api: Api, first: Release) -> None:
    at = f"{RELEASES}1.0.0/files/data/test.jsonl"
    whole = api("get", at).body
    part = api("get", at, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.body) == (206, whole[10:20])
    assert part["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert api("get", at, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    head = api("head", at)
    assert (head.status_code, head.content, int(head["Content-Length"])) == (200, b"", len(whole))
    assert api("get", at, headers={"If-None-Match": head["ETag"]}).status_code == 304
    for path in ("data/none.jsonl", "../../errata.sqlite3", "data/%00"):
        assert api("get", f"{RELEASES}1.0.0/files/{path}").status_code == 404
    assert api("get", f"{RELEASES}latest/files/manifest.json").status_code == 404


def test_what_changed(api: Api, first: Release, crew: People, tmp_path: Path) -> None:
    rows = [qa_row(1, answer="70", lower="", upper=""), qa_row(2, answer="N/A", lower="", upper="")]
    import_file(write_csv(tmp_path / "new.csv", rows))
    retire_instance(
        actor=system_user(), instance=Instance.objects.get(key="q3"), reason="Asked twice."
    )
    told = cut(api, crew.maintainer).json()
    assert told["version"] == "2.0.0"
    publish_release(Release.objects.get(version="2.0.0").pk)
    diff = api("get", f"{RELEASES}2.0.0/diff/?since=1.0.0").json()
    assert diff["totals"]["label_changes"] == 2
    assert sum(diff["label_changes_by"]["origin"].values()) == 2
    assert {e["origin"] for e in diff["results"] if e["kind"] == "removed"} == {"retired"}
    assert [(e["key"], e["kind"], e["change"]) for e in diff["results"]] == [
        ("q1", "revised", "changed"),
        ("q2", "revised", "became_unanswerable"),
        ("q3", "removed", None),
    ]
    assert (diff["results"][0]["before"]["answer"], diff["results"][0]["after"]["answer"]) == (
        "10",
        "70",
    )
    assert diff["results"][2]["after"] is None
    assert api("get", f"{RELEASES}latest/diff/").json()["results"] == diff["results"]
    one = api("get", f"{RELEASES}2.0.0/diff/?page_size=2").json()
    two = api("get", one["next"].removeprefix(hub_settings.ERRATA_HUB)).json()
    assert one["results"] + two["results"] == diff["results"]
    assert (one["totals"], two["next"]) == (diff["totals"], None)
    whole = api("get", f"{RELEASES}1.0.0/diff/").json()
    assert (whole["since"], whole["totals"]["added"]) == (None, 6)
    wrong = api("get", f"{RELEASES}1.0.0/diff/?since=2.0.0")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_order")
    assert api("get", f"{RELEASES}1.0.0/diff/?since=9.9.9").json()["code"] == "no_release"
    for query in ("cursor=-1", "cursor=x", "page_size=0", "page_size=999"):
        assert api("get", f"{RELEASES}2.0.0/diff/?{query}").status_code == 400
    log = api("get", f"{RELEASES}2.0.0/changelog/").json()
    assert (log["previous"], log["bump"]) == ("1.0.0", "major")
    assert {entry["key"] for entry in log["entries"]} == {"q1", "q2", "q3"}
    listed = api("get", RELEASES).json()["results"]
    assert [row["version"] for row in listed] == ["2.0.0", "1.0.0"]


def test_contested_labels_need_a_waiver(api: Api, benchmark: Benchmark, crew: People) -> None:
    instance = Instance.objects.get(key="q2")
    Standing.objects.update_or_create(
        instance=instance,
        defaults={"benchmark": benchmark, "bucket": "contested", "tier": "contested"},
    )
    refused = cut(api, crew.maintainer)
    assert (refused.status_code, refused.json()["code"]) == (409, "contested")
    assert refused.json()["details"] == {"contested": 1}
    waived = cut(api, crew.maintainer, waiver="First look.").json()
    assert waived["waiver"] == "First look."


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"bump": "huge"}, "invalid_input"),
        ({"version": "one"}, "bad_version"),
        ({"version": "1.0"}, "bad_version"),
        ({"version": "1.0.0\x00"}, "invalid_input"),
    ],
)
def test_wrong_names_cut_nothing(
    api: Api, benchmark: Benchmark, crew: People, form: dict[str, str], code: str
) -> None:
    refused = cut(api, crew.maintainer, **form)
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert Release.objects.count() == 0


def test_cutting_takes_maintainers(api: Api, benchmark: Benchmark, crew: People) -> None:
    assert cut(api, None).status_code == 401
    for person in (crew.user, crew.contributor, crew.expert):
        assert cut(api, person).json()["code"] == "role_required"
    assert Release.objects.count() == 0
    assert Event.objects.filter(kind="release.frozen").count() == 0


def test_hidden_releases_are_not_found(
    api: Api, benchmark: Benchmark, first: Release, crew: People
) -> None:
    hide(benchmark)
    paths = [
        "",
        "1.0.0/",
        "latest/",
        "1.0.0/diff/",
        "1.0.0/changelog/",
        "1.0.0/files/manifest.json",
    ]
    for path in paths:
        for outsider in (None, crew.user):
            assert api("get", RELEASES + path, outsider).status_code == 404
        shown = api("get", RELEASES + path, crew.contributor)
        assert shown.status_code == 200
        if path:
            assert "private" in shown["Cache-Control"]
            assert "Authorization" in shown["Vary"]


def test_the_draft_is_cut_as_it_was_seen(
    api: Api, first: Release, crew: People, tmp_path: Path
) -> None:
    import_file(write_csv(tmp_path / "new.csv", [qa_row(1, answer="70", lower="", upper="")]))
    seen = api("get", f"{DRAFT}?version=2.0.0", crew.maintainer).json()
    assert (seen["previous"], seen["version"], seen["needed"]) == ("1.0.0", "2.0.0", "minor")
    assert [gate["state"] for gate in seen["gates"]] == ["passed", "passed", "passed"]
    assert (seen["changes"]["changed"], seen["comparability"]["comparable"]) == (1, False)
    told = api("get", f"{DRAFT}diff/?page_size=1", crew.maintainer).json()
    assert (told["since"], told["version"], told["next"]) == ("1.0.0", "draft", None)
    assert [(e["key"], e["change"], e["after"]["answer"]) for e in told["results"]] == [
        ("q1", "changed", "70")
    ]
    assert api("get", f"{DRAFT}diff/?cursor=1", crew.maintainer).json()["results"] == []
    import_file(write_csv(tmp_path / "newer.csv", [qa_row(2, answer="80", lower="", upper="")]))
    for missing in ({}, {"draft": "latest"}):
        assert api("post", RELEASES, crew.maintainer, missing).status_code == 400
    refused = api("post", RELEASES, crew.maintainer, {"draft": seen["digest"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "draft_changed")
    details = refused.json()["details"]
    assert [line[:7] for line in details["difference"]] == ["Imports", "q2: no "]
    form = {"draft": details["digest"], "notes": "By *hand*.", "version": "1.1.0"}
    told = api("post", RELEASES, crew.maintainer, form).json()
    assert (told["notes"], told["comparability"]["named"]) == ("By *hand*.", "minor")
    assert told["progress"] == {"stage": "", "done": 0, "total": 0, "trouble": ""}
    publish_release(Release.objects.get(version="1.1.0").pk)
    assert api("get", f"{RELEASES}1.1.0/").json()["progress"] is None


def test_something_is_held_back(api: Api, first: Release, crew: People, tmp_path: Path) -> None:
    holds = f"benchmarks/{SLUG}/holds/"
    rows = [qa_row(1, answer="70", lower="", upper=""), qa_row(9)]
    import_file(write_csv(tmp_path / "new.csv", rows))
    for form in ({"group": "tens"}, {"reason": "Redone."}, {"group": "none", "reason": "so"}):
        assert api("post", holds, crew.maintainer, form).status_code in (400, 404)
    made = api("post", holds, crew.maintainer, {"group": "tens", "reason": "Redone."})
    assert (made.status_code, made.json()["labels"], made.json()["by"]) == (
        *(201, 7, "Maintainer Person"),
    )
    assert api("get", holds, crew.maintainer).json() == [made.json()]
    draft = api("get", DRAFT, crew.maintainer).json()
    assert (sum(draft["changes"].values()), draft["held"]) == (0, [made.json()])
    assert cut(api, crew.maintainer).json()["code"] == "nothing_changed"
    assert api("post", f"{holds}{made.json()['id']}/lift/", crew.maintainer).status_code == 204
    assert api("get", holds, crew.maintainer).json() == []
    assert api("get", DRAFT, crew.maintainer).json()["changes"]["added"] == 1


def test_contested_labels_are_waived_by_filter(
    api: Api, benchmark: Benchmark, crew: People
) -> None:
    for instance in Instance.objects.filter(key__in=("q1", "q2")):
        Standing.objects.create(instance=instance, benchmark=benchmark, bucket="contested")
    assert api("get", DRAFT, crew.maintainer).json()["waivable"]["group"] == {"tens": 2}
    refused = cut(api, crew.maintainer, waiver="Known.", waive={"group": ["other"]})
    assert (refused.status_code, refused.json()["details"]) == (409, {"contested": 2})
    told = cut(api, crew.maintainer, waiver="Known.", waive={"group": ["tens"], "split": ["test"]})
    assert told.status_code == 202
