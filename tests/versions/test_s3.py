"""Released data in an S3-compatible store: shipped there, and read from there by stock DVC."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.errors import WrongState
from versions.models import Release
from versions.publishers.dvc import repository_of
from versions.services.publish_release import publish_release
from versions.states import ReleaseStatus
from versions.storage import folder_of

pytestmark = pytest.mark.django_db(transaction=True)

BUCKET = "benchmarks"


@pytest.fixture
def store(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an S3-compatible server on loopback, which the hub is told to ship to."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {"ACCESS_KEY_ID": "hub", "SECRET_ACCESS_KEY": "s3cret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    endpoint = f"http://{host}:{port}"
    settings.ERRATA_DVC_REMOTE = (
        f"s3://{BUCKET}/errata?endpointurl={endpoint}&region=eu-west-1&acl=private"
    )
    httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()  # what it holds is the process's
    yield boto3.client("s3", endpoint_url=endpoint, region_name="eu-west-1")
    server.stop()


def _make_bucket(store: Any) -> None:
    store.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


def test_data_is_shipped_to_and_read_from_an_s3_compatible_store(
    store: Any, cut: Callable[..., Release], tmp_path: Path
) -> None:
    _make_bucket(store)
    release = cut()
    keys = [each["Key"] for each in store.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert keys
    assert all(key.startswith("errata/small/files/md5/") for key in keys)
    told = (repository_of("small") / ".dvc/config").read_text()
    assert "url = s3://benchmarks/errata/small\n" in told
    assert "endpointurl = http://127.0.0.1:" in told
    assert "acl" not in told
    clone = tmp_path / "clone"  # without the cache that the hub pushed from
    subprocess.run(["git", "clone", "--quiet", repository_of("small"), clone], check=True)
    get = [sys.executable, "-m", "dvc", "get", "--quiet", str(clone), "data/test.jsonl"]
    get += ["--rev", "v1.0.0"]
    subprocess.run(get, check=True, cwd=tmp_path, env=os.environ | {"HOME": str(tmp_path)})
    got = (tmp_path / "test.jsonl").read_bytes()
    assert got == (folder_of(release) / "data/test.jsonl").read_bytes()


def test_a_store_that_does_not_take_it_leaves_the_release_to_be_shipped_later(
    store: Any, cut: Callable[..., Release]
) -> None:
    with pytest.raises(WrongState, match="could not be shipped"):
        cut()
    release = Release.objects.get()
    assert release.status == ReleaseStatus.BUILT
    _make_bucket(store)
    publish_release(release.pk)
    release.refresh_from_db()
    assert release.status == ReleaseStatus.PUBLISHED
