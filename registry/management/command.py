"""What every command shares: --actor, --json, progress on stderr, exit codes.

Exit 0: done. 1: done, and there is a finding. 2: refused or misused; nothing was changed.
"""

import logging
import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from errata.terminal import as_text, json_text
from tqdm import tqdm

from registry.errors import ErrataError
from registry.importers.base import Progress
from registry.models import User
from registry.selectors import SYSTEM, get_user


class ErrataCommand(BaseCommand):
    """Parses, calls one service with an actor, prints what came out.

    A subclass writes `arguments` and `run`, which returns the result as a dict; `lines` turns
    that into text. With --json the dict alone is printed. Either may hold what people wrote: only
    text of it reaches a terminal. Set `finding` to exit with 1.
    """

    finding = False
    actor: User

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The shared options, then the command's own."""
        self.arguments(parser)
        parser.add_argument(
            "--actor", default=SYSTEM, metavar="NAME", help="user to act as (default: system)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object, no text")

    def arguments(self, parser: ArgumentParser) -> None:
        """The command's own arguments."""

    def run(self, **options: Any) -> dict[str, Any]:
        """Do the work and return the result."""
        raise CommandError("This command does nothing.")

    def lines(self, result: dict[str, Any]) -> list[str]:
        """The result as text."""
        return [f"{name}: {value}" for name, value in result.items()]

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, print, exit with the right code."""
        as_json = options["json"]
        # What a command has to say it prints; logs below warnings belong to servers.
        logging.disable(logging.INFO)
        self.quiet = as_json or not sys.stderr.isatty()
        try:
            self.actor = get_user(options["actor"])
            result = self.run(**options)
        except ErrataError as error:
            if as_json:
                refusal = {"code": error.code, "message": error.message, **error.details}
                self._print([json_text(refusal)])
            else:
                self.stderr.write(as_text(error.message))
            sys.exit(2)
        except (OperationalError, ProgrammingError) as error:
            self.stderr.write(
                f"The database refuses: {str(error).strip()}\nIf it is new, run manage.py migrate; "
                "if it is busy, run the same command again. Nothing was changed."
            )
            sys.exit(2)
        finally:
            logging.disable(logging.NOTSET)
        if as_json:
            self._print([json_text(result)])
        else:
            self._print(map(as_text, self.lines(result)))
        if self.finding:
            sys.exit(1)

    def _print(self, lines: Iterable[str]) -> None:
        """Write and flush; a reader that went away, as `head` does, is no error."""
        try:
            for line in lines:
                self.stdout.write(line)
            self.stdout.flush()
        except BrokenPipeError:  # else again at exit, for what is still to be written
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stdout.fileno())

    def progress(self) -> Progress:
        """A progress bar per stage on stderr; silent with --json or where nobody watches."""
        bars: dict[str, tqdm[Any]] = {}

        def show(stage: str, done: int, total: int) -> None:
            if self.quiet:
                return
            if stage not in bars:
                for bar in bars.values():
                    bar.close()
                bars[stage] = tqdm(total=total, desc=stage, unit_scale=True, file=sys.stderr)
            bar = bars[stage]
            bar.update(done - bar.n)
            if total and done >= total:
                bar.close()

        return show
