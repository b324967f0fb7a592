"""The answer contract by API."""

from registry.contracts import contract_in_force
from registry.models import Benchmark, ContractVersion
from tests.api.conftest import Api
from tests.small import SLUG, People

ADDRESS = f"benchmarks/{SLUG}/contract/"


def test_the_contract_is_read_and_set(api: Api, benchmark: Benchmark, crew: People) -> None:
    shown = api("get", ADDRESS).json()
    contract = contract_in_force(benchmark)
    assert shown == {**contract.to_dict(), "digest": contract.digest}
    changed = {"version": "1.1.0", "unanswerable": ["none"], "reason": "Clearer"}
    made = api("post", ADDRESS, crew.maintainer, changed)
    assert (made.status_code, made.json()["version"]) == (201, "1.1.0")
    assert made.json()["template"] == contract.template
    again = api("post", ADDRESS, crew.maintainer, changed)
    assert again.status_code == 200
    listed = api("get", f"{ADDRESS}versions/").json()["results"]
    assert [(row["version"], row["contract"]["unanswerable"]) for row in listed] == [
        ("1.1.0", ["none"])
    ]
    assert ContractVersion.objects.count() == 1


def test_what_cannot_be_used_is_refused(api: Api, benchmark: Benchmark, crew: People) -> None:
    for fields, code in (
        ({"version": "1"}, "bad_contract"),
        ({"version": "1.1.0", "template": "{inputs}"}, "bad_contract"),
        ({"version": "1.1.0", "formats": {"colour": "A colour."}}, "bad_contract"),
    ):
        refused = api("post", ADDRESS, crew.maintainer, fields)
        assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert not ContractVersion.objects.exists()
