"""Withdraw a published version: pulls warn, latest passes it over, and it is never deleted."""

import argparse
from typing import Any

from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark
from versions.advisories import advisories_of
from versions.services.withdraw_release import withdraw_release


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("release", metavar="version", help="the version to withdraw")
        parser.add_argument("--reason", required=True, help="why; it is published")
        parser.add_argument("--instead", default="", metavar="VERSION", help="which one to use")

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        made = withdraw_release(
            actor=self.actor,
            benchmark=benchmark,
            version=options["release"],
            reason=options["reason"],
            instead=options["instead"],
        )
        told = advisories_of([made.release])[made.release.pk].to_dict()
        return {"benchmark": benchmark.slug, "version": made.release.version} | told

    def lines(self, result: dict[str, Any]) -> list[str]:
        use = f"; use {result['instead']}" if result["instead"] else ""
        name = f"{result['benchmark']} {result['version']}"
        return [f"{name} is withdrawn{use}: {result['reason']}", f"advisory {result['advisory']}"]
