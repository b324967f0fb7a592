"""manage.py create_user: an account and the link that lets its owner in."""

from argparse import ArgumentParser
from typing import Any

from registry.management.command import ErrataCommand
from registry.services.create_user import create_user, password_link


class Command(ErrataCommand):
    help = "Make an account and print a one-time link to set its password."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--email", default="")
        parser.add_argument("--name", default="", help="the full name to show")

    def run(self, *, username: str, email: str, name: str, **options: Any) -> dict[str, Any]:
        user = create_user(actor=self.actor, username=username, email=email, full_name=name)
        return {"username": username, "link": password_link(user)}
