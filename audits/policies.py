"""Reading a policy: TOML in, a checked Policy out, or a sentence that says what is wrong."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from audits.evidence import GATES, USUAL, Policy
from registry.errors import InvalidInput
from registry.presets.check import SPLIT_ROLES

HUB_POLICY = Path(__file__).with_name("policy.toml")
_AT_LINE = re.compile(r"\(at line (\d+)")
_KEYS = tuple(field.name for field in fields(Policy))
_SHARES = (
    *("contested_from", "possible_from", "sampled", "default_doubt", "supermajority"),
    *("exploration", "control_upper"),
)
_LEAST = {"open_cases": 0, "ruling_after": 1, "experts_per_case": 1, "practice_cases": 0}
MAX_WEIGHT = 100.0


@lru_cache(maxsize=8)
def load_policy(path: Path = HUB_POLICY) -> Policy:
    """The policy in a TOML file; the hub's own by default."""
    return parse_policy(path.read_text(encoding="utf-8"))


def parse_policy(text: str, *, over: Policy | None = None, version: str = "") -> Policy:
    """The policy that a TOML text says; what it leaves out, also within a table, is as in `over`.

    Raises InvalidInput for what is no TOML, an unknown key, a value of another type or out of its
    bounds; without `over` also for an absent key that has no default. `version` wins over the
    text's own.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _bad(f"it is no TOML: {error}") from error
    if unknown := sorted(document.keys() - set(_KEYS)):
        raise _bad(f"{', '.join(unknown)} is no key of a policy; there are {', '.join(_KEYS)}")
    given = {name: getattr(over, name) for name in _KEYS} if over else {}
    for name, value in document.items():
        given[name] = _laid_over(given.get(name), _frozen(value))
    given |= {"version": version} if version else {}
    try:
        policy = Policy(**given)
    except TypeError as error:
        raise _bad(str(error).replace("Policy.__init__() ", "")) from error
    _check(policy)
    return policy


def line_at_fault(text: str, message: str) -> int | None:
    """The line of a policy's text that a refusal is about, if it names one or a key written there.

    A key counts with its table, as in `doubt.limits`; of several the longest name is meant.
    """
    if told := _AT_LINE.search(message):
        return int(told[1])
    if "(at end of document)" in message:
        return max(1, len(text.splitlines()))
    table, found = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if head := re.match(r"\s*\[([^\]]+)\]", line):
            table = head[1].strip()
            found.setdefault(table, number)
        elif entry := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            name = entry[1].replace('"', "").replace("'", "")
            found.setdefault(f"{table}.{name}" if table else name, number)
    named = [name for name in found if re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", message)]
    return found[max(named, key=len)] if named else None


def describe(policy: Policy) -> dict[str, Any]:
    """The policy by key, as JSON can say it; absent endpoints are left out."""
    values = {name: getattr(policy, name) for name in _KEYS}
    return {name: _thawed(value) for name, value in values.items() if value is not None}


def _check(policy: Policy) -> None:
    for name in ("version", "seed"):
        if not isinstance(getattr(policy, name), str) or not getattr(policy, name):
            raise _bad(f"{name} must be a text")
    _check_shares(policy)
    _require_number("band_weight", policy.band_weight, 1, MAX_WEIGHT)
    for name, least in _LEAST.items():
        _require_whole(name, getattr(policy, name), least)
    _check_risks(policy)
    for name, groups in _table(policy, "specialty").items():
        _require_names(f"specialty.{name}", groups)
    _require_names("rewards_from", policy.rewards_from)
    if strange := sorted(set(policy.rewards_from) - set(SPLIT_ROLES)):
        raise _bad(
            f"rewards_from names {strange[0]}, which is no role of a split; there are "
            f"{', '.join(SPLIT_ROLES)}"
        )
    _require_names("gates", policy.gates)
    if unknown := sorted(set(policy.gates) - set(GATES)):
        raise _bad(f"{', '.join(unknown)} is no gate; there are {', '.join(GATES)}")
    if policy.endpoints is not None:
        _require_names("endpoints", policy.endpoints)


def _check_shares(policy: Policy) -> None:
    shares = {name: getattr(policy, name) for name in _SHARES}
    for table in ("doubt", "residual"):
        shares |= {f"{table}.{name}": value for name, value in _table(policy, table).items()}
    for name, value in shares.items():
        _require_number(name, value, 0, 1)
    if policy.supermajority <= 0.5:
        raise _bad("supermajority must be more than half: 0.8 is four of five")
    if not 0 < policy.control_upper < 1:
        raise _bad("control_upper must lie between 0 and 1: 0.06 is six percent")
    if policy.possible_from > policy.contested_from:
        raise _bad("possible_from must not be above contested_from")


def _check_risks(policy: Policy) -> None:
    seen: dict[str, str] = {}
    for risk, groups in _table(policy, "risk").items():
        _require_names(f"risk.{risk}", groups)
        if risk not in policy.residual:
            raise _bad(f"[residual] says nothing of the risk class {risk} that [risk] names")
        for group in groups:
            if group in seen:
                raise _bad(f"the group {group} is in the risk classes {seen[group]} and {risk}")
            seen[group] = risk
    if idle := sorted(policy.residual.keys() - policy.risk.keys() - {USUAL}):
        raise _bad(f"[risk] names no groups of the class {', '.join(idle)}")


def _table(policy: Policy, name: str) -> Mapping[str, Any]:
    value = getattr(policy, name)
    if not isinstance(value, Mapping):
        raise _bad(f"{name} must be a table: [{name}]")
    return value


def _require_number(name: str, value: object, least: float, most: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= most:  # type: ignore[operator]
        raise _bad(f"{name} must be a number from {least} to {most:g}, not {value!r}")


def _require_whole(name: str, value: object, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise _bad(f"{name} must be a whole number from {least}, not {value!r}")


def _require_names(name: str, value: object) -> None:
    if not isinstance(value, tuple) or not all(isinstance(each, str) for each in value):
        raise _bad(f"{name} must be a list of texts")


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        return {name: _frozen(each) for name, each in value.items()}
    return value


def _laid_over(old: Any, new: Any) -> Any:
    return {**old, **new} if isinstance(old, Mapping) and isinstance(new, Mapping) else new


def _thawed(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return {name: _thawed(each) for name, each in value.items()}
    return value


def _bad(what: str) -> InvalidInput:
    return InvalidInput(f"The policy cannot be used: {what}.", code="bad_policy")
