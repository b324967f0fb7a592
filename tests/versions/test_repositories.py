"""Stock git and DVC read a benchmark's repository over plain HTTP; nobody reads more than that."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.models import Benchmark
from versions.models import Release
from versions.publishers.dvc import repository_of
from versions.storage import folder_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_git_and_dvc_pull_by_tag(
    settings: Any, live_server: Any, cut: Callable[..., Release], correct: Any, tmp_path: Path
) -> None:
    settings.ERRATA_HUB = live_server.url
    first = cut()
    correct("n1", "12")
    second = cut()
    url = f"{live_server.url}/git/small.git"
    clone = ["git", "clone", "--quiet", url, str(tmp_path / "clone")]
    subprocess.run(clone, check=True, capture_output=True)
    assert (tmp_path / "clone/manifest.json").read_bytes() == (
        folder_of(second) / "manifest.json"
    ).read_bytes()
    for release in (first, second):
        out = tmp_path / release.version
        dvc = [sys.executable, "-m", "dvc", "get", "--quiet", url, "data/test.jsonl"]
        dvc += ["--rev", f"v{release.version}", "--out", str(out)]
        subprocess.run(dvc, check=True, capture_output=True, cwd=tmp_path)
        assert out.read_bytes() == (folder_of(release) / "data/test.jsonl").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "git/small.git/config",
        "git/small.git/logs/HEAD",
        "git/small.git/../.dvc/config.local",
        "git/small.git/objects/../config",
        "dvc/small/../../home/errata.sqlite3",
        "dvc/small/files/md5",
        "git/other.git/HEAD",
    ],
)
def test_nothing_else_is_served(cut: Callable[..., Release], client: Any, path: str) -> None:
    cut()
    assert (repository_of("small") / ".git/config").exists()
    assert client.get(f"/{path}").status_code == 404


def test_members_only_repositories_stay_with_members(
    cut: Callable[..., Release], client: Any, small: Benchmark
) -> None:
    cut()
    head = client.get("/git/small.git/HEAD")
    assert b"".join(head.streaming_content) == b"ref: refs/heads/main\n"
    assert head["Cache-Control"] == "no-cache"
    Benchmark.objects.filter(pk=small.pk).update(visibility="members")
    assert client.get("/git/small.git/HEAD").status_code == 404
