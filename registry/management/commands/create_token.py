"""manage.py create_token: a bearer token for the API."""

from argparse import ArgumentParser
from typing import Any

from registry.management.command import ErrataCommand
from registry.models import Scope
from registry.selectors import get_user
from registry.services.create_user import create_token


class Command(ErrataCommand):
    help = "Make an API token for a user and print it; it is not shown again."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="command line", help="what the token is for")
        parser.add_argument("--scope", default=Scope.EVERYTHING, choices=Scope.values)
        parser.add_argument("--days", type=int, default=0, help="0: until it is revoked (default)")

    def run(self, *, username: str, **options: Any) -> dict[str, Any]:
        given = {name: options[name] for name in ("name", "scope", "days")}
        secret = create_token(actor=self.actor, user=get_user(username), **given)
        return {"token": secret}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [result["token"]]
