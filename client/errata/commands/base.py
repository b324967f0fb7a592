"""What every subcommand shares: its outcome and the exit codes."""

from dataclasses import dataclass, field
from typing import Any

OK, FINDING, USAGE, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command comes to: `report` is what `--json` prints, `lines` what people read."""

    report: dict[str, Any]
    lines: list[str] = field(default_factory=list)
    code: int = OK


def failed(code: int, name: str, message: str) -> Outcome:
    """The outcome of a command that could not do its work."""
    return Outcome({"ok": False, "code": name, "message": message}, [f"errata: {message}"], code)
