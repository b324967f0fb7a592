"""manage.py set_contract: put an answer contract in force, or show the one that is."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from registry.contracts import contract_in_force, parse_contract
from registry.errors import InvalidInput
from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark
from registry.services.set_contract import set_contract


class Command(ErrataCommand):
    help = "Put an answer contract (TOML) in force; without a file, show the one that is."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("file", nargs="?", type=Path, help="the contract; see docs/formats.md")
        parser.add_argument("--reason", default="", help="goes into the benchmark's history")

    def run(self, *, slug: str, file: Path | None, reason: str, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(slug, self.actor)
        in_force = contract_in_force(benchmark)
        if file is not None:
            in_force = parse_contract(_read(file), in_force)
            set_contract(actor=self.actor, benchmark=benchmark, contract=in_force, reason=reason)
        return {"benchmark": slug, **in_force.to_dict()}

    def lines(self, result: dict[str, Any]) -> list[str]:
        """What is in force, as a file that may be changed and put in force."""
        formats = result.pop("formats")
        named = [(name, value) for name, value in result.items() if name != "benchmark"]
        named += [(f"formats.{kind}", sentence) for kind, sentence in formats.items()]
        return [
            f"# In force for {result['benchmark']}.",
            *(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in named),
        ]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}. Give a TOML file in UTF-8.") from error
