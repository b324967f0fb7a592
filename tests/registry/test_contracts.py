"""Answer contracts on the hub: versions that rise, the one of the preset, and who sets them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import call_command
from errata.contract import Contract

from registry.contracts import contract_from_preset, contract_in_force, parse_contract
from registry.errors import InvalidInput, NotAllowed
from registry.models import Benchmark, ContractVersion, Event, ImportBatch
from registry.presets import load_preset
from registry.selectors import preset_of, system_user
from registry.services.set_contract import keep_contract, set_contract
from tests.small import import_file, people, qa_row, small_benchmark, write_jsonl


@pytest.fixture
def benchmark(db: None, tmp_path: Path) -> Benchmark:
    return small_benchmark(tmp_path, 1)


def put(benchmark: Benchmark, contract: Contract) -> ContractVersion | None:
    return set_contract(actor=system_user(), benchmark=benchmark, contract=contract)


def test_without_one_the_presets_holds(benchmark: Benchmark) -> None:
    contract = contract_in_force(benchmark)
    assert contract == contract_from_preset(preset_of(benchmark))
    assert contract.version == "1.0.0"
    assert "unanswerable" in contract.unanswerable
    assert not ContractVersion.objects.exists()


def test_the_presets_contract_does_not_depend_on_the_order_of_its_words() -> None:
    preset = load_preset("medcalc")
    turned = replace(preset, unanswerable=tuple(reversed(preset.unanswerable)))
    assert contract_from_preset(preset) == contract_from_preset(turned)


def test_a_version_is_kept_with_reason_and_event(benchmark: Benchmark) -> None:
    contract = replace(contract_in_force(benchmark), version="1.1.0", unanswerable=("none",))
    made = set_contract(
        actor=system_user(), benchmark=benchmark, contract=contract, reason=" Shorter. "
    )
    assert made is not None
    assert contract_in_force(benchmark) == contract
    event = Event.objects.get(kind="contract.set")
    assert event.data == {"version": "1.1.0", "digest": contract.digest}
    assert event.reason == made.reason != ""


def test_the_same_contract_again_changes_nothing(benchmark: Benchmark) -> None:
    contract = replace(contract_in_force(benchmark), version="2.0.0")
    assert put(benchmark, contract) is not None
    assert put(benchmark, contract) is None
    assert ContractVersion.objects.count() == 1


@pytest.mark.parametrize("version", ["1.2.0", "1.1.9", "1.0.0"])
def test_the_version_must_rise(benchmark: Benchmark, version: str) -> None:
    first = replace(contract_in_force(benchmark), version="1.2.0", unanswerable=())
    put(benchmark, first)
    with pytest.raises(InvalidInput, match=r"higher than 1\.2\.0"):
        put(benchmark, replace(first, version=version, unanswerable=("none",)))
    assert contract_in_force(benchmark) == first


def test_a_template_asks_only_for_inputs_that_there_are(benchmark: Benchmark) -> None:
    template = "{question} {note} {abstain} <answer></answer>"
    with pytest.raises(InvalidInput, match=r"\{note\}, which no instance has.*question, context"):
        put(benchmark, Contract(version="1.1.0", template=template))


def test_only_maintainers_set_it(benchmark: Benchmark) -> None:
    crew = people(benchmark)
    contract = Contract(version="1.1.0")
    for person in (crew.user, crew.contributor, crew.expert):
        with pytest.raises(NotAllowed):
            set_contract(actor=person, benchmark=benchmark, contract=contract)
    assert not ContractVersion.objects.exists()
    assert set_contract(actor=crew.maintainer, benchmark=benchmark, contract=contract)


def test_whoever_names_the_version_has_it_written_down(benchmark: Benchmark) -> None:
    kept = keep_contract(actor=system_user(), benchmark=benchmark)
    assert ContractVersion.objects.get().version == kept.version == "1.0.0"
    assert keep_contract(actor=system_user(), benchmark=benchmark) == kept
    assert ContractVersion.objects.count() == 1
    other = replace(load_preset("question-answer"), unanswerable=("never",))
    assert contract_from_preset(other) != contract_in_force(benchmark) == kept


def test_the_command_shows_a_file_that_it_takes(
    benchmark: Benchmark, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("set_contract", benchmark.slug)
    shown = capsys.readouterr().out
    assert parse_contract(shown, Contract(unanswerable=())) == contract_in_force(benchmark)
    path = tmp_path / "contract.toml"
    path.write_text('version = "1.1.0"\nformats.number = "A number."\n', encoding="utf-8")
    call_command("set_contract", benchmark.slug, str(path), "--reason", "Shorter", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["version"] == contract_in_force(benchmark).version == "1.1.0"
    assert contract_in_force(benchmark).formats["number"] == "A number."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("version = ", "no TOML"),
        ('colour = "red"', "object of version"),
        ('template = "x"', "nothing of the instance"),
        ("unanswerable = 3", "a list"),
    ],
)
def test_what_is_no_contract_is_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        parse_contract(text, Contract())


def test_every_benchmark_has_a_canary_of_its_own(db: None, tmp_path: Path) -> None:
    one, other = (small_benchmark(tmp_path, 1, slug=slug) for slug in ("one", "other"))
    assert one.canary != other.canary
    one.refresh_from_db()
    assert one.canary == Benchmark.objects.get(slug="one").canary


def test_an_import_notes_the_columns_of_its_file(db: None, tmp_path: Path) -> None:
    benchmark = small_benchmark(tmp_path, 1)
    batch = ImportBatch.objects.get()
    assert batch.columns == list(qa_row(1))
    rows = [{"id": "a", "target": "1", "question": "?", "split": "test"}]
    rows.append({"id": "b", "question": "?", "target": "2", "split": "test", "extra": "x"})
    import_file(write_jsonl(tmp_path / "rows.jsonl", rows), slug=benchmark.slug)
    later = ImportBatch.objects.latest("pk")
    assert later.columns == ["id", "target", "question", "split", "extra"]
