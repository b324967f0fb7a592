"""Show the key that signs the hub's releases, or have a new one sign from now on."""

import argparse
from typing import Any

from registry.management.command import ErrataCommand
from versions.services.provide_signer import provide_signer
from versions.services.rotate_signing_key import rotate_signing_key
from versions.signatures import keys


class Command(ErrataCommand):
    help = __doc__

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("action", choices=("show", "rotate"))
        parser.add_argument(
            "--lost",
            action="store_true",
            help="rotate without the old key, which is lost: readers must accept the new one by "
            "hand",
        )

    def run(self, *, action: str, lost: bool, **options: Any) -> dict[str, Any]:
        if action == "rotate":
            rotate_signing_key(actor=self.actor, lost=lost)
        provide_signer()
        return {"keys": [row | {"since": row["since"].isoformat()} for row in keys()]}

    def lines(self, result: dict[str, Any]) -> list[str]:
        current, *before = result["keys"]
        return [f"Releases are signed with {current['key']} since {current['since'][:10]}."] + [
            f"Before: {row['key']} since {row['since'][:10]}." for row in before
        ]
