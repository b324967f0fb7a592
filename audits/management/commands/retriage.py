"""manage.py retriage: what another policy would make of a run's votes."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from audits.management.commands.set_policy import read_file
from audits.policies import load_policy, parse_policy
from audits.reading import get_run
from audits.replay import retriage
from registry.management.command import ErrataCommand

SHOWN = 50


class Command(ErrataCommand):
    help = "Replay a run's stored votes by another policy and show which labels would move."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("audit", metavar="RUN", help="the id of the run, as run_audit shows it")
        parser.add_argument(
            "--policy",
            type=Path,
            required=True,
            help="a TOML file; what it leaves out is the hub's",
        )

    def run(self, *, audit: str, policy: Path, **options: Any) -> dict[str, Any]:
        hub = load_policy()
        chosen = parse_policy(
            read_file(policy), over=hub, version=f"{policy.name} over {hub.version}"
        )
        return retriage(get_run(audit, self.actor), chosen)

    def lines(self, result: dict[str, Any]) -> list[str]:
        moves, review = result["moves"], result["review"]
        lines = [
            f"{result['labels']} labels by {result['policy']}:",
            *(f"  {step}: {count}" for step, count in result["counts"].items()),
            f"Cases: {review['now']} now, {review['then']} then.",
        ]
        for move in moves[:SHOWN]:
            step = f"{move['bucket']} ({move['score']:.2f}) → {move['new_bucket']}"
            lines.append(f"  {move['key']}: {step} ({move['new_score']:.2f}) {move['reason']}")
        if len(moves) > SHOWN:
            lines.append(f"  and {len(moves) - SHOWN} more; --json names them all.")
        return [*lines, "Nothing was asked and nothing changed."]
