"""Running the `errata` command."""

import json
from typing import Any

import pytest
from errata.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, the one JSON object on standard output, and standard error."""
    code = main([*arguments, "--json"])
    output, errors = capsys.readouterr()
    return code, json.loads(output), errors
