"""The panel: which models verifiers may ask, where, at what price and within which limits.

A TOML file named by ERRATA_PANEL (default: `panel.toml` in ERRATA_HOME); without it no verifier
asks a model. Keys stay in the environment: the file names the variable. Amounts of money are whole
billionths of the panel's currency everywhere, so that they add up.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from registry.errors import InvalidInput

BILLION = 10**9
MILLION = 10**6


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
    temperature: str = "0"
    max_tokens: int = 2_000
    samples: int = 5  # of the blind verifier; the others look once
    price_in: str = "0"
    price_out: str = "0"

    def cost(self, tokens_in: int, tokens_out: int) -> int:
        """What so many tokens cost, in billionths, rounded up."""
        millionths = tokens_in * Decimal(self.price_in) + tokens_out * Decimal(self.price_out)
        return int((millionths * BILLION / MILLION).to_integral_value(rounding="ROUND_CEILING"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The whole file. `verifiers` maps a model verifier's kind to the models it asks."""

    currency: str = "USD"
    endpoints: Mapping[str, EndpointSettings] = field(default_factory=dict)
    models: Mapping[str, ModelSettings] = field(default_factory=dict)
    verifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, ArithmeticError) as error:
        raise InvalidInput(
            f"The panel {path.name} cannot be read: {error}. See docs/verifiers.md for its form.",
            code="bad_panel",
        ) from error


def _build(document: dict[str, Any]) -> Panel:
    endpoints = {
        name: EndpointSettings(name=name, **table)
        for name, table in document.pop("endpoints", {}).items()
    }
    models = {
        name: ModelSettings(name=name, **table)
        for name, table in document.pop("models", {}).items()
    }
    verifiers = {
        kind: tuple(table["models"]) for kind, table in document.pop("verifiers", {}).items()
    }
    for model in models.values():
        model.cost(1, 1)
        if model.endpoint not in endpoints:
            raise TypeError(f"the model {model.name} names the endpoint {model.endpoint!r}")
    if unknown := {name for names in verifiers.values() for name in names} - models.keys():
        raise TypeError(f"[verifiers] names the models {', '.join(sorted(unknown))}")
    return Panel(endpoints=endpoints, models=models, verifiers=verifiers, **document)
