"""Released corrections as a page, as Atom and as JSON."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from audits.models import Case
from audits.services.claim_case import claim_case
from audits.services.decide_case import decide_case
from audits.services.take_in_reports import take_in_reports
from registry.models import Benchmark, Instance, User
from registry.selectors import system_user
from registry.services.retire_instance import retire_instance
from tests.pages.conftest import cut, file, text_of
from tests.small import SLUG, People, hide, import_file, qa_row, write_csv
from versions.services.freeze_release import freeze_release

Browse = Callable[..., Any]
ATOM = "{http://www.w3.org/2005/Atom}"
HOME = f"/b/{SLUG}/errata"
Q1 = f"ERR-{SLUG}-2-0"
# What the OSV schema allows where the hub writes something.
OSV_REFERENCES = {"ADVISORY", "REPORT", "FIX", "PACKAGE", "DISCUSSION", "EVIDENCE"}
OSV_CREDITS = {"FINDER", "REMEDIATION_REVIEWER"}


def parse(content: bytes) -> ElementTree.Element:
    """The feed as an XML parser reads it."""
    return ElementTree.fromstring(content)  # noqa: S314  # The hub wrote it.


def correct(crew: People, benchmark: Benchmark, key: str, answer: str) -> None:
    """A report of `user`, decided by `expert` as it proposes."""
    file(benchmark, crew.user, key, answer)
    take_in_reports(benchmark.pk)
    case = Case.objects.exclude(status="decided").get(instance__key=key)
    decide_case(
        actor=crew.expert,
        case=claim_case(actor=crew.expert, case=case),
        outcome="correct",
        answer=answer,
        category="wrong_answer",
        rationale="Counted <again>.",
    )


@pytest.fixture
def corrected(benchmark: Benchmark, crew: People) -> Benchmark:
    """q1 became 12 in 1.1.0 and 13 in 2.0.0, which removed q3; q2 is corrected, not released."""
    cut(benchmark)
    correct(crew, benchmark, "q1", "12")
    cut(benchmark)
    correct(crew, benchmark, "q1", "13")
    gone = Instance.objects.get(benchmark=benchmark, key="q3")
    retire_instance(actor=crew.maintainer, instance=gone, reason="void")
    cut(benchmark)
    correct(crew, benchmark, "q2", "25")
    return benchmark


def test_the_list(corrected: Benchmark, browse: Browse) -> None:
    """What is released stands there with both answers and versions, newest first; no more."""
    response = browse().get(f"{HOME}/")
    records = response.context["records"]
    told = [(r.entry["key"], r.introduced, r.fixed, r.entry["after"]) for r in records]
    assert sorted(told[:2]) == [("q1", "1.1.0", "2.0.0", "13"), ("q3", "1.0.0", "2.0.0", "")]
    assert told[2:] == [("q1", "1.0.0", "1.1.0", "12")]
    assert f"{Q1} Wrong answer 10 → 12 q1 · tens · Counted" in text_of(response)


def test_frozen_is_not_released(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    """A correction is nobody's business before its release is out; the page says so."""
    cut(benchmark)
    correct(crew, benchmark, "q1", "12")
    freeze_release(actor=system_user(), benchmark=benchmark)
    assert "No corrections yet" in text_of(browse().get(f"{HOME}/"))
    assert browse().get(f"{HOME}/{Q1}/").status_code == 404


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("version=1.1.0", 1),
        ("version=1.0.0", 0),
        ("group=tens", 3),
        ("group=other", 0),
        ("category=wrong_answer", 2),
        ("category=wrong_unit", 0),
    ],
)
def test_filters(corrected: Benchmark, browse: Browse, query: str, count: int) -> None:
    """By version, group and category, on the page as in the JSON."""
    page = browse().get(f"{HOME}/?{query}")
    assert len(page.context["records"]) == count
    assert len(browse().get(f"{HOME}.json?{query}").json()["records"]) == count
    assert count or "No correction matches" in text_of(page)


def test_a_record(corrected: Benchmark, crew: People, browse: Browse) -> None:
    """Reason, persons, report, case and release, each with its address."""
    response = browse().get(f"{HOME}/{Q1}/")
    page, text = response.content.decode(), text_of(response)
    assert "10 → 12" in text
    assert "from 1.0.0 on, fixed in 1.1.0" in text
    assert "Counted &lt;again&gt;." in page
    for person in (crew.user, crew.expert):
        assert f'/people/{person.public_id}/"' in page
    assert re.search(r'href="/reports/\w{26}/"', page)
    assert re.search(r'href="/cases/\w{26}/"', page)
    assert browse().get(f"{HOME}/ERR-{SLUG}-2-99/").status_code == 404
    assert browse().get(f"{HOME}/ERR-other-2-0/").status_code == 404


def test_a_retired_item_is_a_record(corrected: Benchmark, browse: Browse) -> None:
    """What was removed, since when it was wrong, and what its label was."""
    gone = f"ERR-{SLUG}-3-2"
    page = text_of(browse().get(f"{HOME}/{gone}/"))
    assert "Change Removed" in page
    assert "from 1.0.0 on, fixed in 2.0.0" in page
    told = browse().get(f"{HOME}/{gone}.json").json()
    assert told["summary"].endswith("q3: removed (its label was 30)")
    kept = told["database_specific"]
    assert (kept["change"], kept["before"], kept["after"]) == ("removed", "30", "")


def test_other_limits_alone_are_a_correction(
    benchmark: Benchmark, tmp_path: Path, browse: Browse
) -> None:
    """What counts as right changed, though the answer did not; both limits are told."""
    cut(benchmark)
    rows = [qa_row(1, lower="8", upper="12"), *(qa_row(n) for n in range(2, 7))]
    import_file(write_csv(tmp_path / "limits.csv", rows))
    version = cut(benchmark).version
    (record,) = browse().get(f"{HOME}.json?version={version}").json()["records"]
    assert record["summary"].endswith("q1: other limits around 10")
    limits = record["database_specific"]["limits"]
    assert limits == [{"lower": "9", "upper": "11"}, {"lower": "8", "upper": "12"}]
    page = text_of(browse().get(f"{HOME}/{Q1}/"))
    assert "Limits lower 9, upper 11 → lower 8, upper 12" in page


def test_no_credit_where_none_is_wished(corrected: Benchmark, crew: People, browse: Browse) -> None:
    """Neither name nor address of whoever opted out, in any of the three forms."""
    User.objects.filter(pk=crew.user.pk).update(credited=False)
    for address in (f"{HOME}/", f"{HOME}/{Q1}/", f"{HOME}/{Q1}.json", f"{HOME}.atom"):
        page = browse().get(address).content.decode()
        assert "User Person" not in page, address
        assert f"/people/{crew.user.public_id}/" not in page, address


def test_json_is_osv(corrected: Benchmark, browse: Browse) -> None:
    """Required fields, RFC 3339 times in Z, a range with both ends, whole addresses."""
    feed = browse().get(f"{HOME}.json").json()
    assert feed["next"] is None
    for record in feed["records"]:
        assert re.fullmatch(r"ERR-[a-z0-9-]+", record["id"])
        assert re.fullmatch(r"\d+\.\d+\.\d+", record["schema_version"])
        for name in ("published", "modified"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record[name])
        assert datetime.fromisoformat(record["modified"]) >= datetime.fromisoformat(
            record["published"]
        )
        assert record["summary"]
        assert record["details"]
        (affected,) = record["affected"]
        assert affected["package"] == {"ecosystem": "Errata", "name": SLUG}
        (span,) = affected["ranges"]
        assert span["type"] == "SEMVER"
        assert [list(event) for event in span["events"]] == [["introduced"], ["fixed"]]
        assert {r["type"] for r in record["references"]} <= OSV_REFERENCES
        for reference in record["references"]:
            assert reference["url"].startswith("http://testserver/")
            path = reference["url"].removeprefix("http://testserver")
            assert browse().get(path).status_code == 200
        assert {credit["type"] for credit in record["credits"]} <= OSV_CREDITS
        assert browse().get(f"{HOME}/{record['id']}.json").json() == record
    first = feed["records"][-1]
    assert first["id"] == Q1
    assert first["affected"][0]["ranges"][0]["events"] == [
        {"introduced": "1.0.0"},
        {"fixed": "1.1.0"},
    ]
    assert [credit["name"] for credit in first["credits"]] == ["User Person", "Expert Person"]
    kept = first["database_specific"]
    assert (kept["before"], kept["after"], kept["change"]) == ("10", "12", "changed")
    assert kept["category"] == "Wrong answer"


@pytest.mark.parametrize("address", [f"{HOME}.atom", "/errata.atom"])
def test_atom(corrected: Benchmark, browse: Browse, address: str) -> None:
    """What RFC 4287 requires of a feed and of each entry."""
    response = browse().get(address)
    assert response["Content-Type"].startswith("application/atom+xml")
    feed = parse(response.content)
    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}id") == f"http://testserver{address}"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Errata"
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"http://testserver{address}"
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 3
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    assert len(set(ids)) == 3
    assert ids[-1] == f"http://testserver{HOME}/{Q1}/"
    assert entries[-1].findtext(f"{ATOM}title") == f"{corrected.title}, q1: 10 → 12"
    assert "Counted <again>." in (entries[-1].findtext(f"{ATOM}summary") or "")
    for each in [feed, *entries]:
        updated = datetime.fromisoformat(each.findtext(f"{ATOM}updated") or "")
        assert updated.tzinfo is not None
    again = parse(browse().get(address).content)
    assert [e.findtext(f"{ATOM}id") for e in again.findall(f"{ATOM}entry")] == ids


def test_atom_of_nothing(benchmark: Benchmark, browse: Browse) -> None:
    """A feed without entries is a feed."""
    feed = parse(browse().get(f"{HOME}.atom").content)
    assert feed.findtext(f"{ATOM}updated")
    assert not feed.findall(f"{ATOM}entry")


def test_private_benchmarks_stay_private(
    corrected: Benchmark, crew: People, browse: Browse
) -> None:
    """Strangers get none of the addresses, and the hub's feed leaves the benchmark out."""
    hide(corrected)
    for address in ("/", ".json", ".atom", f"/{Q1}/", f"/{Q1}.json"):
        assert browse().get(HOME + address).status_code == 404
        assert browse(crew.contributor).get(HOME + address).status_code == 200
    assert Q1 not in browse().get("/errata.atom").content.decode()
    assert Q1 in browse(crew.contributor).get("/errata.atom").content.decode()


def test_readers_are_led_there(corrected: Benchmark, browse: Browse) -> None:
    """Feed readers find both feeds in the head, people the page in the tabs."""
    page = browse().get(f"/b/{SLUG}/").content.decode()
    for address in ("/errata.atom", f"{HOME}.atom"):
        assert re.search(rf'<link rel="alternate"[^>]*href="{re.escape(address)}"', page)
    assert f'<a href="{HOME}/"' in page


def test_pages_of_the_json(
    corrected: Benchmark, browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`next` leads through all records once and keeps the filters."""
    monkeypatch.setattr("registry.paging.page_of.__kwdefaults__", {"size": 1}, raising=False)
    address, ids = f"{HOME}.json?group=tens", []
    while address:
        feed = json.loads(browse().get(address).content)
        assert len(feed["records"]) == 1
        ids += [record["id"] for record in feed["records"]]
        address = feed["next"]
        assert address is None or "group=tens" in address
    assert len(ids) == len(set(ids)) == 3
