"""errata info: what a release is, how far its labels were looked at, who signed it.

All of it comes from the release's own files, whose signature and digests are checked.
"""

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from errata.commands.base import Outcome, hub_arguments, signed_by

NAME = "info"
HELP = "status, counts, tiers, licence, citation and key of a release"
_QUALITY = "quality.json"
_ABOUT = ("title", "licence", "citation", "upstream_url", "intended_use")


def arguments(parser: ArgumentParser) -> None:
    """Which release."""
    parser.add_argument(
        "reference",
        metavar="NAME[@VERSION]",
        help="which release: a version, a name that upstream gave, or by default the latest",
    )
    hub_arguments(parser, offline=True)


def run(options: Namespace) -> Outcome:
    """Read manifest and quality card."""
    from errata.hub import Hub, split_reference
    from errata.pulling import fetch_files, open_release

    reference = options.reference
    slug, version = split_reference(reference if "@" in reference else f"{reference}@latest")
    with Hub(options.hub, offline=options.offline) as hub:
        opened = open_release(hub, hub.release(slug, version))
        release, manifest = opened.release, opened.manifest
        cards = [file for file in release.files if file.path == _QUALITY]
        copies, _ = fetch_files(hub, release, cards)
        quality = json.loads(copies[_QUALITY].read_bytes()) if copies else {}
    report: dict[str, Any] = {
        "ok": True,
        "benchmark": release.benchmark,
        "version": release.version,
        "status": release.status,
        "reason": release.reason,
        "instead": release.instead,
        "previous": manifest.previous,
        "bump": manifest.bump,
        "frozen_at": manifest.frozen_at,
        **{name: manifest.benchmark.get(name, "") for name in _ABOUT},
        "counts": manifest.counts,
        "tiers": quality.get("tiers", {}),
        "wrong_reward_rate": quality.get("wrong_reward_rate"),
        "history_root": manifest.history_root,
        "key": opened.vouched and opened.vouched.key,
        "trust": opened.vouched and opened.vouched.trust,
    }
    return Outcome(report, [*_lines(report), signed_by(opened.vouched)])


def _lines(report: dict[str, Any]) -> list[str]:
    after = f", a {report['bump']} release after {report['previous']}" if report["previous"] else ""
    splits = report["counts"].get("splits", {})
    lines = [
        f"{report['benchmark']}@{report['version']}: {report['title']}",
        f"{report['status']}, frozen on {report['frozen_at'][:10]}{after}",
        f"Instances: {', '.join(f'{count} {split}' for split, count in splits.items())}",
        f"Labels: {', '.join(f'{count} {tier}' for tier, count in report['tiers'].items())}",
        *_rewards(report["wrong_reward_rate"]),
        f"Licence: {report['licence']}",
        f"Cite: {report['citation']}",
    ]
    return [line for line in lines if not line.endswith(": ")]


def _rewards(told: dict[str, Any] | None) -> list[str]:
    """How often a reward is expected to be wrong; nothing of older releases, which do not say."""
    if told is None:
        return []
    name, part = "by its reward files", told["reward_files"]
    if not part["rows"]:
        name, part = "by its labels", told["valid"]
    if not part["rows"]:
        return []
    known = f"measured for {part['measured']} of {part['rows']} labels, else assumed"
    return [f"Rewards {name}: {float(part['rate']):.1%} expected to be wrong ({known})"]
