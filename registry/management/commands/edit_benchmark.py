"""manage.py edit_benchmark: title, licence, citation, visibility and the like."""

from argparse import ArgumentParser
from typing import Any

from registry.management.command import ErrataCommand
from registry.models import Visibility
from registry.selectors import get_benchmark
from registry.services.edit_benchmark import FIELDS, edit_benchmark


class Command(ErrataCommand):
    help = "Change what is said about a benchmark, or who may see it."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("--visibility", choices=Visibility.values, help="who may see it")
        for name in FIELDS[:-1]:
            parser.add_argument(f"--{name.replace('_', '-')}", help=f"new {name.replace('_', ' ')}")

    def run(self, *, slug: str, **options: Any) -> dict[str, Any]:
        changes = {name: options[name] for name in FIELDS if options[name] is not None}
        benchmark = get_benchmark(slug, self.actor)
        changed = edit_benchmark(actor=self.actor, benchmark=benchmark, **changes)
        return {"benchmark": slug, "changed": changed}

    def lines(self, result: dict[str, Any]) -> list[str]:
        if not result["changed"]:
            return [f"{result['benchmark']}: nothing to change."]
        return [f"{name}: {value}" for name, value in result["changed"].items()]
