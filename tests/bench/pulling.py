"""Pull of a release of 1 GB from a live hub, beside a checked copy, `dvc get` and `datasets`."""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from django.conf import settings
from errata.manifest import file_sha256
from errata.pulling import pull

from config.serve import Hub
from registry.selectors import system_user
from tests.bench.asking import PEER
from tests.bench.result import Result
from tests.small import small_benchmark
from versions.models import Release
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release

SIZE = 1_000_000_000  # bytes
DATA = "data/test.parquet"
TURNS = 3
_PIECE = 1 << 20


def measure(folder: Path, size: int = SIZE) -> list[Result]:
    """The client's cache is empty, every digest is checked; the hub has sent all of it before."""
    os.environ["ERRATA_CACHE"] = str(folder / "cache")
    os.environ["ERRATA_KNOWN_KEYS"] = str(folder / "known_keys.json")
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with _hub_at(address):
        release = _release(folder, size)
        with Hub(home=Path(settings.ERRATA_HOME), port=port):
            first = _pull(folder)
            ours = statistics.median(_pull(folder) for _ in range(TURNS))
            peers = {"`dvc get` of its data from the same hub": _dvc_get(folder, release.version)}
            if PEER.is_file():
                peers["`datasets` downloads its data, with checksums"] = _download(folder, release)
    copied = statistics.median(_copy(folder) for _ in range(TURNS))
    note = f"{size / 1e6 / ours:.0f} MB/s, every digest checked; the first time {first:.1f} s"
    what = f"pull of {size / 1e6:,.0f} MB"
    return [
        Result(what, ours, "copy of the files and their digests", copied, "≤ 1.43", note),
        *(Result(what, ours, peer, theirs, "≤ 1") for peer, theirs in peers.items()),
    ]


def _release(folder: Path, size: int) -> Release:
    """A release like any other, but for random bytes where its Parquet file is."""
    benchmark = small_benchmark(folder, slug="pulled")
    release = freeze_release(actor=system_user(), benchmark=benchmark)
    with mock.patch(
        "versions.services.build_release.write_parquet",
        lambda rows, target, fields: _write_random(target, size),
    ):
        return publish_release(release.pk)


def _write_random(target: Path, size: int) -> None:
    with target.open("wb") as file:
        for start in range(0, size, _PIECE):
            file.write(os.urandom(min(_PIECE, size - start)))


def _pull(folder: Path) -> float:
    for old in (folder / "pulled", folder / "cache"):
        shutil.rmtree(old, ignore_errors=True)
    start = time.perf_counter()
    pull("pulled@latest", folder / "pulled", hub=settings.ERRATA_HUB)
    return time.perf_counter() - start


def _dvc_get(folder: Path, version: str) -> float:
    url = f"{settings.ERRATA_HUB}/repos/pulled"
    command = [sys.executable, "-m", "dvc", "get", "--quiet", url, DATA, "--rev", f"v{version}"]
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder, capture_output=True)
    return time.perf_counter() - start


def _download(folder: Path, release: Release) -> float:
    releases = f"{settings.ERRATA_HUB}/api/v1/benchmarks/pulled/releases"
    command = [str(PEER), str(Path(__file__).with_name("downloading.py"))]
    told = subprocess.run(
        [*command, f"{releases}/{release.version}/files/{DATA}"],
        env=os.environ | {"HF_HOME": str(folder / "hf")},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(told.stdout)


def _copy(folder: Path) -> float:
    target = folder / "copied"
    shutil.rmtree(target, ignore_errors=True)
    start = time.perf_counter()
    shutil.copytree(folder / "pulled", target)
    for path in target.rglob("*"):
        if path.is_file():
            file_sha256(path)
    return time.perf_counter() - start


@contextmanager
def _hub_at(address: str):  # noqa: ANN202
    before = settings.ERRATA_HUB
    settings.ERRATA_HUB = address
    try:
        yield
    finally:
        settings.ERRATA_HUB = before


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
