"""Make a hub ready to serve: `python -m config.prepare [--demo]`. Exit 2 says what to change."""

import argparse
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class NotReadyError(Exception):
    """The hub must not serve like this; the sentence says what to do."""


def prepare(*, demo: bool) -> None:
    """Bring database and static files up to date.

    Raises NotReadyError with DEBUG on, or where demo users would be let in (unless `demo`).
    """
    if settings.DEBUG:
        raise NotReadyError(
            "ERRATA_DEBUG is on: it shows internals to everybody. Unset it, or use "
            "`manage.py runserver` for development."
        )
    call_command("migrate", interactive=False, verbosity=1)
    if not demo:
        refuse_demo_users()
    call_command("collectstatic", interactive=False, verbosity=0)


def refuse_demo_users() -> None:
    """Raise NotReadyError if the database holds users whose passwords the demo prints."""
    from registry.selectors import demo_users_exist  # Models exist only after django.setup().

    if demo_users_exist():
        raise NotReadyError(
            "This database holds users of the demo, whose passwords are known to everybody. "
            "Point DATABASE_URL or ERRATA_HOME at a database of the hub's own."
        )


def main() -> int:
    """Parse, prepare, say what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m config.prepare", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="permit the demo's users")
    arguments = parser.parse_args()
    django.setup()
    try:
        prepare(demo=arguments.demo)
    except NotReadyError as problem:
        # Both go to one log, whose last line the hub shows.
        sys.stdout.flush()
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
