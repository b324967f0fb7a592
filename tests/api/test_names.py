"""Upstream names by API: kept by maintainers, resolved to one release or refused with the list."""

from pathlib import Path
from typing import Any

import pytest

from registry.models import Benchmark
from submissions.models import Report
from tests.api.conftest import Api
from tests.pages.conftest import Nowhere, cut
from tests.small import SLUG, People, import_file, qa_row, write_csv

B = f"benchmarks/{SLUG}"


@pytest.fixture
def two(
    benchmark: Benchmark, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1.0.0, then 1.1.0 in which q2 became 25."""
    settings.ERRATA_HOME = tmp_path / "home"
    monkeypatch.setattr("versions.services.ship_release.PUBLISHER", Nowhere())
    cut(benchmark)
    rows = [
        qa_row(n, **({"answer": "25", "lower": "24", "upper": "26"} if n == 2 else {}))
        for n in range(1, 7)
    ]
    import_file(write_csv(tmp_path / "next.csv", rows), upstream="v2/test")
    cut(benchmark)


def test_names(api: Api, two: None, crew: People) -> None:
    for name, versions in (("v1.0/test", ["1.0.0"]), ("v1", ["1.0.0", "1.1.0"])):
        form = {"name": name, "versions": versions}
        assert api("post", f"{B}/names/", crew.maintainer, form).status_code == 200
    told = api("get", f"{B}/names/").json()
    assert told["names"] == {"v1": ["1.0.0", "1.1.0"], "v1.0/test": ["1.0.0"]}
    named = api("get", f"{B}/releases/named/?name=v1.0/test").json()
    assert named == api("get", f"{B}/releases/1.0.0/").json()
    for path in (f"{B}/releases/named/?name=v1", f"{B}/releases/v1/"):
        refused = api("get", path)
        assert (refused.status_code, refused.json()["code"]) == (400, "ambiguous_version")
        assert refused.json()["details"]["versions"] == ["1.0.0", "1.1.0"]

    report = {"benchmark": SLUG, "instance": "q2", "category": "wrong_answer", "rationale": "x"}
    for seen_in, status, code in (("v1", 400, "ambiguous_version"), ("v9", 404, "no_release")):
        refused = api("post", "reports/", crew.user, report | {"seen_in": seen_in})
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert Report.objects.count() == 0
    filed = api("post", "reports/", crew.user, report | {"seen_in": "v1.0/test"})
    assert (filed.status_code, filed.json()["seen_in"]) == (201, "1.0.0")


def test_a_withdrawn_release(api: Api, two: None, crew: People) -> None:
    form = {"reason": "A column was shifted.", "instead": "1.0.0"}
    told = api("post", f"{B}/releases/1.1.0/withdraw/", crew.maintainer, form).json()
    assert told["status"] == "withdrawn"
    assert told["withdrawal"] | form == told["withdrawal"]
    assert api("get", f"{B}/releases/latest/").json()["version"] == "1.0.0"
    listed = api("get", f"{B}/releases/").json()["results"]
    assert [(row["status"], bool(row["withdrawal"])) for row in listed] == [
        ("withdrawn", True),
        ("published", False),
    ]
    records = api("get", f"{B}/errata/").json()["results"]
    assert records[0]["id"] == told["withdrawal"]["advisory"]
    assert api("get", f"{B}/errata/{records[0]['id']}/").json() == records[0]
    again = api("post", f"{B}/releases/1.1.0/withdraw/", crew.maintainer, form)
    assert (again.status_code, again.json()["code"]) == (409, "withdrawn_already")
