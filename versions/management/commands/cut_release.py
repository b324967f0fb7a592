"""Preview the next release of a benchmark, or freeze, build, ship and publish it."""

import argparse
from pathlib import Path
from typing import Any

from registry.errors import InvalidInput, WrongState
from registry.management.command import ErrataCommand
from registry.models import Benchmark
from registry.selectors import get_benchmark
from versions.gates import BLOCKED
from versions.management.commands.diff_releases import change_lines
from versions.management.commands.hold_back import hold_line
from versions.models import Release
from versions.naming import AUTO
from versions.permissions import require_cutter
from versions.selectors import last_release, snapshot_of
from versions.services.freeze_release import freeze_release
from versions.services.preview_release import preview_release
from versions.services.publish_release import publish_release
from versions.states import Bump, ReleaseStatus
from versions.waiving import read_waiver, read_where


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
            "--where",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="waive only these: group=…, split=… or category=…, each several times",
        )
        parser.add_argument(
            "--notes", type=Path, metavar="FILE", help="Markdown to stand on top of its changelog"
        )
        parser.add_argument(
            "--preview",
            action="store_true",
            help="cut nothing; show what changes, gates and digest",
        )
        parser.add_argument(
            "--draft",
            default="",
            metavar="DIGEST",
            help="cut only the draft that --preview showed (default: whatever stands now)",
        )
        parser.add_argument(
            "--finish", action="store_true", help="only finish a release that was frozen before"
        )

    def run(self, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(options["slug"], self.actor)
        if options["finish"]:
            release = self._unfinished(benchmark)
        elif options["preview"]:
            return self._preview(benchmark, options)
        else:
            release = freeze_release(
                actor=self.actor,
                benchmark=benchmark,
                version=options["version"],
                bump=options["bump"],
                waiver=options["waive"],
                where=read_where(options["where"]),
                notes=_read(options["notes"]),
                expected=options["draft"],
                progress=self.progress(),
            )
        return told(publish_release(release.pk, progress=self.progress()))

    def _preview(self, benchmark: Benchmark, options: dict[str, Any]) -> dict[str, Any]:
        found = preview_release(
            actor=self.actor,
            benchmark=benchmark,
            version=options["version"],
            bump=options["bump"],
            waiver=read_waiver(options["waive"], read_where(options["where"])),
            whole_history=True,
            progress=self.progress(),
        )
        self.finding = found.draft.empty or any(gate.state == BLOCKED for gate in found.gates)
        told = {"entries": found.draft.entries, "more": found.draft.more}
        return {"benchmark": benchmark.slug, "preview": found.to_dict() | told}

    def _unfinished(self, benchmark: Benchmark) -> Release:
        require_cutter(self.actor, benchmark)
        release = last_release(benchmark)
        if release is None or release.status == ReleaseStatus.PUBLISHED:
            raise WrongState(f"{benchmark.slug} has no unfinished release.", code="all_finished")
        return release

    def lines(self, result: dict[str, Any]) -> list[str]:
        if "preview" in result:
            return preview_lines(result["benchmark"], result["preview"])
        return lines(result)


def _read(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The notes cannot be read: {error}", code="bad_notes") from None


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
        "comparability": snapshot["comparability"],
        "held": snapshot["held"],
    }


def lines(result: dict[str, Any]) -> list[str]:
    """The same for people."""
    name, counts = f"{result['benchmark']} {result['version']}", result["changes"]
    after = f"{result['bump']} after {result['previous']}" if result["previous"] else "the first"
    return [
        f"{name} is {result['status']} ({after}): {result['instances']} instances",
        f"changes: {_counts(counts)}",
        f"tiers: {_counts(result['tiers'])}",
        *_beside(result),
    ]


def preview_lines(slug: str, preview: dict[str, Any]) -> list[str]:
    """A preview for people; its digest comes last, to be copied."""
    after = f"after {preview['previous']}" if preview["previous"] else "the first"
    gates = [
        f"{gate['state']}: {gate['title']}. {gate['told']} {gate['remedy']}".rstrip()
        for gate in preview["gates"]
    ]
    return [
        f"{slug} would become {preview['version']} ({after}); nothing is cut yet",
        f"changes: {_counts(preview['changes'])}",
        *change_lines(preview["entries"]),
        *([f"and {preview['more']} more"] if preview["more"] else []),
        f"tiers: {_counts(preview['tiers'])}",
        *gates,
        *_beside(preview),
        f"draft: {preview['digest']}",
    ]


def _beside(result: dict[str, Any]) -> list[str]:
    """What is held, and how scores compare with those on the release before."""
    lines = [f"held back: {hold_line(hold)}" for hold in result["held"]]
    if result["comparability"]:
        lines.append(result["comparability"]["reason"])
        lines += [
            f"{each['model']}: {each['flipped']} of {each['answers']} answers graded differently"
            for each in result["comparability"]["flips"]
        ]
    return lines


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items() if n) or "none"
