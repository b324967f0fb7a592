"""Pull of a release of 1 GB from a live hub, beside a checked copy of its files and `dvc get`."""

import os
import shutil
import socket
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
from tests.bench.result import Result
from tests.small import small_benchmark
from versions.models import Release
from versions.services.freeze_release import freeze_release
from versions.services.publish_release import publish_release

SIZE = 1_000_000_000  # bytes
DATA = "data/test.parquet"
_PIECE = 1 << 20


def measure(folder: Path, size: int = SIZE) -> list[Result]:
    """The client's cache is empty, every digest is checked; the server has sent it once before."""
    os.environ["ERRATA_CACHE"] = str(folder / "cache")
    os.environ["ERRATA_KNOWN_KEYS"] = str(folder / "known_keys.json")
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with _hub_at(address):
        release = _release(folder, size)
        with Hub(home=Path(settings.ERRATA_HOME), port=port):
            first, _ = _pull(folder)
            ours, pulled = _pull(folder)
            dvc = _dvc_get(folder, f"{address}/repos/pulled", release.version)
    start = time.perf_counter()
    _copy(pulled, folder / "copied")
    copied = time.perf_counter() - start
    note = f"{size / 1e6 / ours:.0f} MB/s, every digest checked; the first time {first:.1f} s"
    what = f"pull of {size / 1e6:,.0f} MB"
    return [
        Result(what, ours, "copy of the files and their digests", copied, "≤ 1.43", note),
        Result(what, ours, "`dvc get` of its data from the same hub", dvc, "≤ 1"),
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


def _pull(folder: Path) -> tuple[float, Path]:
    target = folder / "pulled"
    for old in (target, folder / "cache"):
        shutil.rmtree(old, ignore_errors=True)
    start = time.perf_counter()
    pull("pulled@latest", target, hub=settings.ERRATA_HUB)
    return time.perf_counter() - start, target


def _dvc_get(folder: Path, url: str, version: str) -> float:
    command = [sys.executable, "-m", "dvc", "get", "--quiet", url, DATA, "--rev", f"v{version}"]
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder, capture_output=True)
    return time.perf_counter() - start


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
    for path in target.rglob("*"):
        if path.is_file():
            file_sha256(path)


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
