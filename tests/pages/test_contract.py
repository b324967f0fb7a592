"""The page of the answer contract: everybody reads it, maintainers set the next version."""

from collections.abc import Callable
from typing import Any

from errata.contract import Contract

from registry.contracts import contract_in_force
from registry.forms import ContractForm
from registry.models import Benchmark, ContractVersion
from tests.pages.conftest import text_of
from tests.small import People

Browse = Callable[..., Any]
ADDRESS = "/b/small-qa/contract/"


def data(contract: Contract, **changed: str) -> dict[str, str]:
    return ContractForm.filled(contract) | {"reason": "Clearer"} | changed


def test_everybody_reads_what_a_model_is_asked(benchmark: Benchmark, browse: Browse) -> None:
    page = text_of(browse().get(ADDRESS))
    assert "In force: version 1.0.0, made from the preset" in page
    assert "Question: What is ten times 1?" in " ".join(page.split())
    assert "Set the next version" not in page


def test_a_maintainer_sets_the_next_version(
    benchmark: Benchmark, crew: People, browse: Browse
) -> None:
    client = browse(crew.maintainer)
    words = {"unanswerable": "none\r\n\r\n no idea "}
    given = data(contract_in_force(benchmark), version="1.1.0", **words)
    given["template"] = given["template"].replace("\n", "\r\n")
    assert client.post(ADDRESS, given).status_code == 302
    contract = contract_in_force(benchmark)
    assert (contract.version, contract.unanswerable) == ("1.1.0", ("none", "no idea"))
    assert contract.template == Contract().template
    assert contract.formats == Contract().formats
    page = text_of(client.get(ADDRESS))
    assert "Version 1.1.0 is in force." in page
    assert "Clearer" in page
    assert client.post(ADDRESS, given).status_code == 302
    assert "Nothing is changed." in text_of(client.get(ADDRESS))
    assert ContractVersion.objects.count() == 1


def test_a_refusal_keeps_what_was_typed(benchmark: Benchmark, crew: People, browse: Browse) -> None:
    client = browse(crew.maintainer)
    typed = data(contract_in_force(benchmark), version="1.1.0", template="{note}")
    refused = client.post(ADDRESS, typed)
    assert refused.status_code == 400
    page = text_of(refused)
    assert "has to say that the final answer stands between" in page
    assert "{note}" in page
    assert not ContractVersion.objects.exists()
