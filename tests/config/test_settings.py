"""Settings as an operator writes them."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PRINT = """
import json
from config import settings
print(json.dumps({n: str(getattr(settings, n)) for n in dir(settings) if n.startswith("ERRATA_")}))
"""


def _read(folder: Path, **env: str) -> dict[str, Any]:
    """The settings as a process started in `folder` with these variables has them."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-c", PRINT]
    done = subprocess.run(
        command, cwd=folder, env=clean | {"PYTHONPATH": path} | env, capture_output=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("dvc here", "{folder}/dvc here"),
        ("/srv/dvc/", "/srv/dvc"),
        ("file:///srv/dvc", "/srv/dvc"),
        ("", "{folder}/home/dvc"),
        ("s3://bucket/errata", "s3://bucket/errata"),
    ],
)
def test_a_remote_is_an_absolute_folder_or_an_address(
    tmp_path: Path, given: str, meant: str
) -> None:
    read = _read(tmp_path, ERRATA_HOME="home", ERRATA_DVC_REMOTE=given)
    assert read["ERRATA_DVC_REMOTE"] == meant.format(folder=tmp_path)


def test_a_new_home_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = tmp_path / ".errata" / "demo"
    _read(tmp_path, ERRATA_HOME=str(home))
    for folder in (home, home.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    home.chmod(0o750)
    _read(tmp_path, ERRATA_HOME=str(home))
    assert stat.S_IMODE(home.stat().st_mode) == 0o750
