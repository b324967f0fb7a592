"""The `errata` command.

Exit codes: 0 all is well; 1 a finding (changed bytes, a folder that is not what it should be, a
hub that fails or cannot be reached); 2 asked wrongly (bad arguments, no hub set, a benchmark or
version that the hub does not have or does not give to you). With `--json` exactly one JSON object
goes to standard output, whatever happens after the arguments were read.
"""

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence

from errata import __version__
from errata.commands import COMMANDS
from errata.commands.base import FINDING, INTERRUPTED, OK, USAGE, Outcome, failed
from errata.errors import ErrataError
from errata.terminal import show, show_json


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _show_warning  # type: ignore[assignment]
        outcome = _outcome(options.run, options)
    try:
        _print(outcome, as_json=options.json)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        show([f"errata: the output could not be written ({error})."], sys.stderr)
        return FINDING
    return outcome.code


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        show_json(outcome.report, sys.stdout)
    else:
        show(outcome.lines, sys.stdout if outcome.code == OK else sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="errata",
        description="Pull, check, compare and score on pinned releases of living benchmarks. "
        "errata COMMAND --help tells more of each.",
        epilog="ERRATA_HUB names the hub, ERRATA_TOKEN holds your token, ERRATA_CACHE names the "
        "folder for the cache. Exit codes: 0 all is well, 1 a finding, 2 asked wrongly, 130 "
        "stopped by Ctrl-C.",
    )
    parser.add_argument("--version", action="version", version=f"errata {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for module in COMMANDS:
        command = commands.add_parser(module.NAME, help=module.HELP, description=module.__doc__)
        module.arguments(command)
        command.add_argument("--json", action="store_true", help="print one JSON object")
        command.set_defaults(run=module.run)
    return parser


def _outcome(run: Callable[[argparse.Namespace], Outcome], options: argparse.Namespace) -> Outcome:
    try:
        return run(options)
    except ErrataError as error:
        return failed(USAGE if error.asked_wrongly else FINDING, error.code, str(error))
    except KeyboardInterrupt:
        return failed(INTERRUPTED, "interrupted", "Stopped; nothing was put in place.")
    except OSError as error:
        message = f"{error}; look at the folder, its permissions and the free space."
        return failed(FINDING, "file_system", message)


def _show_warning(message: Warning | str, *_: object) -> None:
    show([f"errata: {message}"], sys.stderr)
