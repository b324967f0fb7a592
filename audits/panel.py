"""The panel: which models verifiers may ask, where, at what price and within which limits.

A TOML file named by ERRATA_PANEL (default: `panel.toml` in ERRATA_HOME); without it no verifier
asks a model. Keys stay in the environment: the file names the variable. Amounts of money are whole
billionths of the panel's currency everywhere, so that they add up. docs/verifiers.md shows a file.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from audits.money import BILLION
from registry.errors import InvalidInput

MILLION = 10**6
MODES = ("json_schema", "json_object", "none")
MAX_NAME = 50  # of an endpoint, and of a verifier: kind@model
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_MOST = Decimal(10**6)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """An OpenAI-compatible endpoint. `connections` and the rates hold for the whole hub."""

    name: str
    base_url: str
    key_env: str = ""
    connections: int = 8
    requests_per_minute: int = 0  # 0: no limit
    timeout: float = 120.0  # seconds for one call
    structured: str = "json_schema"  # what it understands: json_schema, json_object, none

    @property
    def host(self) -> str:
        """Who receives the text: host and port as people read them."""
        return urlsplit(self.base_url).netloc

    def key(self, environ: Mapping[str, str]) -> str:
        """The key from the environment; empty where the endpoint wants none. InvalidInput."""
        if self.key_env and not environ.get(self.key_env):
            raise InvalidInput(
                f"The endpoint {self.name} takes its key from {self.key_env}, which is not set. "
                "Set it for the web processes and for all workers.",
                code="no_key",
            )
        return environ.get(self.key_env, "") if self.key_env else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """One model at one endpoint. Prices are per million tokens, in the panel's currency."""

    name: str
    endpoint: str
    model: str
    temperature: str = "0.7"  # empty: the endpoint's own; with 0 all samples would be alike
    max_tokens: int = 4_000  # of one answer
    samples: int = 5  # of the blind verifier; the others look once
    tools: bool = True  # whether it can call functions
    price_in: str = "0"
    price_out: str = "0"

    def cost(self, tokens_in: int, tokens_out: int) -> int:
        """What so many tokens cost, in billionths, rounded up."""
        millionths = tokens_in * Decimal(self.price_in) + tokens_out * Decimal(self.price_out)
        return int((millionths * BILLION / MILLION).to_integral_value(rounding="ROUND_CEILING"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """The models that one kind of verifier asks; `path` is its class, unless it is a built-in."""

    kind: str
    models: tuple[str, ...]
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The whole file. `verifiers` holds by kind which models a model verifier asks."""

    currency: str = "USD"
    endpoints: Mapping[str, EndpointSettings] = field(default_factory=dict)
    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    verifiers: Mapping[str, Seats] = field(default_factory=dict)
    examples: int = 3  # decided labels of the group that go into the prompts

    def endpoint_of(self, model: str) -> EndpointSettings:
        """The endpoint of the model of this name."""
        return self.endpoints[self.models[model].endpoint]


def load_panel(path: Path) -> Panel:
    """The panel in a file, or an empty one where there is no file; InvalidInput if it is bad."""
    if not path.is_file():
        return Panel()
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> Panel:
    try:
        return _build(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, _BadPanel) as error:
        raise InvalidInput(
            f"The panel {path.name} cannot be used: {error}. See docs/verifiers.md for its form.",
            code="bad_panel",
        ) from error


class _BadPanel(Exception):
    """What is wrong, as the rest of a sentence."""


def _build(document: dict[str, Any]) -> Panel:
    tables = {name: document.pop(name, {}) for name in ("endpoints", "models", "verifiers")}
    for name, table in tables.items():
        if not isinstance(table, dict) or not all(isinstance(t, dict) for t in table.values()):
            raise _BadPanel(f"[{name}] must hold tables, such as [{name}.mine]")
    endpoints = {name: _endpoint(name, table) for name, table in tables["endpoints"].items()}
    models = {name: _model(name, table) for name, table in tables["models"].items()}
    for model in models.values():
        if model.endpoint not in endpoints:
            raise _BadPanel(f"[models.{model.name}] names the endpoint {model.endpoint!r}, "
                            f"and there is no [endpoints.{model.endpoint}]")  # fmt: skip
    verifiers = {name: _seats(name, table, models) for name, table in tables["verifiers"].items()}
    made = {"endpoints": endpoints, "models": models, "verifiers": verifiers}
    panel = _filled(Panel, "the panel", document, made)
    if not re.fullmatch("[A-Z]{3}", panel.currency):
        raise _BadPanel(f"currency is {panel.currency!r}; give three letters, such as USD")
    _require_between("examples", panel.examples, 0, 20)
    return panel


def _endpoint(name: str, table: dict[str, Any]) -> EndpointSettings:
    where = f"[endpoints.{name}]"
    _require_name(where, name, MAX_NAME)
    made = _filled(EndpointSettings, where, table, {"name": name})
    try:
        url = urlsplit(made.base_url)
        good = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        good = False
    if not good:
        raise _BadPanel(f"{where} base_url is {made.base_url!r}; give one like https://host/v1")
    if "@" in url.netloc or url.query:
        raise _BadPanel(f"{where} base_url holds a key; name its variable in key_env instead")
    if made.structured not in MODES:
        raise _BadPanel(f"{where} structured is {made.structured!r}; use {', '.join(MODES)}")
    _require_between(f"{where} connections", made.connections, 1, 10_000)
    _require_between(f"{where} requests_per_minute", made.requests_per_minute, 0, 10**7)
    _require_between(f"{where} timeout", made.timeout, 1, 3_600)
    return made


def _model(name: str, table: dict[str, Any]) -> ModelSettings:
    where = f"[models.{name}]"
    _require_name(where, name, MAX_NAME)
    made = _filled(ModelSettings, where, table, {"name": name})
    if not made.model:
        raise _BadPanel(f"{where} model is empty; give the name by which the endpoint knows it")
    if made.temperature:
        _require_between(f"{where} temperature", _decimal(where, made, "temperature"), 0, 2)
    for price in ("price_in", "price_out"):
        _require_between(f"{where} {price}", _decimal(where, made, price), 0, _MOST)
    _require_between(f"{where} max_tokens", made.max_tokens, 1, 1_000_000)
    _require_between(f"{where} samples", made.samples, 1, 100)
    return made


def _seats(kind: str, table: dict[str, Any], models: Mapping[str, Any]) -> Seats:
    where = f"[verifiers.{kind}]"
    names = table.get("models")
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise _BadPanel(f'{where} needs models = ["…"], names of [models]')
    if unknown := sorted(set(names) - models.keys()):
        raise _BadPanel(f"{where} names {', '.join(unknown)}, and [models] has no such model")
    if len(set(names)) < len(names):
        raise _BadPanel(f"{where} names a model twice; it has one voice")
    for model in names:
        _require_name(where, f"{kind}@{model}".replace("@", "-"), MAX_NAME)
    seats: dict[str, Any] = {"kind": kind, "models": tuple(names)}
    return _filled(Seats, where, {k: v for k, v in table.items() if k != "models"}, seats)


def _filled(made: type[_T], where: str, table: dict[str, Any], given: dict[str, Any]) -> _T:
    """The dataclass from a table, every key known and of the type that the class says."""
    types = {each.name: each.type for each in fields(made)}  # type: ignore[arg-type]
    allowed = [name for name in types if name not in given]
    for key, value in table.items():
        if key not in allowed:
            raise _BadPanel(f"{where} knows no {key!r}; it has {', '.join(allowed)}")
        wanted = types[key]
        if wanted is float and type(value) is int:
            continue
        if type(value) is not wanted:
            hint = "a text in quotes" if wanted is str else f"of type {wanted.__name__}"  # type: ignore[union-attr]
            raise _BadPanel(f"{where} {key} must be {hint}, not {value!r}")
    try:
        return made(**table, **given)
    except TypeError as error:
        missing = re.findall(r"'(\w+)'", str(error))
        raise _BadPanel(f"{where} needs {' and '.join(missing)}") from error


def _require_name(where: str, name: str, most: int) -> None:
    if not _NAME.fullmatch(name) or len(name) > most:
        raise _BadPanel(
            f"{where}: {name!r} is no name; use small letters, digits, '.', '_' and '-', "
            f"at most {most} characters (verifier and model together)"
        )


def _require_between(
    what: str, value: float | Decimal, least: float, most: float | Decimal
) -> None:
    if not least <= value <= most:
        raise _BadPanel(f"{what} is {value}; give {least} to {most}")


def _decimal(where: str, made: ModelSettings, name: str) -> Decimal:
    text = getattr(made, name)
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise _BadPanel(f'{where} {name} is {text!r}; give a decimal in quotes, such as "0.15"')
    return value
