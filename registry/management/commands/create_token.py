"""manage.py create_token: a bearer token for the API."""

from argparse import ArgumentParser
from typing import Any

from registry.management.command import ErrataCommand
from registry.selectors import get_user
from registry.services.create_user import create_token


class Command(ErrataCommand):
    help = "Make an API token for a user and print it; it is not shown again."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="what the token is for")

    def run(self, *, username: str, name: str, **options: Any) -> dict[str, Any]:
        user = get_user(username)
        return {"token": create_token(actor=self.actor, user=user, name=name)}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [result["token"]]
