"""The `errata` command.

Exit codes: 0 all is well; 1 a finding (changed bytes, a folder that is not what it should be, a
hub that fails or cannot be reached); 2 asked wrongly (bad arguments, no hub set, a benchmark or
version that the hub does not have or does not give to you). With `--json` exactly one JSON object
goes to standard output, whatever happens after the arguments were read.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from errata import __version__
from errata.manifest import verify_directory

OK, FINDING, USAGE, INTERRUPTED = 0, 1, 2, 130
Outcome = tuple[int, dict[str, Any], list[str]]  # exit code, what --json prints, what else is


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], Outcome] = options.run
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = _show_warning  # type: ignore[assignment]
        try:
            code, report, lines = run(options)
        except KeyboardInterrupt:
            code, report, lines = _failed(INTERRUPTED, "interrupted", "Stopped; nothing was kept.")
        except OSError as error:
            message = f"{error}; look at the folder, its permissions and the free space."
            code, report, lines = _failed(FINDING, "file_system", message)
    if options.json:
        print(json.dumps(report))
    else:
        print("\n".join(lines), file=sys.stdout if code == OK else sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="errata",
        description="Pull and check pinned releases of living benchmarks.",
        epilog="Exit codes: 0 all is well, 1 a finding, 2 asked wrongly. ERRATA_HUB names the "
        "hub, ERRATA_TOKEN holds your token, ERRATA_CACHE names the folder for the cache.",
    )
    parser.add_argument("--version", action="version", version=f"errata {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    pull = commands.add_parser("pull", help="download a release and check every byte")
    pull.add_argument("reference", help="for example medcalc-bench@1.1.0 or medcalc-bench@latest")
    pull.add_argument(
        "--to", type=Path, metavar="DIR", help="folder to make (default: slug-version)"
    )
    pull.add_argument("--hub", metavar="URL", help="address of the hub (default: ERRATA_HUB)")
    pull.set_defaults(run=_pull)

    verify = commands.add_parser("verify", help="check a pulled folder against its manifest")
    verify.add_argument("folder", type=Path, metavar="DIR")
    verify.set_defaults(run=_verify)

    for command in (pull, verify):
        command.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _pull(options: argparse.Namespace) -> Outcome:
    from errata.hub import PullError
    from errata.pulling import pull

    try:
        pulled = pull(options.reference, options.to, hub=options.hub)
    except PullError as error:
        return _failed(USAGE if error.asked_wrongly else FINDING, error.code, str(error))
    release = pulled.release
    report = {
        "ok": True,
        "benchmark": release.benchmark,
        "version": release.version,
        "status": release.status,
        "path": str(pulled.path),
        "downloaded": pulled.downloaded,
        "files": [asdict(file) for file in release.files],
    }
    line = (
        f"{release.benchmark}@{release.version}: {len(release.files)} files in {pulled.path}, "
        f"every digest checked; {pulled.downloaded} downloaded."
    )
    return OK, report, [line]


def _verify(options: argparse.Namespace) -> Outcome:
    findings = verify_directory(options.folder)
    report = {
        "ok": not findings,
        "path": str(options.folder),
        "findings": [asdict(finding) for finding in findings],
    }
    if not findings:
        return OK, report, [f"{options.folder}: all files and the history are as released."]
    code = USAGE if findings[0].code == "no_manifest" else FINDING
    return code, report, [f"errata: {finding.path}: {finding.message}" for finding in findings]


def _failed(code: int, name: str, message: str) -> Outcome:
    return code, {"ok": False, "code": name, "message": message}, [f"errata: {message}"]


def _show_warning(message: Warning | str, *_: object) -> None:
    print(f"errata: {message}", file=sys.stderr)
