"""What a preset may say, checked when it is read: a slip must not import nonsense."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from errata.answers import KINDS, Kind, UnreadableAnswer, parse_answer
from errata.manifest import is_safe_path

from registry.errors import InvalidInput

SPLIT_ROLES = ("train", "validation", "test")
CHOICE_ANSWERS = ("letter", "index", "text", "any")
TABLES = (
    "benchmark", "splits", "columns", "kinds", "limits", "values", "categories", "ranges",
    "predictions", "reports", "scoring",
)  # fmt: skip
BOUNDS: tuple[Kind, ...] = ("number", "date", "duration")  # kinds that have an order
LISTS = ("unanswerable", "rewordable")
SECTIONS = {"name", "source", "choice_answer", *LISTS, *TABLES}
ROLES = ("inputs", "derivation", "meta")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,50}")
_COST = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4})?")
_SENTENCE = 300  # characters
_SPLIT, _FILE = 50, 150  # characters of a split's name, and of it as its files are called


def check_preset(document: Mapping[str, Any]) -> None:
    """Raise InvalidInput (`bad_preset`) with the first thing that is wrong."""
    for problem in _problems(document):
        raise InvalidInput(
            f"The preset does not hold: {problem}. See docs/presets.md for what it may say.",
            code="bad_preset",
        )


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    if unknown := sorted(document.keys() - SECTIONS):
        yield f"nobody knows {', '.join(unknown)}"
    if not isinstance(document.get("name"), str) or not document["name"]:
        yield 'it needs a name, as in name = "mine"'
    for name in TABLES:
        if not isinstance(document.get(name, {}), dict):
            yield f"[{name}] is no table"
    for name in LISTS:
        if not _is_names(document.get(name, [])):
            yield f'{name} is no list of texts, as in {name} = ["N/A"]'
    if document.get("choice_answer", "letter") not in CHOICE_ANSWERS:
        yield f"choice_answer is one of {', '.join(CHOICE_ANSWERS)}"
    yield from _columns(document)
    yield from _source(document)
    yield from _words(document)
    yield from _ranges(document.get("ranges", {}))
    yield from _scoring(document.get("scoring", {}))


def _columns(document: Mapping[str, Any]) -> Iterator[str]:
    columns = dict(document.get("columns", {}))
    tables = {f"columns.{role}": columns.pop(role, {}) for role in ROLES}
    tables |= {"columns": columns}
    tables |= {name: document.get(name, {}) for name in ("predictions", "reports")}
    for table, roles in tables.items():
        if not isinstance(roles, dict):
            yield f"[{table}] is no table"
            return
        for role, names in roles.items():
            if not _is_names(names):
                yield f'[{table}] {role} is no list of column names, as in {role} = ["Column"]'
    for pattern in document.get("predictions", {}).get("abstained", ()):
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"'{pattern}' in [predictions] abstained is no regular expression ({error})"


def _source(document: Mapping[str, Any]) -> Iterator[str]:
    meta = dict(document.get("columns", {})).get("meta", {})
    if document.get("source", "") not in ("", *meta):
        yield f"source is one of the fields of [columns.meta] ({', '.join(meta) or 'none'})"


def _words(document: Mapping[str, Any]) -> Iterator[str]:
    kinds = dict(document.get("kinds", {}))
    named = [*kinds.pop("by_group", {}).values(), *kinds.values(), *document.get("limits", {})]
    if unknown := [kind for kind in named if kind not in KINDS]:
        yield f"'{unknown[0]}' is no answer kind ({', '.join(KINDS)})"
    yield from _splits(document.get("splits", {}))
    for code, sentence in document.get("categories", {}).items():
        if not _CODE.fullmatch(code):
            yield f"the category '{code}' has to be made of letters, digits, _ and -, at most 50"
        if not isinstance(sentence, str) or not 0 < len(sentence) <= _SENTENCE:
            yield f"the category {code} needs a sentence of at most {_SENTENCE} characters"


def _splits(splits: Mapping[str, Any]) -> Iterator[str]:
    for name, role in splits.items():
        if role not in SPLIT_ROLES:
            yield f"'{role}' is no role of a split ({', '.join(SPLIT_ROLES)})"
        if len(name) > _SPLIT or len(quote(name, safe="")) > _FILE:
            yield f"the split '{name[:_SPLIT]}' is too long for the names of its files"
        elif not is_safe_path(f"{quote(name, safe='')}.jsonl"):
            yield f"the split '{name}' cannot name a file on every system"
    if len({name.casefold() for name in splits}) < len(splits):
        yield "two splits have names that some systems cannot tell apart"


def _ranges(ranges: Mapping[str, Any]) -> Iterator[str]:
    for group, limits in ranges.items():
        if not isinstance(limits, dict) or not limits.keys() <= {"lower", "upper"} or not limits:
            yield f"the range of '{group}' needs a lower or an upper limit"
            return
        for text in limits.values():
            if not isinstance(text, str) or not any(_reads(text, kind) for kind in BOUNDS):
                yield f"the range of '{group}' has {text!r}, which is no number or date as a text"


def _scoring(scoring: Mapping[str, Any]) -> Iterator[str]:
    if unknown := sorted(scoring.keys() - {"band_cost"}):
        yield f"[scoring] knows no {unknown[0]}"
    cost = scoring.get("band_cost", "1")
    if not isinstance(cost, str) or not _COST.fullmatch(cost) or not 1 <= float(cost) <= 1000:
        yield '[scoring] band_cost is a number from 1 to 1000 as a text, as in band_cost = "3"'


def _reads(text: str, kind: Kind) -> bool:
    try:
        return not parse_answer(text, kind).unanswerable
    except UnreadableAnswer:
        return False


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and name for name in value)
