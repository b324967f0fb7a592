"""manage.py set_member: give or take a role."""

from argparse import ArgumentParser
from typing import Any

from registry.management.command import ErrataCommand
from registry.models import Role
from registry.selectors import get_benchmark, get_user
from registry.services.set_member import set_member


class Command(ErrataCommand):
    help = "Give a user a role in a benchmark, or take it away."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("username")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--remove", action="store_true", help="take the role away")

    def run(
        self, *, slug: str, username: str, role: str, remove: bool, **options: Any
    ) -> dict[str, Any]:
        set_member(
            actor=self.actor,
            benchmark=get_benchmark(slug, self.actor),
            user=get_user(username),
            role=role,
            member=not remove,
        )
        return {"benchmark": slug, "user": username, "role": role, "member": not remove}

    def lines(self, result: dict[str, Any]) -> list[str]:
        verb = "is now" if result["member"] else "is no longer"
        return [f"{result['user']} {verb} {result['role']} of {result['benchmark']}."]
