"""manage.py set_policy: put a benchmark's policy in force, or show the one that is."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audits.policies import describe
from audits.selectors import current_policy
from audits.services.set_policy import set_policy
from registry.errors import InvalidInput
from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Command(ErrataCommand):
    help = "Put a policy (TOML) in force for a benchmark; without a file, show what is in force."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("file", nargs="?", type=Path, help="the policy; see docs/triage.md")
        parser.add_argument("--reason", default="", help="goes into the benchmark's history")

    def run(self, *, slug: str, file: Path | None, reason: str, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(slug, self.actor)
        if file is not None:
            set_policy(actor=self.actor, benchmark=benchmark, text=read_file(file), reason=reason)
        return {"benchmark": slug, **describe(current_policy(benchmark))}

    def lines(self, result: dict[str, Any]) -> list[str]:
        """What is in force, as a policy file that may be changed and put in force."""
        named = {name: value for name, value in result.items() if name != "benchmark"}
        return [f"# In force for {result['benchmark']}.", *_toml(named)]


def _toml(values: Mapping[str, Any], table: str = "") -> Iterator[str]:
    """Keys and values as TOML, those of tables dotted; texts and lists are written as in JSON."""
    for name, value in values.items():
        key = table + (name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False))
        if isinstance(value, Mapping):
            yield from _toml(value, f"{key}.")
        else:
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"


def read_file(file: Path) -> str:
    """The text of a policy file; InvalidInput if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}. Give a TOML file in UTF-8.") from error
