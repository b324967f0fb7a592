"""Released corrections by API: for whoever may read the benchmark, with a token."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as hub

from registry.models import Benchmark
from tests.api.conftest import Api
from tests.api.test_paging import walk
from tests.pages.conftest import Nowhere, cut
from tests.small import SLUG, People, hide, import_file, qa_row, write_csv

ERRATA = f"benchmarks/{SLUG}/errata/"
ATOM = f"benchmarks/{SLUG}/errata.atom"
Q2 = f"ERR-{SLUG}-2-1"


@pytest.fixture
def corrected(
    benchmark: Benchmark, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Benchmark:
    """1.0.0, then q2 to q4 corrected upstream and released."""
    settings.ERRATA_HOME = tmp_path / "home"
    monkeypatch.setattr("versions.services.ship_release.PUBLISHER", Nowhere())
    cut(benchmark)
    rows = [qa_row(n, **({"answer": f"{n}1"} if 1 < n < 5 else {})) for n in range(1, 7)]
    import_file(write_csv(tmp_path / "next.csv", rows), upstream="v2/test")
    cut(benchmark)
    return benchmark


def test_a_record_by_its_id(api: Api, corrected: Benchmark) -> None:
    """The same as on the page, with addresses of this hub."""
    told = api("get", f"{ERRATA}{Q2}/").json()
    assert told["id"] == Q2
    assert told["summary"].endswith("q2: 20 → 21")
    assert told["affected"][0]["ranges"][0]["events"][0] == {"introduced": "1.0.0"}
    kept = told["database_specific"]
    assert (kept["instance"], kept["before"], kept["after"]) == ("q2", "20", "21")
    page = api("get", f"/b/{SLUG}/errata/{Q2}.json").json()
    assert page["database_specific"] == kept
    assert {each["url"].startswith(f"{hub.ERRATA_HUB}/b/") for each in told["references"]} == {True}
    missing = api("get", f"{ERRATA}ERR-{SLUG}-2-0/")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_correction")


def test_the_list_is_narrowed_and_paged(api: Api, corrected: Benchmark) -> None:
    version = api("get", f"benchmarks/{SLUG}/releases/latest/").json()["version"]
    pages = walk(api, f"{ERRATA}?page_size=2&version={version}&group=tens")
    assert [len(page) for page in pages] == [2, 1]
    keys = {each["database_specific"]["instance"] for page in pages for each in page}
    assert keys == {"q2", "q3", "q4"}
    for query in ("version=1.0.0", "group=other", "category=wrong_unit"):
        assert api("get", f"{ERRATA}?{query}").json()["results"] == []
    assert api("get", f"{ERRATA}?version=%00").status_code == 400


def test_the_feed(api: Api, corrected: Benchmark) -> None:
    """The entries of the page's, by addresses of this hub."""
    feed = api("get", ATOM, headers={"Accept": "application/atom+xml"})
    assert feed["Content-Type"] == "application/atom+xml; charset=utf-8"
    told, page = feed.content.decode(), api("get", f"/b/{SLUG}/errata.atom").content.decode()
    assert told.count("<entry>") == 3
    assert f"{hub.ERRATA_HUB}/api/v1/{ATOM}" in told
    entries = told.partition("<entry>")[2].replace(hub.ERRATA_HUB, "http://testserver")
    assert entries == page.partition("<entry>")[2]


def test_a_private_benchmark_takes_a_members_token(
    api: Api, corrected: Benchmark, crew: People
) -> None:
    """The pages read the session alone; a program follows the errata with its token."""
    hide(corrected)
    for path in (ERRATA, f"{ERRATA}{Q2}/", ATOM):
        assert api("get", path).status_code == 404
        assert api("get", path, crew.user).status_code == 404
        assert api("get", path, crew.contributor).status_code == 200
