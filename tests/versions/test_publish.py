"""Built twice, killed anywhere, shipped again: always the same bytes and the same commits."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from errata.manifest import MANIFEST, Manifest, read_rows, verify_directory

from registry.errors import Immutable, NotFound
from registry.models import Benchmark, Head, Text, User
from registry.services.remove_text import remove_text
from tests.versions.conftest import ROWS, SLUG, files_in
from versions.exports.parquet import NestedFields, write_parquet
from versions.known_files import known_file
from versions.locks import benchmark_files
from versions.models import Artifact, Release
from versions.publishers import dvc
from versions.publishers.dvc import repository_of
from versions.selectors import get_release
from versions.services.build_release import build_release
from versions.services.freeze_release import freeze_release
from versions.services.provide_file import provide_file
from versions.services.publish_release import publish_release
from versions.services.ship_release import ship_release
from versions.storage import folder_of
from versions.tasks import sweep_releases

pytestmark = pytest.mark.django_db
Cut = Callable[..., Release]

STEPS = [
    ("versions.services.build_release", "write_parquet", "before"),
    ("versions.services.build_release", "_register", "before"),
    ("versions.services.build_release", "_register", "after"),
    ("versions.services.build_release", "sync_to_disk", "after"),
    ("dulwich.repo", "Repo.init", "after"),
    ("versions.publishers.dvc", "_prepare", "after"),
    ("dvc.repo", "Repo.add", "after"),
    ("dvc.repo", "Repo.push", "after"),
    ("versions.publishers.dvc", "_commit", "after"),
    ("versions.publishers.dvc", "_check_out", "after"),
    ("versions.publishers.dvc", "_set_tag", "after"),
    ("versions.services.publish_release", "_mark_published", "before"),
]


def _tags(slug: str = SLUG) -> dict[str, str]:
    """What each tag names, down to the commit."""
    from dulwich.repo import Repo

    with Repo(str(repository_of(slug))) as git:
        return {
            ref.decode(): f"{git.refs[ref].decode()} {git.get_peeled(ref).decode()}"
            for ref in sorted(git.refs.keys(base=b"refs/tags"))
            for ref in [b"refs/tags/" + ref]
        }


def _child(*arguments: str) -> subprocess.CompletedProcess[str]:
    values = connection.settings_dict
    credentials = f"{quote(values['USER'] or '')}:{quote(values['PASSWORD'] or '')}"
    host = f"{values['HOST'] or '127.0.0.1'}:{values['PORT'] or 5432}"
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{credentials}@{host}/{values['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ERRATA_HOME": str(settings.ERRATA_HOME),
        "ERRATA_REPOS": str(settings.ERRATA_REPOS),
        "ERRATA_DVC_REMOTE": settings.ERRATA_DVC_REMOTE,
        "ERRATA_HUB": settings.ERRATA_HUB,
    }
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_a_release_says_what_it_holds(cut: Cut) -> None:
    release = cut()
    folder = folder_of(release)
    assert verify_directory(folder) == []
    manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
    assert manifest.history_root == release.history_root
    assert manifest.counts["splits"] == {"test": 4, "train": 3}
    assert manifest.grading["limits"]["number"] == {"relative": "0.05"}
    rows = [*read_rows(folder / "data/test.jsonl"), *read_rows(folder / "data/train.jsonl")]
    assert [row["key"] for row in rows] == [row[0] for row in ROWS]
    assert rows[0]["limits"] == {"lower": "9.975", "upper": "11.025"}
    assert rows[0]["derivation"] == {"explanation": "so it is"}
    assert rows[3]["inputs"] == {"question": "Which?", "choices": ["one", "two"]}


def test_parquet_holds_the_same_rows(cut: Cut) -> None:
    import pyarrow.parquet as pq

    folder = folder_of(cut())
    table = pq.read_table(folder / "data/test.parquet").to_pylist()
    for kept, row in zip(table, read_rows(folder / "data/test.jsonl"), strict=True):
        assert {name: _without_none(kept[name]) for name in kept} == row | {
            "meta": row["meta"] or (kept["meta"] and {})
        }


def test_parquet_reads_rows_too_large_for_one_read_in_pieces(
    cut: Cut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    rows, fields = folder_of(cut()) / "data/test.jsonl", NestedFields()
    for row in read_rows(rows):
        fields.see(row)
    monkeypatch.setattr("versions.exports.parquet.BLOCK", 700)  # about one row
    write_parquet(rows, tmp_path / "pieces.parquet", fields)
    whole = rows.with_suffix(".parquet")
    assert pq.read_table(tmp_path / "pieces.parquet").equals(pq.read_table(whole))
    assert pq.ParquetFile(tmp_path / "pieces.parquet").num_row_groups == 1


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if inner is not None}
    return value


def test_the_changelog_says_why(cut: Cut, correct: Any) -> None:
    cut()
    correct("n1", "12")
    changelog = (folder_of(cut(version="1.2.0")) / "CHANGELOG.md").read_text()
    assert changelog.startswith("# Changelog of Small \\*benchmark\\*\n\n## 1.2.0")
    assert (
        "- `n1` (g): 10.5 → 12 (changed). Limits 9.975 to 11.025 → 11.4 to 12.6. n1 was wrong."
        in changelog
    )
    assert changelog.index("## 1.2.0") < changelog.index("## 1.0.0")


@pytest.mark.django_db(transaction=True)
def test_built_again_and_elsewhere_it_has_the_same_bytes(cut: Cut) -> None:
    release = cut()
    first = files_in(folder_of(release))
    shutil.rmtree(folder_of(release))
    assert files_in(build_release(release)) == first
    shutil.rmtree(folder_of(release))
    code = (
        "import django; django.setup(); from versions.models import Release; "
        "from versions.services.build_release import build_release; "
        "build_release(Release.objects.get())"
    )
    child = _child("-c", code)
    assert child.returncode == 0, child.stderr
    assert files_in(folder_of(release)) == first
    assert {a.path: a.sha256 for a in Artifact.objects.all()} == {
        path: hashlib.sha256(body).hexdigest() for path, body in first.items()
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step[1]}-{step[2]}")
def test_killed_anywhere_the_next_call_finishes_the_same_release(
    small: Benchmark, system: User, step: tuple[str, str, str]
) -> None:
    release = freeze_release(actor=system, benchmark=small)
    child = _child("-m", "tests.versions.killed", str(release.pk), *step)
    assert child.returncode == -9, child.stderr
    assert not Release.objects.filter(status="published").exists()
    publish_release(release.pk)
    assert Release.objects.get().status == "published"
    assert verify_directory(folder_of(release)) == []
    finished = _tags()
    # A repository that was lost comes back with the same commits.
    shutil.rmtree(repository_of(SLUG))
    ship_release(Release.objects.get())
    assert _tags() == finished
    left_over = [path.name for path in folder_of(release).parent.iterdir()]
    assert left_over == [release.version]


def test_publishing_again_changes_nothing(cut: Cut) -> None:
    release = cut()
    before, tags = files_in(folder_of(release)), _tags()
    assert publish_release(release.pk).published_at == release.published_at
    ship_release(release)
    assert (files_in(folder_of(release)), _tags()) == (before, tags)


def test_dvc_gives_the_same_bytes_by_tag(cut: Cut, correct: Any) -> None:
    import warnings

    first = cut()
    correct("n1", "12")
    second = cut()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import dvc.api

        for release in (first, second):
            for path in ("data/test.jsonl", "data/train.parquet"):
                with dvc.api.open(
                    path, repo=str(repository_of(SLUG)), rev=f"v{release.version}", mode="rb"
                ) as file:
                    assert file.read() == (folder_of(release) / path).read_bytes()
    assert len(_tags()) == 2


def test_an_earlier_release_missing_from_the_repository_is_shipped_first(
    cut: Cut, correct: Any
) -> None:
    cut()
    shutil.rmtree(repository_of(SLUG))
    correct("n1", "12")
    cut()
    assert list(_tags()) == ["refs/tags/v1.0.0", "refs/tags/v1.1.0"]


def test_a_tag_with_other_content_stops_everything(cut: Cut, monkeypatch: Any) -> None:
    release = cut()
    package_folder = folder_of(release)
    shutil.copytree(package_folder, package_folder.with_name("other"))
    (package_folder.with_name("other") / MANIFEST).write_text("{}")
    monkeypatch.setattr(
        "versions.services.ship_release.folder_of", lambda _: package_folder.with_name("other")
    )
    with pytest.raises(Immutable, match=r"another 1\.0\.0"):
        ship_release(release)


def test_a_byte_changed_on_disk_is_noticed_and_mended(cut: Cut) -> None:
    release = cut()
    path = folder_of(release) / "data/test.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"10.5", b"10.6", 1))
    known = known_file(None, "small", release.version, "data/test.jsonl")
    assert provide_file(known=known).read_bytes() == whole


def test_other_bytes_fail_loudly_and_replace_nothing(cut: Cut, system: User) -> None:
    release = cut()
    content = Head.objects.get(instance__key="n1").revision.content_id
    remove_text(actor=system, digest=content, reason="names a patient")
    assert Text.objects.get(pk=content).removed_at
    before = files_in(folder_of(release))
    assert files_in(build_release(release)) == before  # whole: nothing is built
    path = folder_of(release) / "data/test.jsonl"
    path.write_bytes(b"")
    with pytest.raises(Immutable, match=r"data/test\.jsonl"):
        build_release(release)


def test_digests_bind_once_the_files_are_there(
    small: Benchmark, system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = freeze_release(actor=system, benchmark=small)

    def stop(*_: Any) -> None:
        assert verify_directory(folder_of(release)) == []
        raise KeyboardInterrupt

    monkeypatch.setattr("versions.services.build_release._register", stop)
    with pytest.raises(KeyboardInterrupt):
        build_release(release)
    monkeypatch.undo()
    assert verify_directory(build_release(release)) == []
    assert release.status == "built"


def test_two_at_once_do_no_harm(small: Benchmark, system: User) -> None:
    release = freeze_release(actor=system, benchmark=small)
    with benchmark_files(SLUG):
        assert publish_release(release.pk, wait=False).status == "frozen"
    assert publish_release(release.pk, wait=False).status == "published"


def test_the_sweep_sends_unfinished_releases_nobody_works_on(
    small: Benchmark, system: User, monkeypatch: Any
) -> None:
    sent: list[int] = []
    monkeypatch.setattr("versions.tasks.publish_soon", lambda release: sent.append(release.pk))
    release = freeze_release(actor=system, benchmark=small)
    with benchmark_files(SLUG):
        sweep_releases()
    assert sent == []
    sweep_releases()
    assert sent == [release.pk]
    publish_release(release.pk)
    sweep_releases()
    assert sent == [release.pk]


def test_the_remote_s_secrets_stay_out_of_the_repository(settings: Any) -> None:
    settings.ERRATA_DVC_REMOTE = "https://me:secret@store.example/errata?key=1"
    assert dvc.public_remote(SLUG, "") == {"url": "https://store.example/errata/small"}
    settings.ERRATA_DVC_REMOTE = "s3://bucket/errata"
    assert dvc.public_remote(SLUG, "") == {"url": "s3://bucket/errata/small"}
    store = "https://me:secret@store.example:9000"
    settings.ERRATA_DVC_REMOTE = f"s3://bucket/errata?endpointurl={store}/v1?key=1&profile=me"
    assert dvc.public_remote(SLUG, "") == {
        "url": "s3://bucket/errata/small",
        "endpointurl": "https://store.example:9000/v1",
    }
    settings.ERRATA_DVC_REMOTE = "/srv/dvc"
    assert dvc.public_remote(SLUG, "https://hub") == {"url": "https://hub/dvc/small"}
    settings.ERRATA_DVC_REMOTE = "ssh://me:secret@store.example/errata/?key=1"
    assert dvc.remote_of(SLUG) == "ssh://me:secret@store.example/errata/small?key=1"


def test_no_secret_of_the_remote_is_served(
    cut: Cut, settings: Any, monkeypatch: Any, client: Any
) -> None:
    """The address with its secret stands in one file, which is for the hub alone and not in git."""
    from dvc.repo import Repo

    settings.ERRATA_DVC_REMOTE = "https://me:s3cret@store.example/errata"
    monkeypatch.setattr(Repo, "push", lambda *_, **__: 0)
    cut()
    path = repository_of(SLUG)
    local = path / ".dvc/config.local"
    assert "s3cret" in local.read_text()
    assert local.stat().st_mode & 0o077 == 0
    subprocess.run(["git", "gc", "--quiet"], cwd=path, check=True)
    unpacked = path.with_name("unpacked")
    subprocess.run(["git", "clone", "--quiet", path, unpacked], check=True, capture_output=True)
    both = [*files_in(unpacked).items(), *files_in(path / ".git").items()]
    assert not [name for name, body in both if b"s3cret" in body]
    assert client.get("/repos/small/../.dvc/config.local").status_code == 404
    assert client.get("/dvc/small/files/md5/00/0").status_code == 404


@pytest.mark.parametrize("name", ["a, b", "a #b", "it's", 'say "x"', "100 %", "ü"])
def test_a_remote_s_folder_may_have_any_name(
    cut: Cut, settings: Any, tmp_path: Path, name: str
) -> None:
    settings.ERRATA_DVC_REMOTE = str(tmp_path / name)
    cut()
    assert list((tmp_path / name / SLUG / "files" / "md5").iterdir())


def test_a_release_that_is_not_out_is_not_found(small: Benchmark, system: User) -> None:
    freeze_release(actor=system, benchmark=small)
    for version in ("1.0.0", "latest"):
        with pytest.raises(NotFound, match="It has none yet"):
            get_release(small, version)


def test_paths_of_files_are_paths_here(cut: Cut) -> None:
    release = cut()
    assert all(
        (Path(folder_of(release)) / artifact.path).stat().st_size == artifact.size
        for artifact in Artifact.objects.all()
    )
