"""A release keeps its bytes whatever becomes of code, settings, policy and benchmark afterwards."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from errata.manifest import canonical_json, sha256_hex

from audits.services.set_policy import set_policy
from registry.models import Benchmark, User
from tests.versions.conftest import SLUG, files_in
from versions.models import Release
from versions.publishers.dvc import repository_of
from versions.selectors import Row, Texts
from versions.services.build_release import build_release
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release
from versions.services.ship_release import ship_release
from versions.snapshot_format import FORMAT, SINCE
from versions.storage import folder_of

pytestmark = pytest.mark.django_db
KEPT = Path(__file__).with_name("format_1.json")


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_settings_of_later_change_no_release(
    number: int, small: Benchmark, system: User, settings: Any, monkeypatch: Any, home: Path
) -> None:
    settings.ERRATA_HUB = "https://then.example"
    release = freeze_release(actor=system, benchmark=small)
    _as_of_format(release, number)
    publish_release(release.pk)
    files, commit = files_in(folder_of(release)), _commit()
    settings.ERRATA_HUB = "https://later.example"
    settings.ERRATA_DVC_REMOTE = str(home / "elsewhere")
    later = 'rewards_from = ["train", "test"]'
    set_policy(actor=system, benchmark=small, text=later, reason="Later")
    monkeypatch.setattr("versions.pending.UNTOLD", 0.5)
    monkeypatch.setattr("audits.aggregation.UNANSWERABLE", 0.5)
    Benchmark.objects.filter(pk=small.pk).update(title="Later", licence="Later", preset="")
    for folder in (folder_of(release), repository_of(SLUG)):
        shutil.rmtree(folder)
    release = Release.objects.select_related("benchmark").get()
    assert files_in(build_release(release)) == files
    ship_release(release)
    assert _commit() == commit
    assert "https://then.example/dvc/small" in (repository_of(SLUG) / ".dvc/config").read_text()


def test_a_remote_elsewhere_is_the_one_of_then(
    small: Benchmark, system: User, settings: Any, monkeypatch: Any, home: Path
) -> None:
    from dvc.repo import Repo

    settings.ERRATA_DVC_REMOTE = "s3://then/errata?endpointurl=https://store.example&profile=me"
    with monkeypatch.context() as patch:
        patch.setattr(Repo, "push", lambda *_, **__: 0)
        publish_release(freeze_release(actor=system, benchmark=small).pk)
    commit = _commit()
    settings.ERRATA_DVC_REMOTE = str(home / "elsewhere")
    shutil.rmtree(repository_of(SLUG))
    ship_release(Release.objects.select_related("benchmark").get())
    assert _commit() == commit
    assert "s3://then/errata/small" in (repository_of(SLUG) / ".dvc/config").read_text()
    assert list((home / "elsewhere" / SLUG / "files" / "md5").iterdir())


def _commit() -> bytes:
    from dulwich.repo import Repo

    with Repo(str(repository_of(SLUG))) as git:
        return bytes(git.get_peeled(b"refs/tags/v1.0.0"))


def _as_of_format(release: Release, number: int) -> None:
    """Have a frozen release note what that format noted, and no more."""
    snapshot = json.loads(release.snapshot) | {"format": number}
    for name, since in SINCE.items():
        if since > number:
            snapshot.pop(name, None)  # some are said by the number alone
    release.snapshot = canonical_json(snapshot)
    release.save(update_fields=["snapshot"])


@pytest.fixture
def kept(small: Benchmark, monkeypatch: Any) -> tuple[list[Release], dict[str, Any]]:
    """Two releases as a hub froze them that knew format 1 alone, and the digests of their files.

    Their rows and texts are given as they were read; Parquet, which depends on pyarrow, is not
    written but stood in for.
    """
    told = json.loads(KEPT.read_text(encoding="utf-8"))
    building = "versions.services.build_release"
    rows = [Row(number, *row) for number, row in enumerate(told["rows"])]
    texts = {digest: canonical_json(document) for digest, document in told["documents"].items()}
    monkeypatch.setattr(
        f"{building}.told_rows",
        lambda _: (
            (row, Texts(*map(texts.get, (row.content, row.derivation, row.meta)))) for row in rows
        ),
    )
    for name in ("write_parquet", "write_rewards"):
        monkeypatch.setattr(f"{building}.{name}", _stand_in)
    releases = [
        Release.objects.create(
            benchmark=small,
            actor="",
            **{**each, "snapshot": canonical_json(each["snapshot"])},
        )
        for each in told["releases"]
    ]
    return releases, told["digests"]


def _stand_in(_: Path, target: Path, *__: Any, **___: Any) -> None:
    target.write_bytes(b"Parquet")


def test_releases_of_format_1_build_to_the_bytes_they_had(
    kept: tuple[list[Release], dict[str, Any]],
) -> None:
    releases, digests = kept
    files = files_in(build_release(Release.objects.get(pk=releases[-1].pk)))
    del files["manifest.sig"]
    assert {path: sha256_hex(body) for path, body in files.items()} == digests
