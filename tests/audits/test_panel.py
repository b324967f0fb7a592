"""The panel file: what it says, what is wrong with one, and the verifiers it makes."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.checks import run_checks

from audits import catalog
from audits.panel import EndpointSettings, ModelSettings, Panel, load_panel
from audits.verifiers.base import ABSTAIN, Ballot, Input, Item
from registry.errors import InvalidInput

PANEL = """
currency = "EUR"
examples = 2

[endpoints.here]
base_url = "http://127.0.0.1:8080/v1"
key_env = "MY_KEY"
connections = 50

[models.a]
endpoint = "here"
model = "org/model-a"
temperature = "0.5"
samples = 7
price_in = "0.15"
price_out = "0.60"

[models.b]
endpoint = "here"
model = "b"

[verifiers.blind_recompute]
models = ["a", "b"]

[verifiers.cross_examine]
models = ["b"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "panel.toml"
    path.write_text(text)
    return path


def test_a_panel(tmp_path: Path) -> None:
    panel = load_panel(write(tmp_path, PANEL))
    assert (panel.currency, panel.examples) == ("EUR", 2)
    assert panel.endpoint_of("a").host == "127.0.0.1:8080"
    assert panel.models["a"].samples == 7
    assert panel.verifiers["blind_recompute"].models == ("a", "b")


def test_no_file_is_no_panel(tmp_path: Path) -> None:
    assert load_panel(tmp_path / "panel.toml") == Panel()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert load_panel(write(tmp_path, PANEL)).examples == 2
    assert (
        load_panel(write(tmp_path, PANEL.replace("examples = 2", "examples = 20"))).examples == 20
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('currency = "EUR"', "currency = ", "cannot be used"),
        ('currency = "EUR"', 'currency = "euro"', "three letters"),
        ("examples = 2", "exmaples = 2", "knows no 'exmaples'; it has currency, examples"),
        ("examples = 2", "examples = 99", "examples is 99; give 0 to 20"),
        ("connections = 50", "connections = 0", "connections is 0; give 1 to 10000"),
        ("connections = 50", "connections = true", "connections must be of type int"),
        ("connections = 50", "timeout = nan", "timeout is nan"),
        ("connections = 50", 'structured = "yaml"', "use json_schema, json_object, none"),
        ("connections = 50", 'api_key = "s"', "knows no 'api_key'"),
        ("http://127.0.0.1:8080/v1", "127.0.0.1:8080", "give one like https://host/v1"),
        ("http://127.0.0.1:8080/v1", "http://[::1/v1", "give one like https://host/v1"),
        ("http://127.0.0.1", "http://me:secret@127.0.0.1", "name its variable in key_env"),
        ('base_url = "http://127.0.0.1:8080/v1"', "", r"\[endpoints.here\] needs base_url"),
        ('endpoint = "here"', 'endpoint = "there"', "there is no .endpoints.there"),
        ('model = "org/model-a"', "", r"\[models.a\] needs model"),
        ('model = "org/model-a"', 'model = ""', "model is empty"),
        ('temperature = "0.5"', "temperature = 0.5", "temperature must be a text in quotes"),
        ('temperature = "0.5"', 'temperature = "hot"', "give a decimal in quotes"),
        ('temperature = "0.5"', 'temperature = "3"', "temperature is 3; give 0 to 2"),
        ('price_in = "0.15"', 'price_in = "-1"', "price_in is -1"),
        ('price_in = "0.15"', 'price_in = "inf"', "give a decimal in quotes"),
        ("samples = 7", "samples = 0", "samples is 0; give 1 to 100"),
        ('models = ["a", "b"]', 'models = ["a", "c"]', "names c, and .models. has no such"),
        ('models = ["a", "b"]', 'models = ["a", "a"]', "names a model twice"),
        ('models = ["a", "b"]', "models = []", "needs models"),
        ("[models.b]", "[models.B]", "'B' is no name"),
        ("[verifiers.cross_examine]", f"[verifiers.{'k' * 49}]", "at most 50 characters"),
        ("[verifiers.cross_examine]", "[verifiers]", "must hold tables"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in PANEL
    with pytest.raises(InvalidInput, match=sentence) as caught:
        load_panel(write(tmp_path, PANEL.replace(old, new, 1)))
    assert "docs/verifiers.md" in str(caught.value)


def test_a_panel_that_cannot_be_used_is_said_at_the_start(
    settings: LazySettings, tmp_path: Path
) -> None:
    def said() -> list[str]:
        return [each.msg for each in run_checks() if each.id in ("errata.E002", "errata.E003")]

    assert said() == []
    settings.ERRATA_PANEL = tmp_path / "panel.toml"
    assert said() == [f"ERRATA_PANEL names {tmp_path}/panel.toml, and there is no such file."]
    write(tmp_path, PANEL)
    assert said() == []
    write(tmp_path, PANEL + "[")
    assert "cannot be used" in said()[0]


def test_keys_come_from_the_environment() -> None:
    endpoint = EndpointSettings(name="here", base_url="http://127.0.0.1:1/v1", key_env="MY_KEY")
    assert endpoint.key({"MY_KEY": "secret"}) == "secret"
    with pytest.raises(InvalidInput, match="MY_KEY, which is not set"):
        endpoint.key({})
    assert EndpointSettings(name="here", base_url="http://127.0.0.1:1/v1").key({}) == ""


def test_costs_are_whole_billionths_rounded_up() -> None:
    model = ModelSettings(name="a", endpoint="e", model="m", price_in="0.15", price_out="0.60")
    assert model.cost(1_000_000, 1_000_000) == 750_000_000
    assert model.cost(1, 0) == 150
    tiny = ModelSettings(name="a", endpoint="e", model="m", price_in="0.0001")
    assert tiny.cost(1, 0) == 1  # a tenth of a billionth


def made(settings: LazySettings, folder: Path, text: str = PANEL) -> dict[str, Any]:
    settings.ERRATA_PANEL = write(folder, text)
    return {one.name: one for one in catalog.verifiers() if "@" in one.name}


def test_one_verifier_for_each_kind_and_model(settings: LazySettings, tmp_path: Path) -> None:
    found = made(settings, tmp_path)
    assert list(found) == ["blind_recompute@a", "blind_recompute@b", "cross_examine@b"]
    assert [(v.samples, v.stage) for v in found.values()] == [(7, 0), (5, 0), (1, 1)]
    assert [v.model for v in found.values()] == ["a", "b", "b"]
    assert len({v.version for v in found.values()}) == 3
    assert all(len(v.version) == 64 for v in found.values())
    assert [v.name for v in catalog.verifiers(["limits", "cross_examine@b"])] == [
        "limits",
        "cross_examine@b",
    ]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ('temperature = "0.5"', 'temperature = "0.6"', True),
        ('model = "org/model-a"', 'model = "org/model-a2"', True),
        ("samples = 7", "max_tokens = 77", True),
        ("samples = 7", "samples = 8", False),  # only asks for one more
        ('price_in = "0.15"', 'price_in = "0.20"', False),
        ("127.0.0.1:8080", "127.0.0.1:8081", False),
    ],
)
def test_the_version_holds_what_may_change_an_answer(
    settings: LazySettings, tmp_path: Path, old: str, new: str, changes: bool
) -> None:
    before = made(settings, tmp_path)["blind_recompute@a"].version
    after = made(settings, tmp_path, PANEL.replace(old, new))["blind_recompute@a"].version
    assert (before != after) is changes


def test_another_prompt_is_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    from audits.verifiers.metadata_audit import MetadataAudit

    model = ModelSettings(name="a", endpoint="e", model="m")
    before = MetadataAudit(model).version
    monkeypatch.setattr("audits.verifiers.model.read_prompt", lambda name: "Decide.")
    assert MetadataAudit(model).version != before


class Plugged:
    """A model verifier of somebody else."""

    version, samples, stage = "1", 1, 0

    def __init__(self, model: ModelSettings) -> None:
        self.name, self.model = f"plugged@{model.name}", model.name

    def look(self, item: Item) -> Input | None:
        return {"answer": item.answer}

    def messages(self, given: Input) -> list[dict[str, str]]:
        return [{"role": "user", "content": given["answer"]}]

    async def judge(self, given: Input, ask: Any) -> Ballot:
        return ABSTAIN


class Speechless(Plugged):
    """Without messages no cost can be told."""

    messages = None  # type: ignore[assignment]


def test_other_model_verifiers_are_plugged_in_by_path(
    settings: LazySettings, tmp_path: Path
) -> None:
    table = '[verifiers.plugged]\nmodels = ["a"]\npath = "tests.audits.test_panel.Plugged"\n'
    assert "plugged@a" in made(settings, tmp_path, PANEL + table)
    for old, new, sentence in (
        ("Plugged", "Speechless", "needs the methods look, messages and judge"),
        ("Plugged", "Missing", "cannot be made"),
        ("path", "#", "is no built-in .there are metadata_audit"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            made(settings, tmp_path, PANEL + table.replace(old, new))


def test_an_unknown_verifier_is_told_where_to_go(settings: LazySettings, tmp_path: Path) -> None:
    made(settings, tmp_path)
    with pytest.raises(InvalidInput, match=r"no verifier blind_recompute@z.*panel\.toml"):
        catalog.verifiers(["blind_recompute@z"])
