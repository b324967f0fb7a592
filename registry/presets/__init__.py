"""Presets: how to read the files and answers of a family of benchmarks.

A preset is a TOML file shipped here or named by its path. The benchmark keeps the preset it was
imported with, as JSON in the file's order, so that a later edit of the file changes no rule of
the past.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from errata.answers import KINDS, UNANSWERABLE_WORDS
from errata.grading import Limits
from errata.manifest import canonical_json

from registry.errors import InvalidInput
from registry.presets.check import check_preset

FOLDER = Path(__file__).parent
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preset:
    """One preset. Every column role maps to its alternative names in files, best first."""

    name: str
    benchmark: Mapping[str, str]
    splits: Mapping[str, str]
    columns: Mapping[str, Names]
    key: Names
    inputs: Mapping[str, Names]
    derivation: Mapping[str, Names]
    meta: Mapping[str, Names]
    kinds: Mapping[str, str]
    kinds_by_group: Mapping[str, str]
    default_kind: str
    limits: Mapping[str, Limits]
    values: Mapping[str, Mapping[str, str]]
    unanswerable: Names
    rewordable: Names
    source: str  # the meta field that says where an item came from; empty: none does
    choice_answer: str
    categories: Mapping[str, str]
    ranges: Mapping[str, Mapping[str, str]]
    predictions: Mapping[str, Names]
    reports: Mapping[str, Names]
    band_cost: str  # of an error that moves the risk band, where another costs 1; empty: not said
    text: str = field(repr=False)

    def kind_of(self, written: str | None, group: str) -> str:
        """The answer kind of a row: by its group, else by its kind column, else the default."""
        if group in self.kinds_by_group:
            return self.kinds_by_group[group]
        if not written:
            return self.default_kind
        kind = self.kinds.get(written, written)
        if kind not in KINDS:
            raise InvalidInput(
                f"unknown answer kind '{written}'; the preset knows {', '.join(sorted(self.kinds))}"
            )
        return kind

    def rule(self, kind: str) -> Limits:
        """What counts as right for a label of this kind that brings no limits of its own."""
        return self.limits.get(kind, Limits.exact())


@lru_cache(maxsize=64)
def parse_preset(text: str) -> Preset:
    """The preset behind the JSON text that is stored with a benchmark."""
    return _build(json.loads(text), text)


def load_preset(name: str) -> Preset:
    """The shipped preset `name`, or the one in the file `name` if that ends in .toml."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.is_file():
        shipped = ", ".join(sorted(file.stem for file in FOLDER.glob("*.toml")))
        raise InvalidInput(
            f"There is no preset '{name}'. Name one of {shipped}, or the path of a .toml file.",
            code="unknown_preset",
        )
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        canonical_json(document)  # refuses floats and dates
        text = json.dumps(document, ensure_ascii=False)  # the order of categories is meant
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"The preset {path.name} cannot be read: {error}. Mend the file.", code="bad_preset"
        ) from error
    return parse_preset(text)


def _build(document: dict[str, Any], text: str) -> Preset:
    check_preset(document)
    columns = dict(document.get("columns", {}))
    roles = {name: columns.pop(name, {}) for name in ("inputs", "derivation", "meta")}
    key = tuple(columns.pop("key", ()))
    kinds = dict(document.get("kinds", {}))
    by_group, default = kinds.pop("by_group", {}), kinds.pop("default", "text")
    return Preset(
        name=document["name"],
        benchmark=document.get("benchmark", {}),
        splits=document.get("splits", {}),
        columns=_tuples(columns),
        key=key,
        inputs=_tuples(roles["inputs"]),
        derivation=_tuples(roles["derivation"]),
        meta=_tuples(roles["meta"]),
        kinds=kinds,
        kinds_by_group=by_group,
        default_kind=default,
        limits={kind: _limits(rule) for kind, rule in document.get("limits", {}).items()},
        values=document.get("values", {}),
        unanswerable=tuple({*UNANSWERABLE_WORDS, *document.get("unanswerable", ())}),
        rewordable=tuple(document.get("rewordable", ())),
        source=document.get("source", ""),
        choice_answer=document.get("choice_answer", "letter"),
        categories=document.get("categories", {}),
        ranges=document.get("ranges", {}),
        predictions=_tuples(document.get("predictions", {})),
        reports=_tuples(document.get("reports", {})),
        band_cost=document.get("scoring", {}).get("band_cost", ""),
        text=text,
    )


def _tuples(table: Mapping[str, Any]) -> dict[str, Names]:
    return {name: tuple(names) for name, names in table.items()}


def _limits(rule: Mapping[str, str]) -> Limits:
    try:
        return Limits.within(**rule) if rule else Limits.exact()
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"The preset does not hold: a rule in [limits] has to say absolute or relative as a "
            f'text, as in number = {{ relative = "0.05" }} ({error}).',
            code="bad_preset",
        ) from error


def read_back(preset: Preset, raw: str) -> str:
    """A raw prediction as the model meant it: texts that stand for an abstention become N/A."""
    for pattern in preset.predictions.get("abstained", ()):
        if len(raw) <= 500 and re.fullmatch(pattern, raw):
            return "N/A"
    return raw
