"""Stock git and DVC read a benchmark's repository over plain HTTP; nobody reads more than that."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from registry.models import Benchmark, Membership, User
from registry.services.create_user import create_token
from tests.versions.conftest import files_in
from versions.models import Release
from versions.publishers.dvc import remote_of, repository_of
from versions.storage import folder_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_git_and_dvc_pull_by_tag(
    settings: Any, live_server: Any, cut: Callable[..., Release], correct: Any, tmp_path: Path
) -> None:
    settings.ERRATA_HUB = live_server.url
    first = cut()
    correct("n1", "12")
    second = cut()
    url = f"{live_server.url}/repos/small"
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
    # The card's own line, for the whole folder.
    (line,) = re.findall(r"^ +(dvc get .+)$", (folder_of(first) / "README.md").read_text(), re.M)
    assert line == f"dvc get {url} data --rev v{first.version}"
    dvc = [sys.executable, "-m", *line.split(), "--quiet"]
    subprocess.run(dvc, check=True, capture_output=True, cwd=tmp_path)
    # It adds files of its own, which tell git what to ignore.
    assert files_in(tmp_path / "data").items() >= files_in(folder_of(first) / "data").items()
    # Another project imports a file, and its history notes where it is from.
    project = tmp_path / "project"
    project.mkdir()
    for words in (
        ["init", "--no-scm", "--quiet"],
        ["import", "--quiet", url, "data/test.parquet", "--rev", f"v{second.version}"],
    ):
        dvc = [sys.executable, "-m", "dvc", *words]
        subprocess.run(dvc, check=True, capture_output=True, cwd=project)
    parquet = (folder_of(second) / "data/test.parquet").read_bytes()
    assert (project / "test.parquet").read_bytes() == parquet
    assert url in (project / "test.parquet.dvc").read_text()


@pytest.mark.parametrize(
    "path",
    [
        "repos/small/config",
        "repos/small/logs/HEAD",
        "repos/small/../.dvc/config.local",
        "repos/small/objects/../config",
        "dvc/small/../../home/errata.sqlite3",
        "dvc/small/files/md5",
        "repos/other/HEAD",
    ],
)
def test_nothing_else_is_served(cut: Callable[..., Release], client: Any, path: str) -> None:
    cut()
    assert (repository_of("small") / ".git/config").exists()
    assert client.get(f"/{path}").status_code == 404


def test_members_only_repositories_stay_with_members(
    cut: Callable[..., Release],
    client: Any,
    small: Benchmark,
    system: User,
    django_assert_num_queries: Any,
) -> None:
    cut()
    head = client.get("/repos/small/HEAD")
    assert b"".join(head.streaming_content) == b"ref: refs/heads/main\n"
    assert head["Cache-Control"] == "no-cache"
    remote = Path(remote_of("small"))
    data = next(path for path in remote.rglob("*") if path.is_file()).relative_to(remote)
    paths = ("repos/small/HEAD", "repos/small/info/refs", f"dvc/small/{data.as_posix()}")
    with django_assert_num_queries(0):
        kept = client.get(f"/{paths[2]}")
    assert b"".join(kept.streaming_content) == (remote / data).read_bytes()
    assert kept["Cache-Control"] == "public, max-age=31536000, immutable"
    Benchmark.objects.filter(pk=small.pk).update(visibility="members")
    cache.clear()  # a minute later
    bearer = _bearer(create_token(actor=system, user=system, name="test"))
    with django_assert_num_queries(2 * len(paths)):  # whose token it is, and what they may read
        found = [client.get(f"/{path}", headers=bearer) for path in paths]
    assert [response.status_code for response in found] == [200] * len(paths)
    assert not any("public" in response["Cache-Control"] for response in found)
    assert all(b"".join(response.streaming_content) for response in found)
    for path in paths:
        assert client.get(f"/{path}").status_code == 404
        assert client.get(f"/{path}", headers=_bearer("errata_other")).status_code == 404


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_members_clone_and_dvc_get_with_their_token(
    settings: Any, live_server: Any, cut: Callable[..., Release], small: Benchmark, tmp_path: Path
) -> None:
    settings.ERRATA_HUB = live_server.url
    release = cut()
    Benchmark.objects.filter(pk=small.pk).update(visibility="members")
    member, other = (User.objects.create(username=name) for name in ("member", "other"))
    Membership.objects.create(benchmark=small, user=member, role="contributor")
    url = f"{live_server.url}/repos/small"

    def run(user: User, *command: str) -> bool:
        """Whether a command succeeds with the user's token where git and DVC look for it."""
        secret = create_token(actor=user, user=user, name="test")
        home = tmp_path / user.username
        home.mkdir(exist_ok=True)
        header = f"Authorization: Bearer {secret}"
        (home / ".gitconfig").write_text(f'[http "{live_server.url}"]\n\textraHeader = {header}\n')
        env = os.environ | {"HOME": str(home), "GIT_TERMINAL_PROMPT": "0"}
        words = [word.replace("SECRET", secret) for word in command]
        return not subprocess.run(words, env=env, cwd=home, capture_output=True).returncode

    clone = ("git", "clone", "--quiet", url, "clone")
    get = (sys.executable, "-m", "dvc", "get", "--quiet", url, "data/test.jsonl")
    get += ("--rev", "v1.0.0", "--remote-config", "auth=custom")
    get += ("custom_auth_header=Authorization", "password=Bearer SECRET")
    assert not run(other, *clone)
    assert not run(other, *get)
    assert run(member, *clone)
    assert run(member, *get)
    got = tmp_path / "member" / "test.jsonl"
    assert got.read_bytes() == (folder_of(release) / "data/test.jsonl").read_bytes()
