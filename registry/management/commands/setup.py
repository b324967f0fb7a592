"""manage.py setup: the first administrator."""

from argparse import ArgumentParser
from typing import Any

from registry.management.command import ErrataCommand
from registry.models import User
from registry.services.create_user import create_user, password_link


class Command(ErrataCommand):
    help = "Make the first administrator and print a one-time link to set the password."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", default="admin", help="(default: admin)")
        parser.add_argument("--email", default="")

    def run(self, *, username: str, email: str, **options: Any) -> dict[str, Any]:
        user = User.objects.filter(username=username, is_staff=True).first()
        if user is None:
            user = create_user(actor=self.actor, username=username, email=email, staff=True)
        return {"username": username, "link": password_link(user)}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [
            f"Administrator: {result['username']}",
            "Set the password here (the link works once, while the hub runs):",
            result["link"],
        ]
