"""Freeze, build, ship and publish the next release of a benchmark."""

import argparse
from typing import Any

from registry.errors import WrongState
from registry.management.command import ErrataCommand
from registry.models import Benchmark
from registry.selectors import get_benchmark
from versions.models import Release
from versions.permissions import require_cutter
from versions.selectors import last_release, snapshot_of
from versions.services.freeze_release import AUTO, freeze_release
from versions.services.publish_release import publish_release
from versions.states import Bump, ReleaseStatus


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        name = parser.add_mutually_exclusive_group()
        name.add_argument("--bump", default=AUTO, choices=[AUTO, *Bump.values])
        name.add_argument("--as", dest="version", default="", metavar="VERSION")
        parser.add_argument(
            "--waive", default="", metavar="REASON", help="let contested labels out, and why"
        )
        parser.add_argument(
            "--finish", action="store_true", help="only finish a release that was frozen before"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        if options["finish"]:
            release = self._unfinished(benchmark)
        else:
            release = freeze_release(
                actor=self.actor,
                benchmark=benchmark,
                version=options["version"],
                waiver=options["waive"],
                bump=options["bump"],
            )
        return told(publish_release(release.pk, progress=self.progress()))

    def _unfinished(self, benchmark: Benchmark) -> Release:
        require_cutter(self.actor, benchmark)
        release = last_release(benchmark)
        if release is None or release.status == ReleaseStatus.PUBLISHED:
            raise WrongState(f"{benchmark.slug} has no unfinished release.", code="all_finished")
        return release

    def lines(self, result: dict[str, Any]) -> list[str]:
        return lines(result)


def told(release: Release) -> dict[str, Any]:
    """What there is to tell of a new release."""
    snapshot = snapshot_of(release)
    return {
        "benchmark": release.benchmark.slug,
        "version": release.version,
        "previous": snapshot["previous"],
        "bump": release.bump,
        "status": release.status,
        "history_root": release.history_root,
        "instances": snapshot["counts"]["instances"],
        "changes": snapshot["counts"]["changes"],
        "tiers": snapshot["quality"]["tiers"],
    }


def lines(result: dict[str, Any]) -> list[str]:
    """The same for people."""
    name, counts = f"{result['benchmark']} {result['version']}", result["changes"]
    after = f"{result['bump']} after {result['previous']}" if result["previous"] else "the first"
    return [
        f"{name} is {result['status']} ({after}): {result['instances']} instances",
        "changes: " + (", ".join(f"{n} {name}" for name, n in counts.items() if n) or "none"),
        "tiers: " + ", ".join(f"{n} {tier}" for tier, n in result["tiers"].items() if n),
    ]
