"""The answer contract of a benchmark: the version in force, or what its preset comes to."""

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from errata.contract import Contract, InvalidContract

from registry.errors import InvalidInput
from registry.models import Benchmark, ContractVersion
from registry.presets import Preset
from registry.selectors import preset_of


def contract_in_force(benchmark: Benchmark) -> Contract:
    """The benchmark's contract; that of its preset while nobody set one."""
    last = last_version(benchmark)
    return read_contract(last) if last else contract_from_preset(preset_of(benchmark))


def last_version(benchmark: Benchmark) -> ContractVersion | None:
    """The newest version that was set; versions only rise."""
    return ContractVersion.objects.filter(benchmark=benchmark).order_by("-pk").first()


def read_contract(version: ContractVersion) -> Contract:
    """The contract behind a stored version."""
    return Contract.from_dict(json.loads(version.document))


def contract_from_preset(preset: Preset) -> Contract:
    """The first contract: the usual prompt, and the preset's words for unanswerable."""
    return Contract(unanswerable=tuple(sorted(preset.unanswerable)))


def parse_contract(text: str, over: Contract) -> Contract:
    """The contract that a TOML text says; what it leaves out is as in `over`. Or InvalidInput."""
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _bad(f"The contract is no TOML: {error}.") from error
    return changed_contract(over, fields)


def changed_contract(over: Contract, fields: Mapping[str, Any]) -> Contract:
    """A contract with some fields changed, or InvalidInput."""
    try:
        return Contract.from_dict(over.to_dict() | dict(fields))
    except InvalidContract as error:
        raise _bad(str(error)) from error


def _bad(message: str) -> InvalidInput:
    return InvalidInput(message, code="bad_contract")
